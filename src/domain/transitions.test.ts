import { describe, expect, test } from "vitest";
import { OrchestratorError } from "./errors.ts";
import { idOf, InstanceId, type TaskId } from "./ids.ts";
import { makeTask } from "./new_task.ts";
import { isEnded } from "./standing.ts";
import type { Act, Step } from "./step.ts";
import { Task, TaskStatus } from "./task.ts";
import * as transitions from "./transitions.ts";

const owner = { id: InstanceId.parse("tom"), name: "Tom" };
const stranger = { id: InstanceId.parse("jerry"), name: "Jerry" };
const id = idOf("task", 7);

function act(by: Act["by"] = owner, second = 1): Act {
  return { by, now: `2026-01-01T00:00:0${second}.000Z`, nonce: `nonce ${second}` };
}

const pending = makeTask({ title: "A task" }, id, {
  depends_on: [],
  blocked_by: [],
  waiting_on: [],
}, act(owner, 0));
const claimed = transitions.claim(pending, owner, act(), 0).task;
const in_progress = transitions.start(claimed, { by: owner }, act(owner, 2)).task;

const examples: Record<TaskStatus, Task> = {
  pending,
  claimed,
  in_progress,
  completed:
    transitions.complete(in_progress, { by: owner }, { result: "done" }, act(owner, 3)).task,
  blocked: transitions.block(in_progress, { by: owner }, "waits", act(owner, 3)).task,
  failed: transitions.fail(in_progress, { by: owner }, "broken", act(owner, 3)).task,
  cancelled: transitions.cancel(pending, act(), { reason: "not needed" }).task,
};

/** Each action as its rightful actor takes it. */
const actions: Record<string, (task: Task) => Step> = {
  claim: (task) => transitions.claim(task, owner, act(owner, 5), 9),
  start: (task) => transitions.start(task, { by: owner }, act(owner, 5)),
  complete: (task) => transitions.complete(task, { by: owner }, { result: "r" }, act(owner, 5)),
  block: (task) => transitions.block(task, { by: owner }, "why", act(owner, 5)),
  fail: (task) => transitions.fail(task, { by: owner }, "why", act(owner, 5)),
  release: (task) => transitions.release(task, { by: owner }, act(owner, 5)),
  unblock: (task) => transitions.unblock(task, [], act(owner, 5)),
  retry: (task) => transitions.retry(task, [], act(owner, 5)),
  cancel: (task) => transitions.cancel(task, act(owner, 5)),
  forcedCancel: (task) => transitions.cancel(task, act(owner, 5), { force: true }),
  recover: (task) => transitions.recover(task, owner.id, act(stranger, 5)),
};

/** The state that each action leads to from each state; null where it is refused. */
const table: Record<string, Record<TaskStatus, TaskStatus | null>> = {
  claim: row({ pending: "claimed" }),
  start: row({ claimed: "in_progress" }),
  complete: row({ claimed: "completed", in_progress: "completed" }),
  block: row({ claimed: "blocked", in_progress: "blocked" }),
  fail: row({ claimed: "failed", in_progress: "failed" }),
  release: row({ claimed: "pending", in_progress: "pending" }),
  unblock: row({ blocked: "pending" }),
  retry: row({ blocked: "pending", failed: "pending" }),
  cancel: row({ pending: "cancelled", blocked: "cancelled", failed: "cancelled" }),
  forcedCancel: row({
    pending: "cancelled",
    claimed: "cancelled",
    in_progress: "cancelled",
    blocked: "cancelled",
    failed: "cancelled",
  }),
  recover: row({ claimed: "pending", in_progress: "pending" }),
};

function row(
  allowed: Partial<Record<TaskStatus, TaskStatus>>,
): Record<TaskStatus, TaskStatus | null> {
  const all = TaskStatus.options.map((status) => [status, allowed[status] ?? null] as const);
  return Object.fromEntries(all) as Record<TaskStatus, TaskStatus | null>;
}

