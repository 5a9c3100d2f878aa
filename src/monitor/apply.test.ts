import { expect, test } from "vitest";
import { busy, happened, idle, NOW } from "../../tests/support/boards.ts";
import { idOf, InstanceId } from "../domain/ids.ts";
import { LeaderRecord } from "../domain/leader.ts";
import { Requirement } from "../domain/requirement.ts";
import type { TaskStatus } from "../domain/task.ts";
import {
  applyEvent,
  applyHistory,
  applyLeader,
  applyMembers,
  applyRequirements,
  applySession,
} from "./apply.ts";
import { type Board, MAX_EVENTS, MAX_ROWS, officeOf } from "./board.ts";
import { applyTasks, findRow, withState } from "./task_rows.ts";

const id = (serial: number) => idOf("task", serial);

function step(serial: number, from: TaskStatus | null, to: TaskStatus, more = {}) {
  return happened(0, "task_claimed", {
    task_id: id(serial),
    from,
    to,
    title: `Task ${serial}`,
    by: "bob",
    by_name: "Bob",
    ...more,
  });
}

const rowsOf = (board: Board, status: TaskStatus) => board.tasks.rows[status].map((row) => row.id);

test("a row follows its task from state to state, with what is known of it", () => {
  const claimed = applyEvent(busy, step(14, "pending", "claimed"));
  expect(rowsOf(claimed, "pending")).not.toContain(id(14));
  expect(claimed.tasks.rows.claimed[0]).toMatchObject({
    title: "Verify the passkeys",
    link: "verify",
    byName: "Bob",
    since: NOW,
    reason: null,
  });
  const failed = applyEvent(claimed, step(14, "claimed", "failed", { reason: "no browser" }));
  expect(failed.tasks.rows.failed[0]).toMatchObject({ id: id(14), reason: "no browser" });
});

test("the time at work counts from the claim, not from the start", () => {
  const claimed = applyEvent(
    busy,
    step(30, "pending", "claimed", { time: "2026-01-01T00:00:00.000Z" }),
  );
  const started = applyEvent(claimed, step(30, "claimed", "in_progress"));
  expect(started.tasks.rows.in_progress[0]?.since).toBe(Date.UTC(2026, 0, 1));
});

test("the same event twice is the same board", () => {
  const event = step(14, "pending", "claimed");
  const once = applyEvent(busy, event);
  expect(applyEvent(once, event)).toEqual(once);
});

test("rows and events are bounded, however much happens", () => {
  let board = idle;
  for (let serial = 1; serial <= 400; serial++) {
    board = applyEvent(board, step(serial, "claimed", "completed"));
  }
  expect(board.tasks.rows.completed).toHaveLength(MAX_ROWS.completed);
  expect(board.tasks.rows.completed[0]?.id).toBe(id(400));
  expect(board.events).toHaveLength(MAX_EVENTS);
});

test("a long text of somebody is kept only as far as it can be shown", () => {
  const board = applyEvent(
    idle,
    step(1, null, "blocked", { title: "t".repeat(9_000), reason: "r".repeat(9_000) }),
  );
  const row = findRow(board.tasks.rows, id(1));
  expect([row?.title.length, row?.reason?.length]).toEqual([300, 300]);
});

test("a record completes its row, unless the task has moved on", () => {
  const board = applyEvent(idle, step(1, "pending", "claimed"));
  const known = findRow(board.tasks.rows, id(1));
  if (known === undefined) throw new Error("No row");
  const read = { ...known, link: "build" as const, isRead: true };
  expect(findRow(applyTasks(board.tasks.rows, [read]), id(1))?.link).toBe("build");
  const late = { ...read, status: "pending" as const };
  expect(applyTasks(board.tasks.rows, [late])).toEqual(board.tasks.rows);
});

test("pending rows are those of the queue, in its order", () => {
  const queue = busy.tasks.rows.pending.toReversed();
  expect(withState(busy.tasks.rows, "pending", queue).pending).toEqual(queue);
});

test("who acts is known to have done so, from history too", () => {
  const bob = busy.members.find(({ name }) => name === "Bob");
  const event = happened(1_000, "task_completed", { by: bob?.id ?? "" });
  for (const board of [applyEvent(busy, event), applyHistory(busy, [event])]) {
    expect(board.members.find(({ name }) => name === "Bob")?.lastAct).toBe(NOW - 1_000);
  }
});

test("members are those of the last list, by name, with what was known of them", () => {
  const acted = applyEvent(idle, happened(0, "task_completed", { by: idle.members[0]?.id ?? "" }));
  const listed = acted.members.map(({ since, lastAct: _, ...member }) => ({
    ...member,
    connected_since: new Date(since).toISOString(),
  }));
  const again = applyMembers(acted, listed.toReversed());
  expect(again.members).toEqual(acted.members);
  expect(applyMembers(acted, []).members).toEqual([]);
});

test("a session that is lost is lost since then, whatever becomes of it", () => {
  const suspended = applySession(idle, "suspended", NOW);
  expect(officeOf(suspended)).toBe("away");
  const expired = applySession(suspended, "expired", NOW + 5_000);
  expect(expired.zookeeper).toMatchObject({ state: "expired", since: NOW });
  const back = applySession(expired, "connected", NOW + 9_000);
  expect(back.zookeeper).toMatchObject({ state: "connected", since: NOW + 9_000 });
  expect(applySession(back, "connected", NOW + 10_000)).toBe(back);
});

test("who leads is whom the record names", () => {
  const record = LeaderRecord.parse({
    instance_id: InstanceId.parse("zoe"),
    name: "Zoe",
    epoch: 4,
    started_at: new Date(NOW).toISOString(),
  });
  expect(officeOf(idle)).toBe("leading");
  expect(officeOf(applyLeader(idle, record))).toBe("standby");
  expect(officeOf(applyLeader(idle, null))).toBe("standby");
});

test("requirements are shown until they are chains", () => {
  const make = (serial: number, status: string) =>
    Requirement.parse({
      v: 1,
      id: idOf("req", serial),
      content: "Add a login page",
      status,
      created_at: new Date(NOW).toISOString(),
      updated_at: new Date(NOW).toISOString(),
    });
  const board = applyRequirements(idle, [
    make(1, "open"),
    make(2, "submitted"),
    make(3, "planned"),
  ]);
  expect(board.requirements.map(({ id }) => id)).toEqual([idOf("req", 2), idOf("req", 3)]);
});
