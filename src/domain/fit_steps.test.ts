import { expect, test } from "vitest";
import { chainAt, leaderAct } from "../../tests/support/sample_chain.ts";
import { CUT_MARK, fitSteps } from "./fit_steps.ts";
import { recordBytes } from "./record.ts";
import type { Step } from "./step.ts";
import type { Task } from "./task.ts";

const { tasks } = chainAt("accept");

function stepsOf(change: (index: number) => Partial<Task>): Step[] {
  return tasks.map((task, index) => ({
    task: { ...task, ...change(index) },
    event: { type: "task_reopened", by: leaderAct().by.id },
  }));
}

function bytesOf(steps: readonly Step[]): number {
  return steps.reduce((sum, { task }) => sum + recordBytes(task), 0);
}

const history = Array.from({ length: 50 }, () => ({
  time: leaderAct().now,
  action: "claim",
  from: null,
  to: "claimed" as const,
  by: "tom",
  by_name: "Tom",
  token: null,
  reason: "r".repeat(500),
  forced: false,
  nonce: "n",
}));

test("steps that fit stay as they are", () => {
  const steps = stepsOf(() => ({ result: "x".repeat(1000) }));
  expect(fitSteps(steps, bytesOf(steps))).toBe(steps);
});

test("old history goes first, and no result is touched for it", () => {
  const steps = stepsOf(() => ({ history, result: "x".repeat(1000) }));
  const fitted = fitSteps(steps, 40_000);
  expect(bytesOf(fitted)).toBeLessThanOrEqual(40_000);
  expect(fitted.map(({ task }) => [task.history.length, task.result?.length])).toEqual(
    Array(5).fill([5, 1000]),
  );
});

test("then evidence and old guidance", () => {
  const guidance = Array.from({ length: 10 }, (_, index) => ({
    time: leaderAct().now,
    round: index + 1,
    by_name: "Leader",
    link: "build" as const,
    text: "g".repeat(1000),
  }));
  const steps = stepsOf(() => ({ guidance, evidence: { log: "e".repeat(5000) } }));
  const fitted = fitSteps(steps, 30_000);
  expect(bytesOf(fitted)).toBeLessThanOrEqual(30_000);
  expect(fitted.map(({ task }) => task.guidance.map(({ round }) => round))).toEqual(
    Array(5).fill([10]),
  );
});

test.each([["plain", "x"], ["of control characters", "\u0001"], ["of three bytes each", "語"]])(
  "then the ends of the longest results: %s",
  (_, character) => {
    const long = character.repeat(20_000);
    const steps = stepsOf((index) => ({ result: index < 2 ? long : "short" }));
    const room = bytesOf(stepsOf(() => ({ result: "short" }))) + 30_000;
    const fitted = fitSteps(steps, room);
    expect(bytesOf(fitted)).toBeLessThanOrEqual(room);
    expect(bytesOf(fitted)).toBeGreaterThan(room - 100);
    const [first, , third] = fitted.map(({ task }) => task.result);
    expect(first?.endsWith(CUT_MARK)).toBe(true);
    expect(first?.startsWith(character.repeat(2000))).toBe(true);
    expect(third).toBe("short");
  },
);
