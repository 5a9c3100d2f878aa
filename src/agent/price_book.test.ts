import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { temporaryDirectory } from "../../tests/support/temporary_directory.ts";
import { nodeFiles } from "../platform/node/files.ts";
import type { AgentRun } from "./agent_request.ts";
import { PriceBook } from "./price_book.ts";

const usage = {
  inputTokens: 1000,
  outputTokens: 100,
  cacheCreationTokens: 400,
  cacheReadTokens: 10_000,
};
/** 1000 + 5 * 100 + 1.25 * 400 + 0.1 * 10,000 tokens of the input, for 9 USD a million. */
const known = { model: "m-1", usage, costUsd: 0.027, killedBy: null };
const killed: AgentRun = {
  outcome: { kind: "no_result", reason: "killed" },
  exit: { code: null, signal: "SIGKILL" },
  killedBy: null,
  costUsd: null,
  sessionCostUsd: null,
  usage: { ...usage, outputTokens: 300 },
  model: "m-1",
  sessionId: null,
  numTurns: null,
  durationMs: 1,
  text: "",
  structuredOutput: undefined,
  denied: [],
  logPath: "",
  logProblem: null,
  warnings: [],
};

let directory: string;
beforeEach(() => {
  directory = temporaryDirectory();
});
const book = (at = directory) => new PriceBook(at, nodeFiles);
const path = () => join(directory, "prices.json");

test("dollars that a run has not told are estimated by those of a run before, of the same model", () => {
  const prices = book();
  expect(prices.spentSoFar(usage, "m-1")).toMatchObject({ cost_usd: 0, input_tokens: 11_400 });
  prices.learn(known);
  expect(prices.spentSoFar(usage, "m-1")).toEqual({
    cost_usd: 0.027,
    input_tokens: 11_400,
    output_tokens: 100,
    runs: 1,
  });
  expect(prices.spentOn(killed)).toMatchObject({ cost_usd: 0.036, output_tokens: 300, runs: 1 });
  expect(prices.spentSoFar(usage, "m-2").cost_usd).toBe(0);
  expect(prices.spentSoFar(usage, null).cost_usd).toBe(0);
});

test("what a run says itself counts, also where it is nothing", () => {
  const prices = book();
  prices.learn(known);
  expect(prices.spentOn({ ...killed, costUsd: 0.5 }, { ...killed, costUsd: 0 }))
    .toMatchObject({ cost_usd: 0.5, runs: 2 });
  const refused = { ...killed, exit: { code: null, signal: null } };
  expect(prices.spentOn({ ...refused, outcome: { kind: "no_such_command", reason: "" } }))
    .toMatchObject({ cost_usd: 0, runs: 0 });
});

test("a price outlives the process, and is written again only where it has changed", () => {
  book().learn(known);
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  const written = readFileSync(path(), "utf8");
  const heir = book();
  expect(heir.spentSoFar(usage, "m-1").cost_usd).toBe(0.027);
  heir.learn({ ...known, costUsd: 0.0272 });
  expect(readFileSync(path(), "utf8")).toBe(written);
  heir.learn({ ...known, costUsd: 0.054 });
  expect(book().spentSoFar(usage, "m-1").cost_usd).toBe(0.054);
});

test("runs that say nothing teach nothing, and a file that is none is passed over", () => {
  const prices = book();
  const nothing = [{ costUsd: null }, { costUsd: 0 }, { usage: null }, { model: null }];
  for (const each of nothing) prices.learn({ ...known, ...each });
  prices.learn({ ...known, killedBy: "aborted" });
  expect(nodeFiles.read(path())).toBeNull();
  writeFileSync(path(), "{broken");
  expect(book().spentSoFar(usage, "m-1").cost_usd).toBe(0);
  writeFileSync(join(directory, "file"), "");
  const nowhere = book(join(directory, "file"));
  nowhere.learn(known);
  expect(nowhere.spentSoFar(usage, "m-1").cost_usd).toBe(0.027);
});