const cases = Object.entries(table).flatMap(([action, byStatus]) =>
  TaskStatus.options.map((from) => ({ action, from, to: byStatus[from] }))
);

describe("every action in every state", () => {
  test.each(cases)("$action in $from leads to $to", ({ action, from, to }) => {
    const task = examples[from];
    const take = () => actions[action]?.(task);
    if (to === null) return expect(take).toThrow(OrchestratorError);
    const step = take();
    expect(step?.task.status).toBe(to);
    expect(step?.event).toMatchObject({ task_id: id, from, to });
    expect(step?.task.history).toHaveLength(task.history.length + 1);
    expect(step?.task.history.at(-1)).toMatchObject({ from, to, nonce: "nonce 5" });
    expect(Task.parse(step?.task)).toEqual(step?.task);
    const isHeld = to === "claimed" || to === "in_progress";
    expect(step?.task.claim !== null).toBe(isHeld);
  });
});

describe("who holds a task", () => {
  const takenAway = transitions.recover(claimed, owner.id, act(stranger, 3)).task;
  const elsewhere = transitions.claim(takenAway, stranger, act(stranger, 4), 5).task;
  const again = transitions.claim(takenAway, owner, act(owner, 4), 5).task;
  const complete = (task: Task, holder: Parameters<typeof transitions.complete>[1]) => () =>
    transitions.complete(task, holder, { result: "r" }, act());

  test.each([
    ["a stranger", complete(claimed, { by: stranger }), "NOT_OWNER"],
    ["nobody", complete(claimed, { by: { id: "", name: "" } }), "NOT_OWNER"],
    ["an owner whose task was recovered", complete(takenAway, { by: owner }), "CLAIM_LOST"],
    ["an owner whose task somebody else has", complete(elsewhere, { by: owner }), "CLAIM_LOST"],
    [
      "an owner with the token of an earlier claim",
      complete(again, { by: owner, token: claimed.claim?.token }),
      "CLAIM_LOST",
    ],
    [
      "an owner that ended the claim itself",
      complete(examples.completed, { by: owner }),
      "INVALID_TRANSITION",
    ],
    ["anybody, where nobody ever held it", complete(pending, { by: owner }), "INVALID_TRANSITION"],
  ])("is refused: %s", (_, take, code) => {
    expect(take).toThrow(expect.objectContaining({ code }));
  });

  test("is let through with the token of the claim, or by force, which is noted", () => {
    expect(again.claim?.token).toBe(6);
    expect(complete(again, { by: owner, token: again.claim?.token })().event.forced).toBe(false);
    const forced = complete(again, { by: stranger, force: true })();
    expect(forced.event.forced).toBe(true);
    expect(forced.task.completed_by).toBe("jerry");
  });

  test("keeps at most five late reports, cut to 16 KiB, and no outcome from them", () => {
    let task = elsewhere;
    for (let count = 0; count < 6; count++) {
      const report = { action: "complete", text: `${count}`.repeat(20_000) };
      task = transitions.lateReport(task, { by: owner }, report, act()).task;
    }
    expect(task.late_reports.map(({ text }) => text[0])).toEqual(["1", "2", "3", "4", "5"]);
    expect(task.late_reports[0]?.text).toHaveLength(16 * 1024);
    expect(task).toMatchObject({ status: "claimed", result: null });
  });
});

