import { beforeEach, expect, test } from "vitest";
import { NOTHING_SPENT, type Spent } from "../domain/spent.ts";
import { VirtualClock } from "../platform/simulated/virtual_clock.ts";
import { BillKeeper, type Failure } from "./bill_keeper.ts";

const EVERY_MS = 5_000;
const used = (tokens: number): Spent => ({ ...NOTHING_SPENT, input_tokens: tokens, runs: 1 });

let clock: VirtualClock;
let noted: number[];
let failure: Failure | null;
let keeper: BillKeeper;
let over: Promise<void>;
beforeEach(() => {
  [clock, noted, failure] = [new VirtualClock(), [], null];
  keeper = new BillKeeper({
    clock,
    everyMs: EVERY_MS,
    note: ({ input_tokens }) => {
      noted.push(input_tokens);
      return failure === null ? Promise.resolve() : Promise.reject(new Error("no"));
    },
    failed: () => failure ?? "again",
  });
  over = keeper.keep();
});

test("what changes is noted every few seconds, and only the latest of it", async () => {
  for (let second = 1; second <= 12; second++) {
    keeper.update(used(second));
    await clock.advance(1_000);
  }
  expect(noted).toEqual([5, 10]);
});

test("a run that is over before the first note writes nothing", async () => {
  keeper.update(used(100));
  await clock.advance(EVERY_MS - 1);
  keeper.end();
  await over;
  await clock.advance(EVERY_MS);
  expect(noted).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("an idle run, and one that says nothing of what it uses, write nothing more", async () => {
  await clock.advance(10 * EVERY_MS);
  expect(noted).toEqual([]);
  keeper.update(used(100));
  await clock.advance(EVERY_MS);
  keeper.update(used(100));
  await clock.advance(10 * EVERY_MS);
  expect(noted).toEqual([100]);
});

test("a note that was lost on its way is made up for by the next", async () => {
  keeper.update(used(100));
  failure = "again";
  await clock.advance(2 * EVERY_MS);
  failure = null;
  keeper.update(used(200));
  await clock.advance(2 * EVERY_MS);
  expect(noted).toEqual([100, 100, 200]);
});

test("nothing more is noted after a failure that says so", async () => {
  keeper.update(used(100));
  failure = "over";
  await clock.advance(EVERY_MS);
  await over;
  keeper.update(used(200));
  await clock.advance(EVERY_MS);
  expect(noted).toEqual([100]);
});
