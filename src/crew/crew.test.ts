import { expect, test } from "vitest";
import type { ChildEnd, Children } from "../platform/children.ts";
import { VirtualClock } from "../platform/simulated/virtual_clock.ts";
import { Crew } from "./crew.ts";
import { postsFor } from "./roles.ts";

/** A crew whose Workers end at a signal that is deadly to them; what was sent to each, in order. */
function crewOf(count: number, deadly: string) {
  const clock = new VirtualClock();
  const sent: string[] = [];
  const lives: ((end: ChildEnd) => void)[] = [];
  const lines: string[] = [];
  const children: Children = {
    start: (words) => {
      const name = words.join(" ");
      let end: (end: ChildEnd) => void = () => {};
      const ended = new Promise<ChildEnd>((resolve) => end = resolve);
      lives.push(end);
      let signals = 0;
      return Promise.resolve({
        pid: lives.length,
        ended,
        kill: (signal) => {
          sent.push(`${name} ${signal}`);
          if (`${signal} ${++signals}` === deadly) end({ code: null, signal });
        },
      });
    },
  };
  const crew = new Crew({
    posts: postsFor(count),
    children,
    clock,
    command: ({ name }) => ({ words: [name], cwd: "/", env: {}, logPath: "/dev/null" }),
    show: (line) => lines.push(line),
  });
  return { clock, crew, sent, lives, lines };
}

const NEVER = new AbortController().signal;

test("a Worker that ends by itself is started again, later each time in a row", async () => {
  const { clock, crew, lives, lines } = crewOf(1, "SIGINT 1");
  await clock.advance(0);
  for (const waitMs of [1_000, 2_000, 4_000]) {
    const before = lives.length;
    lives.at(-1)?.({ code: 1, signal: null });
    await clock.advance(waitMs - 1);
    expect(lives).toHaveLength(before);
    await clock.advance(1);
    expect(lives).toHaveLength(before + 1);
  }
  await clock.advance(60_000);
  lives.at(-1)?.({ code: null, signal: "SIGKILL" });
  await clock.advance(0);
  expect(lines.at(-1)).toBe("Worker worker ended by SIGKILL; starting it again in 1000 ms");
  await crew.end(5_000, NEVER);
  await clock.advance(100_000);
  expect(lives).toHaveLength(4);
});

test("Workers that leave when they are told are told once", async () => {
  const { clock, crew, sent } = crewOf(2, "SIGINT 1");
  await clock.advance(0);
  await crew.end(5_000, NEVER);
  expect(sent).toEqual(["builder SIGINT", "verifier SIGINT"]);
});

test("who does not come to an end is interrupted once more, and then killed", async () => {
  const { clock, crew, sent } = crewOf(1, "SIGKILL 3");
  await clock.advance(0);
  const ended = crew.end(5_000, NEVER);
  await clock.advance(4_999);
  expect(sent).toEqual(["worker SIGINT"]);
  await clock.advance(1);
  expect(sent).toEqual(["worker SIGINT", "worker SIGINT"]);
  await clock.advance(5_000);
  await ended;
  expect(sent.at(-1)).toBe("worker SIGKILL");
});

test("who is urgent waits for nobody's run", async () => {
  const { clock, crew, sent } = crewOf(1, "SIGINT 2");
  const urgent = new AbortController();
  await clock.advance(0);
  const ended = crew.end(5_000, urgent.signal);
  await clock.advance(0);
  expect(sent).toEqual(["worker SIGINT"]);
  urgent.abort();
  await ended;
  expect(sent).toEqual(["worker SIGINT", "worker SIGINT"]);
  expect(clock.monotonic()).toBe(0);
});
