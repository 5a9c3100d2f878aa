import { describe, expect, test } from "vitest";
import {
  blocked,
  chainAt,
  handedIn,
  held,
  leaderAct,
  ready,
} from "../../tests/support/sample_chain.ts";
import { InstanceId } from "./ids.ts";
import * as judging from "./judging.ts";
import { isHandedIn } from "./standing.ts";
import { Task } from "./task.ts";
import { cancel, fail, lateReport, retry, unblock } from "./transitions.ts";

const act = leaderAct();
const { tasks: [plan, build, verify] } = chainAt("build");
if (plan === undefined || build === undefined || verify === undefined) throw new Error("No chain");
const terms: judging.Terms = {
  role: "builder",
  assignee: { id: InstanceId.parse("tom"), name: "Tom" },
  budget_usd: 1,
  budget_tokens: 1000,
};
const again = { unmet: [], terms: null, guidance: null, reason: "no", keepsResult: false };

test("a link that is handed in counts its reports, once each", () => {
  expect(build).toMatchObject({ status: "completed", judgement: "awaited", reports: 1 });
  const late = lateReport(build, { by: act.by }, { action: "complete", text: "late" }, act).task;
  expect(late.reports).toBe(1);
  const reopened = judging.reopen(build, act, again).task;
  expect(handedIn(reopened).reports).toBe(2);
  expect(blocked(reopened).reports).toBe(2);
});

describe("pass", () => {
  test("leaves a completed link as it is, but for the judgement", () => {
    const { task, event } = judging.pass(build, act, "good");
    expect(task).toMatchObject({ status: "completed", judgement: "passed", result: build.result });
    expect(event).toMatchObject({ type: "task_passed", reason: "good", from: "completed" });
    expect(Task.parse(task)).toEqual(task);
  });

  test.each([
    ["pending", verify],
    ["held", held(verify)],
    ["blocked", blocked(verify)],
    ["passed already", plan],
  ])("is refused for a link that is %s", (_, task) => {
    expect(() => judging.pass(task, act, "good")).toThrow(
      expect.objectContaining({ code: "INVALID_TRANSITION" }),
    );
  });
});

test("activate takes away what was waited for and says who may begin", () => {
  const { task } = judging.activate(verify, build.id, terms, act);
  expect(task).toMatchObject({
    status: "pending",
    waiting_on: [],
    role: "builder",
    assigned_to: "tom",
    assigned_to_name: "Tom",
    budget_usd: 1,
    budget_tokens: 1000,
  });
  expect(() => judging.activate(held(verify), build.id, terms, act)).toThrow("Cannot activate");
});

describe("reopen", () => {
  const guidance = { time: act.now, round: 1, by_name: "L", link: "build" as const, text: "Do" };

  test("begins anew, with guidance and what it came to before", () => {
    const failed = fail(
      held(ready(verify)),
      {
        by: { id: InstanceId.parse("tom"), name: "Tom" },
      },
      "no",
      act,
    ).task;
    const { task } = judging.reopen({ ...failed, result: "half", retry_count: 2 }, act, {
      ...again,
      terms,
      guidance,
      keepsResult: true,
    });
    expect(task).toMatchObject({
      status: "pending",
      judgement: "awaited",
      fail_reason: null,
      completed_at: null,
      retry_count: 0,
      result: "half",
      guidance: [guidance],
      role: "builder",
    });
    expect(isHandedIn(task)).toBe(false);
  });

  test("forgets what a link after it came to, and has it wait again", () => {
    const { task } = judging.reopen(plan, act, { ...again, unmet: [build.id] });
    expect(task).toMatchObject({
      judgement: "awaited",
      result: null,
      waiting_on: [build.id],
      completed_by: null,
    });
  });

  test("keeps the newest ten guidances", () => {
    const full = { ...build, guidance: Array.from({ length: 10 }, () => guidance) };
    const last = { ...guidance, text: "newest" };
    const { task } = judging.reopen(full, act, { ...again, guidance: last });
    expect(task.guidance).toHaveLength(10);
    expect(task.guidance.at(-1)).toEqual(last);
  });

  test.each([
    ["held", held(verify)],
    ["cancelled", cancel(verify, act).task],
  ])("is refused for a link that is %s", (_, task) => {
    expect(() => judging.reopen(task, act, again)).toThrow("Cannot reopen");
  });
});

describe("the end of a chain", () => {
  test("refuses what was handed in, and withdraws the rest", () => {
    expect(judging.refuse(build, act, "over").task).toMatchObject({
      status: "failed",
      judgement: "refused",
      fail_reason: "over",
      result: build.result,
    });
    const withdrawn = judging.withdraw(held(verify), act, "over");
    expect(withdrawn.task).toMatchObject({
      status: "cancelled",
      judgement: "refused",
      claim: null,
      cancel_reason: "over",
    });
    expect(withdrawn.event.forced).toBe(true);
  });

  test("leaves a link cancelled that a person cancelled", () => {
    const cancelled = cancel(verify, act, { reason: "by hand" }).task;
    expect(judging.refuse(cancelled, act, "over").task).toMatchObject({
      status: "cancelled",
      cancel_reason: "by hand",
      judgement: "refused",
    });
  });

  test("frees a refused link from judgement when somebody tries it again", () => {
    const refused = judging.refuse(build, act, "over").task;
    expect(retry(refused, [], act, { reset: true }).task.judgement).toBe("none");
  });
});

test("a link that is unblocked is to be judged still, and not handed in any more", () => {
  const { task } = unblock(blocked(verify), [], act);
  expect(task.judgement).toBe("awaited");
  expect(isHandedIn(task)).toBe(false);
});

test("reassign changes the terms of a link that nobody has taken", () => {
  expect(judging.reassign(verify, act, terms, "idle").task.assigned_to).toBe("tom");
  expect(() => judging.reassign(held(verify), act, terms, "idle")).toThrow("Cannot reassign");
});
