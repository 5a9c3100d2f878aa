import { expect, test } from "vitest";
import { GRACE_MS } from "../../src/coordination/recovery.ts";
import type { Task } from "../../src/domain/task.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";
import { claimer, connectTo, holderOf, join, PERSON, taskTeam } from "../support/task_team.ts";
import { meddlingZooKeeper } from "../support/meddling_zookeeper.ts";
import { profile, teamOn } from "../support/team_on.ts";
import { useClient, useTaskTeam } from "../support/live.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

/** ms: two ticks of the test's server at least. */
const SESSION_MS = 1_000;
/** ms; what a recovery may be late by on a busy machine. */
const SLACK_MS = 10_000;

const tom = claimer("tom");
const jerry = claimer("jerry");

describeWithZooKeeper("recovery", (server) => {
  const zk = useClient(server);
  const team = useTaskTeam(server, zk, jerry);

  /** Tom, on a session of his own, with a task in hand. */
  async function tomWithTask(specs = {}): Promise<{ tomsZk: ZooKeeper; task: Task }> {
    const tomsZk = await connectTo(server.hosts, { sessionTimeoutMs: SESSION_MS });
    const toms = taskTeam(tomsZk, team.store.tree.root);
    await join(toms, tom);
    await team.queue.push({ title: "A task", ...specs }, PERSON);
    const task = await toms.queue.claim(tom);
    if (task === null) throw new Error("Nothing to claim");
    return { tomsZk, task };
  }

  test("brings a dead owner's task to a claimer who waits, within the grace period and a second", async () => {
    const { tomsZk, task } = await tomWithTask();
    const waiting = team.queue.waitForWork(jerry, {}, AbortSignal.timeout(80_000));
    await tomsZk.close();
    const died = performance.now();
    expect(await waiting).toMatchObject({ id: task.id, retry_count: 1, claimed_by: "jerry" });
    expect(performance.now() - died).toBeLessThan(GRACE_MS + 1_000 + SLACK_MS);
    expect(await team.queue.audit()).toMatchObject({ findings: [] });
  });

  test("is done by whoever claims next, though nobody waited and there is other work", async () => {
    const { tomsZk, task } = await tomWithTask();
    await team.queue.push({ title: "other" }, PERSON);
    await tomsZk.close();
    const passerBy = taskTeam(zk, team.store.tree.root);
    expect((await passerBy.queue.claim(jerry))?.title).toBe("other");
    expect(await team.queue.get(task.id)).toMatchObject({ status: "pending", retry_count: 1 });
  });

  test("counts as a retry, and past the limit fails the task and tells its dependents", async () => {
    const { tomsZk, task } = await tomWithTask({ max_retries: 0 });
    const second = await team.queue.push({ title: "second", depends_on: [task.id] }, PERSON);
    await tomsZk.close();
    expect(await team.recovery.recoverOrphans({ graceMs: 0 })).toHaveLength(1);
    expect(await team.queue.get(task.id)).toMatchObject({
      status: "failed",
      fail_reason: "owner tom is gone, and it was retried 0 times",
    });
    expect((await team.queue.get(second.id)).status).toBe("blocked");
    expect(await team.queue.audit()).toMatchObject({ findings: [] });
  });

  test("leaves an owner alone that comes back within the grace period", async () => {
    const { tomsZk, task } = await tomWithTask();
    await tomsZk.close();
    const recovering = team.recovery.recoverOrphans({ graceMs: 400 });
    await join(team, tom);
    expect(await recovering).toEqual([]);
    expect((await team.queue.complete(task.id, holderOf(tom, task), { result: "" })).status).toBe(
      "completed",
    );
  });

  test("done by ten at once takes each task once", async () => {
    const { tomsZk } = await tomWithTask();
    for (let count = 0; count < 9; count++) {
      await team.queue.push({ title: "more" }, PERSON);
      await team.queue.claim(tom);
    }
    await tomsZk.close();
    const recoveries = await Promise.all(
      Array.from(
        { length: 10 },
        () => taskTeam(zk, team.store.tree.root).recovery.recoverOrphans({ graceMs: 0 }),
      ),
    );
    expect(recoveries.flat()).toHaveLength(10);
    const { tasks } = await team.queue.list();
    expect(tasks.map(({ retry_count }) => retry_count)).toEqual(Array(10).fill(1));
  });

  test("tells the journal once who left without a word, each time that it happens", async () => {
    const root = await server.freshRoot();
    const here = teamOn(zk, root);
    const alive = { isAlive: () => true };
    const told = async () =>
      (await here.journal.read()).filter(({ type }) => type.startsWith("member_"))
        .map(({ type, by }) => `${type} ${by}`);
    for (let life = 1; life <= 2; life++) {
      const tomsZk = await connectTo(server.hosts);
      const toms = teamOn(tomsZk, root);
      await toms.members.attach(profile("tom"), alive);
      for (let count = 0; count < 3; count++) {
        await here.tasks.push({ title: "A task", max_retries: 9 }, PERSON);
        await toms.tasks.claim(claimer("tom", "builder"));
      }
      await tomsZk.close();
      const ten = Array.from({ length: 10 }, () => teamOn(zk, root).recovery);
      await Promise.all(ten.map((recovery) => recovery.recoverOrphans({ graceMs: 0 })));
      await Promise.all(ten.map((recovery) => recovery.recoverInstance(tom.id)));
      expect(await told()).toEqual(
        Array(life).fill(["member_joined tom", "member_left tom"]).flat(),
      );
    }
    const [left] = (await here.journal.read()).filter(({ type }) => type === "member_left");
    expect(left).toMatchObject({ by_name: "tom", reason: "its session ended" });
    expect(await here.members.list()).toEqual([]);
    const polite = await here.members.attach(profile("tom"), alive);
    await polite.leave();
    await here.recovery.recoverInstance(tom.id);
    expect((await told()).slice(4)).toEqual(["member_joined tom", "member_left tom"]);
  });

  test("does not tell that a member left which is back by then", async () => {
    const root = await server.freshRoot();
    const alive = { isAlive: () => true };
    const here = teamOn(zk, root);
    await (await teamOn(zk, root).members.attach(profile("tom"), alive)).leave();
    const before = await connectTo(server.hosts);
    await teamOn(before, root).members.attach(profile("tom"), alive);
    await before.close();
    const meddled = meddlingZooKeeper(
      zk,
      "/instances/tom",
      () => here.members.attach(profile("tom"), alive),
    );
    await teamOn(meddled, root).recovery.recoverInstance(tom.id);
    expect((await here.journal.read()).map(({ type }) => type)).toEqual([
      "member_joined",
      "member_left",
      "member_joined",
      "member_joined",
    ]);
    expect((await here.members.list()).map(({ liveness }) => liveness)).toEqual(["online"]);
  });

  test("takes the work of a leased member once its lease has passed by the server's clock", async () => {
    await join(team, tom, 700);
    await team.queue.push({ title: "A task" }, PERSON);
    const task = await team.queue.claim(tom);
    expect(task).not.toBeNull();
    expect(await team.recovery.recoverOrphans({ graceMs: 0 })).toEqual([]);
    const path = team.store.tree.path("instances", tom.id);
    const stat = await zk.exists(path);
    const stamp = async () =>
      (await zk.setData(team.store.tree.path("clock"), new Uint8Array())).mtime;
    // The server's clock, and nobody else's, says when the lease has passed.
    while (await stamp() < (stat?.mtime ?? 0) + 700) {
      await new Promise((resume) => setTimeout(resume, 50));
    }
    const late = taskTeam(zk, team.store.tree.root);
    expect(await late.recovery.recoverOrphans({ graceMs: 0 })).toHaveLength(1);
  });
});
