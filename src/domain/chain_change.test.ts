import { describe, expect, test } from "vitest";
import { chainAt, leaderAct } from "../../tests/support/sample_chain.ts";
import { Chain } from "./chain.ts";
import { eventOf, follow, giveUp, resume } from "./chain_change.ts";
import { idOf, reportIdOf } from "./ids.ts";
import type { Course } from "./ruling.ts";
import type { Link, Task } from "./task.ts";
import { cancel } from "./transitions.ts";

const act = leaderAct();
const terms = { role: null, assignee: null, budget_usd: null, budget_tokens: null };

function followed(at: Link, course: Course, change: (tasks: Task[]) => Task[] = (same) => same) {
  const { chain, tasks: all, judged } = chainAt(at);
  const tasks = change(all);
  const result = follow(chain, course, { tasks, judged, terms, help: null, act });
  expect(Chain.parse(result.chain)).toEqual(result.chain);
  return result;
}

/** `link: status judgement` of each step. */
function steps(change: ReturnType<typeof follow>): string[] {
  return change.steps.map(({ task }) => `${task.link}: ${task.status} ${task.judgement}`);
}

test("advance passes the link and activates the next in one change", () => {
  const change = followed("build", { kind: "advance", to: "verify", reason: "good" });
  expect(change.chain).toMatchObject({ status: "open", at: "verify" });
  expect(steps(change)).toEqual(["build: completed passed", "verify: pending awaited"]);
  expect(change.steps[1]?.task.waiting_on).toEqual([]);
  expect(change.event).toBeNull();
});

test("close passes the last link and ends the chain", () => {
  const change = followed("accept", { kind: "close", reason: "good" });
  expect(change.chain).toMatchObject({ status: "completed", reason: null, closed_at: act.now });
  expect(steps(change)).toEqual(["accept: completed passed"]);
  expect(change.event?.type).toBe("chain_completed");
});

describe("redo", () => {
  const redo = (link: Link): Course => ({
    kind: "redo",
    decision: "reject",
    link,
    reason: "gaps",
    guidance: "Fill them",
  });

  test("opens the link and everything up to the judged one, and nothing after", () => {
    const change = followed("review", redo("build"));
    expect(steps(change)).toEqual([
      "build: pending awaited",
      "verify: pending awaited",
      "review: pending awaited",
    ]);
    const [build, verify, review] = change.steps.map(({ task }) => task);
    expect([build, verify, review].map((task) => task?.waiting_on)).toEqual([
      [],
      [build?.id],
      [verify?.id],
    ]);
    expect([build, verify, review].map((task) => task?.guidance.length)).toEqual([1, 0, 1]);
    expect([build, verify, review].map((task) => task?.result)).toEqual([
      "result of build",
      null,
      null,
    ]);
    expect(change.chain).toMatchObject({
      at: "build",
      round: 2,
      rounds: [{ round: 1, link: "review", redo: "build", reason: "gaps" }],
    });
    expect(change.event).toMatchObject({ type: "chain_round", data: { round: 1, redo: "build" } });
  });

  test("of the judged link alone gives one guidance", () => {
    const change = followed("verify", { ...redo("verify") });
    expect(change.steps.map(({ task }) => task.guidance.length)).toEqual([1]);
  });

  test.each<Link>(["accept", "review"])("of %s, which comes later, is refused", (link) => {
    expect(() => followed("verify", redo(link))).toThrow(`Cannot redo ${link}`);
  });
});

test("help changes the chain only, until it is answered or its link is taken up", () => {
  const { chain, tasks, judged } = chainAt("build");
  const help = {
    message_id: idOf("msg", 1),
    report_id: reportIdOf(judged.id, judged.reports),
    link: "build" as const,
    question: "Which port?",
    asked_at: act.now,
    until: act.now,
  };
  const course: Course = { kind: "help", question: "Which port?", reason: "unclear" };
  const waiting = follow(chain, course, { tasks, judged, terms: null, help, act });
  expect(waiting).toMatchObject({ chain: { status: "waiting", help }, steps: [] });
  expect(waiting.event).toMatchObject({ type: "chain_waiting", reason: "Which port?" });
  expect(resume(waiting.chain, act).chain).toMatchObject({ status: "open", help: null });
  const needs = { tasks, judged, terms, help: null, act };
  const advance: Course = { kind: "advance", to: "verify", reason: "good" };
  expect(follow(waiting.chain, advance, needs).chain).toMatchObject({ status: "open", help: null });
});

test("stop refuses what was handed in and cancels what is still to do", () => {
  const change = followed("build", { kind: "stop", reason: "too hard" });
  expect(change.chain).toMatchObject({ status: "failed", reason: "too hard", at: "build" });
  expect(steps(change)).toEqual([
    "build: failed refused",
    "verify: cancelled refused",
    "review: cancelled refused",
    "accept: cancelled refused",
  ]);
  expect(change.event?.type).toBe("chain_failed");
});

test.each<[string, Course]>([
  ["advance", { kind: "advance", to: "verify", reason: "good" }],
  ["redo", { kind: "redo", decision: "reject", link: "plan", reason: "no", guidance: "x" }],
  ["help", { kind: "help", question: "?", reason: "no" }],
])("whatever is decided (%s), a chain of which a link was cancelled is given up", (_, course) => {
  const by = { ...act, by: { id: "" as const, name: "Ann" } };
  const change = followed(
    "build",
    course,
    (tasks) =>
      tasks.map((task) =>
        task.link === "review" ? cancel(task, by, { reason: "out of scope" }).task : task
      ),
  );
  expect(change.chain).toMatchObject({
    status: "failed",
    reason: "review was cancelled by Ann: out of scope",
  });
  expect(steps(change)).toEqual([
    "build: failed refused",
    "verify: cancelled refused",
    "review: cancelled refused",
    "accept: cancelled refused",
  ]);
});

test("a reason that is too long is cut, on the chain and in the journal", () => {
  const { chain, tasks } = chainAt("build");
  const change = giveUp(chain, "cancelled", "x".repeat(100_000), tasks, act);
  expect(change.chain.reason).toHaveLength(16 * 1024);
  expect(change.event?.reason).toHaveLength(2 * 1024);
  expect(eventOf(chain, "chain_opened", act, null)).toMatchObject({
    chain_id: chain.id,
    data: { links: 5, at: "build", round: 1 },
  });
});
