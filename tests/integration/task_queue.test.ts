import { afterEach, describe, expect, test } from "vitest";
import { encodePayload } from "../../src/coordination/payload.ts";
import { ChainId, idOf, InstanceId, type TaskId } from "../../src/domain/ids.ts";
import type { NewTask, Task } from "../../src/domain/task.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { ZooKeeperError } from "../../src/zookeeper/errors.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { hookedZooKeeper } from "../support/hooked_zookeeper.ts";
import { claimer, connectTo, holderOf, join, PERSON, taskTeam } from "../support/task_team.ts";
import { useClient, useTaskTeam } from "../support/live.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const tom = claimer("tom", "builder");
const jerry = claimer("jerry", "planner");

describeWithZooKeeper("a task queue", (server) => {
  const zk = useClient(server);
  const team = useTaskTeam(server, zk, tom, jerry);
  afterEach(expectClean);

  async function expectClean(): Promise<void> {
    const { findings } = await team.queue.audit();
    expect(findings).toEqual([]);
  }

  const push = (spec: Partial<NewTask> = {}) =>
    team.queue.push({ title: "A task", ...spec }, PERSON);
  const titles = async (who = tom, options = {}) => {
    const found: string[] = [];
    for (
      let task = await team.queue.claim(who, options);
      task !== null;
      task = await team.queue.claim(who, options)
    ) found.push(task.title);
    return found;
  };
  const claim = async (who = tom): Promise<Task> => {
    const task = await team.queue.claim(who);
    if (task === null) throw new Error("Nothing to claim");
    return task;
  };

  describe("order", () => {
    test("is by priority, then first in first out, for a lone claimer", async () => {
      const specs = Array.from({ length: 600 }, (_, index) => ({
        title: `${index % 4}-${String(index).padStart(3, "0")}`,
        priority: index % 4 as 0 | 1 | 2 | 3,
      }));
      await team.queue.pushMany(specs, PERSON);
      expect(await titles()).toEqual(specs.map(({ title }) => title).sort());
      expect(team.queue.statistics).toEqual({ claims: 600, tries: 600 });
    });

    test("passes over what is for others, by role and by assignee", async () => {
      await push({ title: "for anybody" });
      await push({ title: "for planners", role: "planner" });
      await push({ title: "for builders", role: "builder" });
      await push({ title: "for Jerry", assigned_to: jerry.id, role: "builder" });
      await push({ title: "for Tom, urgent", assigned_to: tom.id, role: "planner", priority: 0 });
      expect(await titles(tom)).toEqual(["for Tom, urgent", "for anybody", "for builders"]);
      expect(await titles(tom, { roleFilter: false })).toEqual(["for planners"]);
      expect(await titles(jerry)).toEqual(["for Jerry"]);
      await push({ title: "for planners too", role: "planner" });
      const anybody = claimer("anybody", "general");
      await join(team, anybody);
      expect(await titles(anybody)).toEqual(["for planners too"]);
    });

    test("with a link, passes over the others without reading them", async () => {
      for (const link of ["plan", "build", "plan", undefined] as const) {
        await push({ title: link ?? "none", ...link === undefined ? {} : { link } });
      }
      expect(await titles(tom, { link: "build" })).toEqual(["build"]);
      expect(await titles(tom, { link: "accept" })).toEqual([]);
      expect(await titles(tom)).toEqual(["plan", "plan", "none"]);
    });

    test("brings a released task back to where it was", async () => {
      const first = await push({ title: "first" });
      await push({ title: "second" });
      const held = await claim();
      await team.queue.release(held.id, holderOf(tom, held), "not now");
      expect((await claim()).id).toBe(first.id);
    });
  });

  describe("claim", () => {
    test("of a task by its id takes that one, or says why not", async () => {
      await push();
      const second = await push({ role: "planner" });
      const named = (who = tom) => team.queue.claim(who, { taskId: second.id });
      await expect(named()).rejects.toMatchObject({ code: "NOT_CLAIMABLE" });
      expect((await named(jerry))?.id).toBe(second.id);
      await expect(named(jerry)).rejects.toThrow(
        `Cannot claim "${second.id}": it is held by jerry`,
      );
      await expect(team.queue.claim(tom, { taskId: idOf("task", 99) })).rejects.toMatchObject({
        code: "TASK_NOT_FOUND",
      });
    });

    test("is for members only", async () => {
      const { id } = await push();
      for (const options of [{}, { taskId: id }]) {
        await expect(team.queue.claim(claimer("nobody"), options)).rejects.toMatchObject({
          code: "MEMBER_NOT_FOUND",
        });
      }
    });

    test("gives nothing while the team is paused", async () => {
      await push();
      const pause = (ms: number) =>
        encodePayload({
          v: 1,
          until: new Date(Date.now() + ms).toISOString(),
          set_at: new Date().toISOString(),
        });
      await zk.create(team.store.tree.path("pause"), pause(60_000));
      expect(await team.queue.claim(tom)).toBeNull();
      await zk.setData(team.store.tree.path("pause"), pause(-1));
      expect(await team.queue.claim(tom)).not.toBeNull();
    });

    test("waits for work, and is woken by a push, not by time", async () => {
      const signal = AbortSignal.timeout(80_000);
      const waiting = team.queue.waitForWork(tom, {}, signal);
      await expect(Promise.race([waiting, nextTurn()])).resolves.toBe("still waiting");
      const pushed = await push({ role: "builder" });
      const began = performance.now();
      expect((await waiting).id).toBe(pushed.id);
      expect(performance.now() - began).toBeLessThan(5_000);
    });

    test("begins to wait in the middle of an outage", async () => {
      let losses = 6;
      const faulty = hookedZooKeeper(zk, "addWatch", () => {
        if (losses-- <= 0) return Promise.resolve();
        return Promise.reject(
          new ZooKeeperError("SESSION_EXPIRED", "No server", { outcome: "not_sent" }),
        );
      });
      const { queue } = taskTeam(faulty, team.store.tree.path());
      const pushed = await push({ role: "builder" });
      expect((await queue.waitForWork(tom, {}, AbortSignal.timeout(80_000))).id).toBe(pushed.id);
      const stop = new AbortController();
      losses = Infinity;
      const waiting = queue.waitForWork(tom, {}, stop.signal);
      stop.abort(new Error("enough"));
      await expect(waiting).rejects.toThrow("enough");
    });

    test("stops waiting when it is told to", async () => {
      const stop = new AbortController();
      const waiting = team.queue.waitForWork(tom, {}, stop.signal);
      stop.abort(new Error("enough"));
      await expect(waiting).rejects.toThrow("enough");
    });
  });

  describe("steps", () => {
    test("from push to completion set what belongs to each state", async () => {
      const { id } = await push({ description: "What to do" });
      const held = await claim();
      expect(held).toMatchObject({ status: "claimed", claimed_by: "tom", claim: { token: 1 } });
      expect(await team.queue.heldBy(tom.id)).toEqual([held]);
      expect((await team.queue.start(id, holderOf(tom, held))).status).toBe("in_progress");
      const done = await team.queue.complete(id, holderOf(tom, held), {
        result: "ok",
        evidence: { log: "/tmp/log" },
      });
      expect(done).toMatchObject({
        status: "completed",
        claim: null,
        completed_by: "tom",
        evidence: { log: "/tmp/log" },
      });
      expect(done).toEqual(await team.queue.get(id));
      expect(done.history.map(({ action }) => action)).toEqual([
        "push",
        "claim",
        "start",
        "complete",
      ]);
      expect((await team.journal.read({ taskId: id })).map(({ type }) => type)).toEqual([
        "tasks_pushed",
        "task_claimed",
        "task_started",
        "task_completed",
      ]);
    });

    test("of whoever lost the claim are refused, and kept as late reports", async () => {
      const { id } = await push();
      const held = await claim();
      await team.queue.release(id, { by: jerry, force: true }, "it hangs");
      const again = await claim(jerry);
      await expect(team.queue.complete(id, holderOf(tom, held), { result: "late" })).rejects
        .toMatchObject({ code: "CLAIM_LOST" });
      await team.queue.complete(id, holderOf(jerry, again), { result: "right" });
      await expect(team.queue.fail(id, holderOf(tom, held), "later still")).rejects.toMatchObject({
        code: "CLAIM_LOST",
      });
      const task = await team.queue.get(id);
      expect(task).toMatchObject({ status: "completed", result: "right" });
      expect(task.late_reports.map(({ text }) => text)).toEqual(["late", "later still"]);
      const events = await team.journal.read({ taskId: id });
      expect(events.filter(({ type }) => type === "task_late_report")).toHaveLength(2);
      expect(events.find(({ type }) => type === "task_released")).toMatchObject({ forced: true });
    });

    test("of two at once: one happens, the other is refused", async () => {
      const { id } = await push();
      const held = await claim();
      const both = await Promise.allSettled([
        team.queue.complete(id, holderOf(tom, held), { result: "one" }),
        team.queue.fail(id, holderOf(tom, held), "two"),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      expect((await team.queue.get(id)).history).toHaveLength(3);
    });
  });

  describe("dependencies", () => {
    test("hold a task back until the last of them is completed", async () => {
      const [a, , c] = await team.queue.pushMany([
        { title: "a", key: "a" },
        { title: "b", key: "b" },
        { title: "c", depends_on: ["a"], blocked_by: ["b"], priority: 0 },
      ], PERSON);
      const [one, two] = [await claim(), await claim()];
      expect(await team.queue.claim(tom)).toBeNull();
      await team.queue.complete(one.id, holderOf(tom, one), { result: "" });
      expect((await team.queue.get(c?.id ?? one.id)).waiting_on).toEqual([two.id]);
      expect(one.id).toBe(a?.id);
      await team.queue.complete(two.id, holderOf(tom, two), { result: "" });
      expect((await claim()).id).toBe(c?.id);
      const late = await push({ depends_on: [one.id], title: "of a completed task" });
      expect(late.waiting_on).toEqual([]);
    });

    test("wake two hundred dependents, several at a time", async () => {
      const first = await push({ title: "first" });
      const specs = Array.from({ length: 200 }, (_, index) => ({
        title: String(index).padStart(3, "0"),
        depends_on: [first.id],
      }));
      await team.queue.pushMany(specs, PERSON);
      const held = await claim();
      await team.queue.complete(held.id, holderOf(tom, held), { result: "" });
      expect(await titles()).toEqual(specs.map(({ title }) => title));
      expect(await zk.exists(team.store.path("wake", first.id))).toBeNull();
    });

    test("that fail for good or are cancelled block those who wait, until they are unblocked", async () => {
      const first = await push({ max_retries: 0 });
      const second = await push({ depends_on: [first.id] });
      const held = await claim();
      await team.queue.fail(held.id, holderOf(tom, held), "no way");
      expect(await team.queue.get(second.id)).toMatchObject({
        status: "blocked",
        blocked_reason: `dependency ${first.id} failed: no way`,
      });
      await expect(team.queue.unblock(second.id, PERSON)).rejects.toMatchObject({
        code: "DEPENDENCY_FAILED",
      });
      await expect(push({ depends_on: [first.id] })).rejects.toMatchObject({
        code: "DEPENDENCY_FAILED",
      });
      await team.queue.retry(first.id, PERSON, { reset: true });
      expect((await team.queue.unblock(second.id, PERSON)).waiting_on).toEqual([first.id]);
      const again = await claim();
      await team.queue.complete(again.id, holderOf(tom, again), { result: "after all" });
      expect((await claim()).id).toBe(second.id);
    });

    test("of a task that is cancelled while it waits leave no edge behind", async () => {
      const first = await push();
      const second = await push({ depends_on: [first.id] });
      await team.queue.cancel(second.id, PERSON, "not needed");
      await expectClean();
      const held = await claim();
      await team.queue.complete(held.id, holderOf(tom, held), { result: "" });
      expect((await team.queue.get(second.id)).status).toBe("cancelled");
    });

    test("pushed while the dependency ends are never forgotten", async () => {
      for (let round = 0; round < 20; round++) {
        const first = await push({ title: "first" });
        const held = await claim();
        expect(held.id).toBe(first.id);
        const [, second] = await Promise.all([
          team.queue.complete(held.id, holderOf(tom, held), { result: "" }),
          push({ title: "second", depends_on: [first.id] }),
        ]);
        const next = await claim();
        expect(next.id, `round ${round}`).toBe(second.id);
        await team.queue.complete(next.id, holderOf(tom, next), { result: "" });
      }
    });
  });

  describe("not before", () => {
    test("keeps a task back until then, and whoever waits claims it then", async () => {
      const at = Date.now() + 1_200;
      const { id } = await push({ not_before: new Date(at).toISOString() });
      expect(await team.queue.claim(tom)).toBeNull();
      const task = await team.queue.waitForWork(tom, {}, AbortSignal.timeout(80_000));
      expect(task.id).toBe(id);
      expect(Date.now()).toBeGreaterThanOrEqual(at);
      expect(Date.now() - at).toBeLessThan(5_000);
    });

    test("in the past changes nothing; with a release or retry it is a back-off", async () => {
      await push({ not_before: "2020-01-01T00:00:00Z" });
      const held = await claim();
      const notBefore = new Date(Date.now() + 60_000).toISOString();
      await team.queue.release(held.id, holderOf(tom, held), "limit", { notBefore });
      expect(await team.queue.claim(tom)).toBeNull();
      await expectClean();
    });
  });

  describe("push", () => {
    test("gives dense ids, in order, to many pushers at once", async () => {
      const others = await Promise.all(Array.from({ length: 5 }, () => connectTo(server.hosts)));
      const teams = others.map((other) => taskTeam(other, team.store.tree.root));
      const pushed = await Promise.all(
        teams.flatMap(({ queue }) =>
          Array.from({ length: 20 }, () => queue.push({ title: "t" }, PERSON))
        ),
      );
      await Promise.all(others.map((other) => other.close()));
      expect(pushed.map(({ id }) => id).sort()).toEqual(
        Array.from({ length: 100 }, (_, index) => idOf("task", index + 1)),
      );
    });

    test.each<[string, NewTask]>([
      ["DEPENDENCY_NOT_FOUND", { title: "t", depends_on: ["task-0000000999"] }],
      ["INVALID_INPUT", { title: " " }],
      ["TOO_LARGE", { title: "t", description: "€".repeat(174_763) }],
      ["TOO_LARGE", { title: "t", description: "\u0001".repeat(200_000) }],
    ])("refuses with %s, and writes nothing", async (code, spec) => {
      await expect(team.queue.pushMany([{ title: "good" }, spec], PERSON)).rejects.toMatchObject({
        code,
      });
      expect((await team.queue.list()).tasks).toEqual([]);
    });

    test("takes 512 KiB of text, and the task can still be finished with a large result", async () => {
      const description = "é".repeat(256 * 1024 - 1);
      const { id } = await push({ title: "ab", description });
      const held = await claim();
      const result = "r".repeat(256 * 1024);
      const done = await team.queue.complete(id, holderOf(tom, held), { result });
      expect((await team.queue.get(id)).description).toBe(description);
      expect(done.result).toBe(result);
    });

    test("waits for two tasks of 512 KiB each without sending them again", async () => {
      const description = "x".repeat(512 * 1024 - 2);
      const [a, b] = [
        await push({ title: "a", description }),
        await push({ title: "b", description }),
      ];
      await push({ depends_on: [a.id, b.id] });
      for (const held of [await claim(), await claim()]) {
        await team.queue.complete(held.id, holderOf(tom, held), { result: "" });
      }
      expect((await claim()).waiting_on).toEqual([]);
    });

    test("keeps lone surrogates and control characters as they are", async () => {
      const { id } = await push({ title: "a\ud800b\u0007", description: "\udc00 😀" });
      expect(await team.queue.get(id)).toMatchObject({
        title: "a\ud800b\u0007",
        description: "\udc00 😀",
      });
    });

    test("puts a thousand into several transactions, and a chain into one", async () => {
      const chain_id = ChainId.parse("chain-0000000001");
      const specs = Array.from({ length: 1_000 }, (_, index) => ({
        title: String(index),
        ...index % 100 === 0 ? { chain_id } : {},
      }));
      const tasks = await team.queue.pushMany(specs, PERSON);
      expect(tasks.map(({ title }) => title)).toEqual(specs.map(({ title }) => title));
      const events = (await team.journal.read()).map(({ task_ids = [] }) => task_ids);
      expect(events.length).toBeGreaterThan(1);
      const chain = tasks.filter((task) => task.chain_id !== null).map(({ id }) => id);
      expect(events.filter((ids) => ids.some((id) => chain.includes(id)))).toHaveLength(1);
      expect((await team.queue.list({ chainId: chain_id })).tasks).toHaveLength(10);
    });
  });

  describe("list and counts", () => {
    test("show every state, page by page, in the order of ids", async () => {
      const ids: TaskId[] = [];
      for (let index = 0; index < 7; index++) ids.push((await push({ max_retries: 0 })).id);
      const [a, b, c, d, e] = ids as [TaskId, TaskId, TaskId, TaskId, TaskId];
      for (const id of [a, b, c, d]) await team.queue.claim(tom, { taskId: id });
      await team.queue.start(b, { by: tom });
      await team.queue.complete(c, { by: tom }, { result: "" });
      await team.queue.block(d, { by: tom }, "why");
      await team.queue.cancel(e, PERSON);
      await push({ not_before: "2099-01-01T00:00:00Z" });
      await push({ depends_on: [a] });
      expect(await team.queue.counts()).toEqual({
        pending: 4,
        claimed: 1,
        in_progress: 1,
        completed: 1,
        blocked: 1,
        failed: 0,
        cancelled: 1,
      });
      const listed = async (filter: Parameters<typeof team.queue.list>[0]) =>
        (await team.queue.list(filter)).tasks.map(({ id }) => Number(id.slice(-10)));
      expect(await listed({})).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(await listed({ limit: 2, after: c })).toEqual([4, 5]);
      expect(await listed({ status: ["pending"], limit: 3 })).toEqual([6, 7, 8]);
      expect(await listed({ status: ["pending"], after: idOf("task", 7) })).toEqual([8, 9]);
      expect(await listed({ status: ["completed", "claimed", "blocked"] })).toEqual([1, 3, 4]);
      expect(await listed({ assignee: InstanceId.parse("tom") })).toEqual([1, 2, 3]);
    });
  });

  describe("retention", () => {
    const day = 24 * 60 * 60_000;

    test("removes finished tasks of days that are over, whole, and nothing else", async () => {
      const chain_id = ChainId.parse("chain-0000000001");
      const first = await push({ title: "first", chain_id });
      const second = await push({ title: "second", chain_id, depends_on: [first.id] });
      await push({ title: "third" });
      const held = await claim();
      await team.queue.complete(held.id, holderOf(tom, held), { result: "" });
      expect(await team.queue.sweepFinished({ olderThanMs: 0, limit: 10 })).toEqual({
        removed: 0,
        more: false,
      });
      const tomorrow = taskTeam(zk, team.store.tree.root, {
        ...systemClock,
        now: () => systemClock.now() + day,
      });
      expect(await tomorrow.queue.sweepFinished({ olderThanMs: 0, limit: 10 })).toEqual({
        removed: 1,
        more: false,
      });
      await expect(team.queue.get(first.id)).rejects.toMatchObject({ code: "TASK_NOT_FOUND" });
      expect((await team.queue.list({ chainId: chain_id })).tasks.map(({ id }) => id)).toEqual([
        second.id,
      ]);
      const next = await claim();
      await team.queue.block(next.id, holderOf(tom, next), "why");
      expect((await team.queue.unblock(next.id, PERSON)).waiting_on).toEqual([]);
      expect((await push()).id).toBe(idOf("task", 4));
    });

    test("works in batches", async () => {
      await team.queue.pushMany(Array.from({ length: 30 }, () => ({ title: "t" })), PERSON);
      for (const { id } of (await team.queue.list()).tasks) await team.queue.cancel(id, PERSON);
      const options = { olderThanMs: -2 * day, limit: 25 };
      expect(await team.queue.sweepFinished(options)).toEqual({ removed: 25, more: true });
      expect(await team.queue.sweepFinished(options)).toEqual({ removed: 5, more: false });
      expect((await team.queue.list()).tasks).toEqual([]);
    });
  });

  describe("what does not belong there", () => {
    test("a record that does not parse is set aside, reported, and never deleted", async () => {
      const bad = await push({ title: "bad" });
      await push({ title: "good" });
      const path = team.store.recordPath(bad.id);
      await zk.setData(path, new TextEncoder().encode("{not json"));
      expect(await titles()).toEqual(["good"]);
      expect(team.problems.map((problem) => problem.path)).toContain(path);
      expect(new TextDecoder().decode((await zk.getData(path)).data)).toBe("{not json");
      const { tasks, corrupt } = await team.queue.list();
      expect(tasks.map(({ title }) => title)).toEqual(["good"]);
      expect(corrupt.map((problem) => problem.path)).toEqual([path]);
      expect((await team.queue.audit()).corrupt.map((problem) => problem.path)).toEqual([
        path,
        team.store.path("set_aside", bad.id),
      ]);
      await expect(team.queue.get(bad.id)).rejects.toMatchObject({ code: "CORRUPT_DATA" });
    });

    test("foreign names in every directory are passed over, and the auditor names them", async () => {
      const first = await push({ title: "one" });
      await push({ title: "two", depends_on: [first.id] });
      const foreign = [
        "ready/any/1/00000000/note.txt",
        "ready/any/urgent/x/y",
        "ready/any/0/first/z",
        "held/tom/claimed/mine",
        "held/not a name/claimed/x",
        "waiting/00000000/x",
        "later/soon/x/y/z/w",
        "parked/failed/00000000/x",
        "done/completed/today/00000000/x",
        `dependents/${first.id}/00000000/x`,
        "wake/x",
        "set_aside/x",
        "chains/x/y/z",
      ].map((path) => team.store.path(path));
      for (const path of foreign) await createWithParents(zk, path);
      await createWithParents(zk, team.store.tree.path("journal", "0000000000", "hello"));
      await createWithParents(zk, team.store.tree.path("journal", "readme"));
      const one = await claim();
      await team.queue.complete(one.id, holderOf(tom, one), { result: "" });
      expect((await claim()).title).toBe("two");
      expect(await team.queue.claim(tom)).toBeNull();
      expect((await team.queue.list({ status: ["pending", "claimed", "failed"] })).tasks)
        .toHaveLength(1);
      expect((await team.journal.read()).length).toBe(6);
      const { findings } = await team.queue.audit();
      const named = findings.map(({ path }) => path);
      for (const path of foreign.filter((path) => !path.includes("set_aside"))) {
        expect(named).toContain(path);
      }
      for (const path of foreign) await zk.delete(path);
    });

    test("an index entry that somebody removed by hand does not keep a task from going on", async () => {
      const { id } = await push();
      const held = await claim();
      await zk.delete(team.store.path("held", "tom", "claimed", id));
      expect((await team.queue.audit()).findings).toHaveLength(1);
      await team.queue.complete(id, holderOf(tom, held), { result: "" });
    });

    test("an entry of a task that is not there to be claimed is removed, not met for ever", async () => {
      const { id } = await push();
      await claim();
      await createWithParents(zk, team.store.path("ready", "any", "0", "00000000", id));
      await createWithParents(zk, team.store.path("ready/any/0/00000000/task-0000000077"));
      await push({ title: "next" });
      expect(await titles()).toEqual(["next"]);
      expect(await zk.exists(team.store.path("set_aside", "task-0000000077"))).not.toBeNull();
    });
  });
});

function nextTurn(): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, 300, "still waiting"));
}

async function createWithParents(zk: ZooKeeper, path: string): Promise<void> {
  const segments = path.split("/").slice(1);
  for (const index of segments.keys()) {
    const part = `/${segments.slice(0, index + 1).join("/")}`;
    if (await zk.exists(part) === null) await zk.create(part);
  }
}