describe("retries", () => {
  const failed = (retry_count: number) => ({ ...examples.failed, retry_count });

  test("are counted to max_retries, then refused unless reset", () => {
    expect(transitions.retry(failed(2), [], act()).task.retry_count).toBe(3);
    expect(() => transitions.retry(failed(3), [], act())).toThrow(
      expect.objectContaining({ code: "RETRIES_EXHAUSTED" }),
    );
    expect(transitions.retry(failed(3), [], act(), { reset: true }).task.retry_count).toBe(0);
  });

  test("are not counted by a release, and end a recovery in failure", () => {
    expect(transitions.release(claimed, { by: owner }, act()).task.retry_count).toBe(0);
    expect(transitions.recover(claimed, owner.id, act()).task.retry_count).toBe(1);
    const last = transitions.recover({ ...claimed, retry_count: 3 }, owner.id, act()).task;
    expect(last).toMatchObject({ status: "failed", retry_count: 3 });
    expect(last.fail_reason).toContain("owner Tom is gone");
  });

  test("come with the failure itself where another attempt is wanted, until none is left", () => {
    const again = { notBefore: "2099-01-01T00:00:00.000Z" };
    const next = transitions.fail(claimed, { by: owner }, "broken", act(), again);
    expect(next.task).toMatchObject({
      status: "pending",
      retry_count: 1,
      claim: null,
      is_due: false,
      not_before: again.notBefore,
    });
    expect(next.task.history.at(-1)).toMatchObject({ action: "fail", reason: "broken" });
    expect(next.event).toMatchObject({ type: "task_failed", to: "pending" });
    const last = transitions.fail(
      { ...claimed, retry_count: 3 },
      { by: owner },
      "broken",
      act(),
      again,
    );
    expect(last.task).toMatchObject({ status: "failed", retry_count: 3, fail_reason: "broken" });
  });

  test("make a failure final only when none are left", () => {
    expect(isEnded(failed(2))).toBe(false);
    expect(isEnded(failed(3))).toBe(true);
  });
});

describe("dependents", () => {
  const [a, b] = [idOf("task", 1), idOf("task", 2)] as [TaskId, TaskId];
  const waiting: Task = { ...pending, depends_on: [a, b], waiting_on: [a, b] };

  test("wait until the last dependency is completed", () => {
    const one = transitions.wake(waiting, { ...examples.completed, id: a }, act())?.task;
    expect(one).toMatchObject({ status: "pending", waiting_on: [b] });
    if (one === undefined) return;
    expect(() => transitions.claim(one, owner, act(), 1)).toThrow("it waits for task-0000000002");
    const both = transitions.wake(one, { ...examples.completed, id: b }, act())?.task;
    expect(both?.waiting_on).toEqual([]);
  });

  test("become blocked, with the reason, when one fails for good or is cancelled", () => {
    const failed = { ...examples.failed, id: a };
    expect(transitions.wake(waiting, failed, act())?.task).toMatchObject({
      status: "blocked",
      waiting_on: [],
      blocked_reason: "dependency task-0000000001 failed: broken",
    });
    const cancelled = { ...examples.cancelled, id: b };
    expect(transitions.wake(waiting, cancelled, act())?.task.blocked_reason).toBe(
      "dependency task-0000000002 was cancelled: not needed",
    );
  });

  test("that do not wait (any more) are left alone", () => {
    expect(transitions.wake(pending, { ...examples.completed, id: a }, act())).toBeNull();
    expect(transitions.wake(claimed, { ...examples.completed, id: a }, act())).toBeNull();
  });
});

describe("not before", () => {
  const spec = { title: "Later", not_before: "2026-01-01T01:00:05+01:00" };
  const none = { depends_on: [], blocked_by: [], waiting_on: [] };
  const later = makeTask(spec, id, none, act());

  test("keeps a task from being claimed, and is kept in UTC", () => {
    expect(later).toMatchObject({ is_due: false, not_before: "2026-01-01T00:00:05.000Z" });
    expect(() => transitions.claim(later, owner, act(), 0)).toThrow("not to begin before");
  });

  test("passes at its moment, not earlier", () => {
    expect(transitions.due(later, act(owner, 4))).toBeNull();
    expect(transitions.due(later, act(owner, 5))?.task.is_due).toBe(true);
  });
});

test("a record keeps fifty steps of its history, and counts those it dropped", () => {
  let task = pending;
  for (let count = 0; count < 60; count++) {
    task = transitions.release(
      transitions.claim(task, owner, act(), count).task,
      { by: owner },
      act(),
    ).task;
  }
  expect(task.history).toHaveLength(50);
  expect(task.history_dropped).toBe(71);
});
