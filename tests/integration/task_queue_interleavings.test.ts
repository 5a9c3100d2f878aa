import { afterEach, expect, test } from "vitest";
import type { Task } from "../../src/domain/task.ts";
import { meddlingZooKeeper } from "../support/meddling_zookeeper.ts";
import { claimer, holderOf, join, PERSON, taskTeam } from "../support/task_team.ts";
import { useClient, useTaskTeam } from "../support/live.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const tom = claimer("tom");
const jerry = claimer("jerry");

describeWithZooKeeper(
  "a step between whose reading and whose commit somebody else acts",
  (server) => {
    const zk = useClient(server);
    const team = useTaskTeam(server, zk, tom, jerry);
    afterEach(async () => expect(await team.queue.audit()).toMatchObject({ findings: [] }));

    /** The same team, to one that is meddled with before it changes a record. */
    const meddled = (meddle: () => Promise<unknown>) =>
      taskTeam(meddlingZooKeeper(zk, "/tasks/records/", meddle), team.store.tree.root);
    const push = (spec = {}) => team.queue.push({ title: "A task", ...spec }, PERSON);
    const claim = async (who = tom): Promise<Task> => {
      const task = await team.queue.claim(who);
      if (task === null) throw new Error("Nothing to claim");
      return task;
    };

    test("completes a task that somebody begins to wait for: the dependent is told", async () => {
      const first = await push();
      const held = await claim();
      let second: Task | undefined;
      const { queue } = meddled(async () => second = await push({ depends_on: [first.id] }));
      await queue.complete(held.id, holderOf(tom, held), { result: "" });
      expect(second?.waiting_on).toEqual([first.id]);
      expect((await claim()).id).toBe(second?.id);
    });

    test("pushes a dependent of a task that ends: it need not wait", async () => {
      const first = await push();
      const held = await claim();
      const { queue } = meddled(() =>
        team.queue.complete(held.id, holderOf(tom, held), { result: "" })
      );
      expect((await queue.push({ title: "b", depends_on: [first.id] }, PERSON)).waiting_on).toEqual(
        [],
      );
    });

    test("unblocks a task whose dependency ends: it need not wait", async () => {
      const first = await push();
      const second = await push({ depends_on: [first.id] });
      const held = await claim();
      await team.queue.cancel(held.id, PERSON, "wrong", { force: true });
      expect((await team.queue.get(second.id)).status).toBe("blocked");
      // A dependency that was cancelled stays so; one that failed for good may be retried and end.
      const third = await push({ max_retries: 0 });
      const fourth = await push({ depends_on: [third.id] });
      const failing = await claim();
      await team.queue.fail(failing.id, holderOf(tom, failing), "no");
      await team.queue.retry(third.id, PERSON, { reset: true });
      const again = await claim();
      const { queue } = meddled(() =>
        team.queue.complete(again.id, holderOf(tom, again), { result: "" })
      );
      expect((await queue.unblock(fourth.id, PERSON)).waiting_on).toEqual([]);
    });

    test("keeps what the other step wrote, though it moved nothing", async () => {
      await push();
      const old = await claim();
      await team.queue.release(old.id, { by: jerry, force: true });
      const held = await claim(jerry);
      const { queue } = meddled(() =>
        team.queue.complete(old.id, holderOf(tom, old), { result: "late" }).catch(() => {})
      );
      const done = await queue.complete(held.id, holderOf(jerry, held), { result: "right" });
      expect(done).toMatchObject({ result: "right", late_reports: [{ text: "late" }] });
    });

    test("claims what another claims: it takes the next one, and tokens are versions", async () => {
      const [first, second] = [await push(), await push()];
      const { queue } = meddled(() => team.queue.claim(jerry, { taskId: first.id }));
      const task = await queue.claim(tom);
      expect(task?.id).toBe(second.id);
      expect(queue.statistics).toEqual({ claims: 1, tries: 2 });
      const { stat } = await zk.getData(team.store.recordPath(second.id));
      expect(task?.claim?.token).toBe(stat.version);
    });

    test("claims while its own membership ends: refused, and nothing is held", async () => {
      await push();
      const { queue } = meddled(() => zk.delete(team.store.tree.path("instances", tom.id)));
      await expect(queue.claim(tom)).rejects.toMatchObject({ code: "MEMBER_NOT_FOUND" });
      expect(await team.queue.counts()).toMatchObject({ pending: 1, claimed: 0 });
    });

    test("completes a task that is recovered and claimed again: refused by its token", async () => {
      await push();
      const held = await claim();
      const { queue } = meddled(async () => {
        await team.queue.release(held.id, { by: jerry, force: true });
        await team.queue.claim(tom);
      });
      await expect(queue.complete(held.id, holderOf(tom, held), { result: "" })).rejects
        .toMatchObject({
          code: "CLAIM_LOST",
        });
      expect((await team.queue.get(held.id)).status).toBe("claimed");
    });

    test("recovers a task whose owner renews its lease: the renewal wins", async () => {
      const lessee = claimer("lessee");
      await join(team, lessee, 1);
      await push();
      const held = await claim(lessee);
      const path = team.store.tree.path("instances", lessee.id);
      const member = JSON.parse(new TextDecoder().decode((await zk.getData(path)).data));
      const renewed = new TextEncoder().encode(JSON.stringify({ ...member, lease_ms: 60_000 }));
      const { recovery } = meddled(() => zk.setData(path, renewed));
      expect(await recovery.recoverOrphans({ graceMs: 20 })).toEqual([]);
      expect((await team.queue.get(held.id)).status).toBe("claimed");
    });

    test("tells dependents that another tells at the same time: each once", async () => {
      const first = await push();
      for (let count = 0; count < 5; count++) await push({ depends_on: [first.id] });
      const held = await claim();
      let others: Promise<unknown> = Promise.resolve();
      const waker = meddlingZooKeeper(zk, "/tasks/dependents/", () => {
        others = team.queue.claim(jerry);
        return others;
      });
      await taskTeam(waker, team.store.tree.root).queue.complete(held.id, holderOf(tom, held), {
        result: "",
      });
      await others;
      const events = await team.journal.read();
      expect(events.filter(({ type }) => type === "task_woken")).toHaveLength(5);
    });
  },
);
