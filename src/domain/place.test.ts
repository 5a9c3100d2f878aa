import { expect, test } from "vitest";
import { ChainId, idOf, InstanceId } from "./ids.ts";
import { makeTask } from "./new_task.ts";
import { dueSegments, entries, entriesChanged, parseEntryName, place } from "./place.ts";
import type { NewTask, Task } from "./task.ts";
import { claim, complete, fail } from "./transitions.ts";

const tom = { id: InstanceId.parse("tom"), name: "Tom" };
const act = { by: tom, now: "2026-03-04T05:06:07.000Z", nonce: "n" };
const dependency = idOf("task", 3);

function task(spec: Partial<NewTask> = {}, waiting = false): Task {
  const waiting_on = waiting ? [dependency] : [];
  return makeTask({ title: "t", ...spec }, idOf("task", 512), {
    depends_on: waiting_on,
    blocked_by: [],
    waiting_on,
  }, act);
}

const held = claim(task(), tom, act, 0).task;

test.each([
  ["ready/any/1/00000002/task-0000000512", task()],
  ["ready/role-builder/0/00000002/task-0000000512", task({ role: "builder", priority: 0 })],
  ["ready/to-tom/1/00000002/task-0000000512", task({ assigned_to: tom.id, role: "builder" })],
  ["ready/any/1/00000002/task-0000000512+build", task({ link: "build" })],
  ["waiting/00000002/task-0000000512", task({ not_before: "2027-01-01T00:00:00Z" }, true)],
  [
    "later/2027-01-01/00/0001/00000002/task-0000000512",
    task({ not_before: "2027-01-01T00:00:00.001Z" }),
  ],
  ["held/tom/claimed/task-0000000512", held],
  ["parked/failed/00000002/task-0000000512", fail(held, { by: tom }, "why", act).task],
  [
    "done/completed/2026-03-04/00000002/task-0000000512",
    complete(held, { by: tom }, { result: "" }, act).task,
  ],
])("place is %s", (path, task) => {
  expect(place(task).join("/")).toBe(path);
});

test("entries hold an edge for each unmet dependency, and the chain", () => {
  const chain_id = ChainId.parse("chain-0000000001");
  expect(entries(task({ chain_id }, true)).map((entry) => entry.join("/"))).toEqual([
    "waiting/00000002/task-0000000512",
    "dependents/task-0000000003/00000002/task-0000000512",
    "chains/chain-0000000001/00000002/task-0000000512",
  ]);
});

test("entriesChanged names what goes and what comes, and nothing that stays", () => {
  const before = task({ chain_id: ChainId.parse("chain-0000000001") });
  expect(entriesChanged(before, claim(before, tom, act, 0).task)).toEqual({
    removed: ["ready/any/1/00000002/task-0000000512"],
    added: ["held/tom/claimed/task-0000000512"],
  });
  expect(entriesChanged(before, { ...before, updated_at: act.now })).toEqual({
    removed: [],
    added: [],
  });
});

test.each([
  ["task-0000000001", { id: "task-0000000001", link: null }],
  ["task-0000000001+plan", { id: "task-0000000001", link: "plan" }],
  ["task-1", null],
  ["task-0000000001+paint", null],
  ["task-0000000001+plan+build", null],
  ["note.txt", null],
  ["", null],
])("parseEntryName reads %j", (name, parsed) => {
  expect(parseEntryName(name)).toEqual(parsed);
});

test("dueSegments rounds up, over the end of a day too", () => {
  expect(dueSegments(Date.parse("2026-12-31T23:59:59.001Z"))).toEqual(["2027-01-01", "00", "0000"]);
  expect(dueSegments(Date.parse("2026-12-31T23:59:59.000Z"))).toEqual(["2026-12-31", "23", "5959"]);
});
