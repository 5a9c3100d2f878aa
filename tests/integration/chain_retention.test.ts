import { beforeEach, describe, expect, test } from "vitest";
import { idOf } from "../../src/domain/ids.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { answer, ChainTeam, LEADER, planOf, WORKER } from "../support/chain_team.ts";
import { useClient } from "../support/live.ts";
import { meddlingZooKeeper } from "../support/meddling_zookeeper.ts";
import { connectTo, holderOf, PERSON } from "../support/task_team.ts";
import { profile, teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const DAY_MS = 86_400_000;
const ALL = { olderThanMs: 0, limit: 100 };

describeWithZooKeeper("retention", (server) => {
  const zk = useClient(server);
  let it: ChainTeam;
  let root: string;
  beforeEach(async () => {
    root = await server.freshRoot();
    it = await new ChainTeam(teamOn(zk, root)).join();
  });

  /** The same team two days later, by its own clock. */
  const later = () => {
    const now = () => systemClock.now() + 2 * DAY_MS;
    return teamOn(zk, root, { clock: { ...systemClock, now } });
  };
  const names = async (...path: string[]) =>
    await it.team.tree.children(it.team.tree.path(...path));
  const removed = (count: number) => ({ removed: count, more: false });

  describe("of chains and requirements", () => {
    test("removes what was over long ago, tasks, chains, then requirements, and nothing else", async () => {
      const first = await it.openedChain();
      await it.judge(await it.work(first.id), answer("feedback"));
      await it.finish(first.id);
      const failed = await it.openedChain();
      await it.work(failed.id);
      await it.team.chains.end(failed.id, "failed", "Too hard", LEADER);
      const open = await it.openedChain();
      await it.judge(await it.work(open.id), answer("pass"));

      for (const sweep of ["sweepChains", "sweepRequirements"] as const) {
        expect(await it.team[sweep](ALL), "today").toEqual(removed(0));
      }
      const team = later();
      expect(await team.sweepRequirements(ALL), "its chains are there").toEqual(removed(0));
      expect(await team.sweepChains(ALL), "its tasks are there").toEqual(removed(1));
      expect(await team.tasks.sweepFinished(ALL)).toEqual(removed(4));
      expect(await team.sweepChains({ ...ALL, limit: 1 })).toMatchObject({ removed: 1 });
      expect(await team.sweepRequirements(ALL)).toEqual(removed(2));

      expect(await names("chains", "records")).toEqual([open.id]);
      expect(await names("chains", "decisions")).toEqual([open.id]);
      expect(await names("chains", "closed")).toEqual([]);
      expect(await names("requirements", "records")).toEqual([open.requirement_id]);
      expect((await names("tasks", "records")).length).toBe(4);
      expect(await it.team.tasks.audit()).toMatchObject({ findings: [], corrupt: [] });
      expect((await it.finish(open.id)).status).toBe("completed");
      expect((await it.team.chains.list()).map(({ id }) => id)).toEqual([open.id]);
    });

    test("keeps closed chains while their requirement is open, and marks with their requirement", async () => {
      const { requirements } = it.team;
      const messageId = idOf("msg", 5);
      const submitted = await requirements.submit({ content: "x", messageId }, PERSON);
      await requirements.end(submitted.id, "cancelled", "Not wanted", PERSON);
      const { chains } = await it.opened(planOf({}, {}));
      const [one, other] = chains;
      if (one === undefined || other === undefined) throw new Error("No chains");
      await it.team.chains.end(one, "failed", "Too hard", LEADER);
      const team = later();
      await team.tasks.sweepFinished(ALL);
      expect(await team.sweepChains(ALL)).toEqual(removed(0));
      expect(await names("requirements", "of_message")).toEqual([messageId]);
      expect(await team.sweepRequirements(ALL)).toEqual(removed(1));
      expect(await names("requirements", "of_message")).toEqual([]);
      expect((await it.finish(other)).status).toBe("completed");
      expect((await requirements.list()).map(({ status }) => status)).toEqual(["failed"]);
      expect(await it.team.tasks.audit()).toMatchObject({ findings: [], corrupt: [] });
    });

    test("keeps a passed link as long as its chain is at work, however long ago that was", async () => {
      const { id } = await it.openedChain();
      await it.judge(await it.work(id), answer("pass"));
      expect(await later().tasks.sweepFinished(ALL)).toEqual(removed(0));
      expect((await it.finish(id)).status).toBe("completed");
    });

    test("keeps a chain of which somebody has taken a refused link up again", async () => {
      const { id } = await it.openedChain();
      const task = await it.claim(id);
      await it.team.tasks.fail(task.id, holderOf(WORKER, task), "no network");
      await it.team.chains.end(id, "failed", "Given up", LEADER);
      await it.team.tasks.retry(task.id, PERSON, { reset: true });
      const team = later();
      await team.tasks.sweepFinished(ALL);
      expect(await team.sweepChains(ALL)).toEqual(removed(0));
      expect((await it.team.tasks.get(task.id)).status).toBe("pending");
    });
  });

  test("is not carried out by a Leader whose term is over", async () => {
    const { id } = await it.openedChain();
    await it.finish(id);
    await it.team.members.unregister(WORKER.id);
    const path = it.team.tree.path("leader-epoch");
    await zk.create(path, new Uint8Array());
    const now = () => systemClock.now() + 2 * DAY_MS;
    const clock = { ...systemClock, now };
    const deposed = teamOn(zk, root, { clock, fence: { path, version: 7 } });
    const all = { olderThanMs: -DAY_MS, limit: 100 };
    const refused = { code: "DEPOSED" };
    await expect(deposed.tasks.sweepFinished(all)).rejects.toMatchObject(refused);
    await expect(deposed.sweepMembers(all)).rejects.toMatchObject(refused);
    await later().tasks.sweepFinished(ALL);
    await expect(deposed.sweepChains(all)).rejects.toMatchObject(refused);
    await later().sweepChains(ALL);
    await expect(deposed.sweepRequirements(all)).rejects.toMatchObject(refused);
    expect(await names("requirements", "records")).toEqual(["req-0000000001"]);
    expect(await names("messages")).toEqual(["leader", "worker"]);
  });

  describe("of members", () => {
    test("removes leases that ended long ago, and their inboxes as long after that", async () => {
      await it.team.members.register({ ...profile("brief"), leaseMs: 1 });
      await it.team.inbox.send({
        type: "direct",
        to: [profile("brief").id],
        from: { id: WORKER.id, name: "Worker" },
        content: "hello",
      });
      const soon = { olderThanMs: DAY_MS, limit: 100 };
      expect(await it.team.sweepMembers(soon)).toEqual(removed(0));
      // By the server's clock the lease has ended once another change has a later time.
      const past = { olderThanMs: -DAY_MS, limit: 1 };
      expect(await names("instances")).toContain("brief");
      const only = { olderThanMs: -2 * DAY_MS, limit: 1 };
      await it.team.members.unregister(LEADER.id);
      await it.team.members.unregister(WORKER.id);
      expect(await it.team.sweepMembers(past)).toMatchObject({ removed: 1 });
      expect(await names("instances")).toEqual([]);
      expect(await names("messages")).toContain("brief");
      const told = (await it.team.journal.read()).filter(({ by }) => by === "brief");
      expect(told.map(({ type, reason }) => [type, reason])).toEqual([
        ["member_joined", null],
        ["member_left", "its lease ended long ago"],
      ]);
      expect(await it.team.sweepMembers(only)).toEqual({ removed: 1, more: true });
      expect(await it.team.sweepMembers({ ...only, limit: 9 })).toEqual(removed(2));
      expect(await names("messages")).toEqual([]);
      await it.team.members.register(profile("brief"));
      expect((await it.team.inbox.poll(profile("brief").id)).messages).toEqual([]);
    });

    test("tells first of a member that died without a word, and keeps its inbox from then on", async () => {
      const session = await connectTo(server.hosts);
      await teamOn(session, root).members.attach(profile("tom"), { isAlive: () => true });
      await it.team.inbox.send({
        type: "direct",
        to: [profile("tom").id],
        from: { id: WORKER.id, name: "Worker" },
        content: "hello",
      });
      const sweep = { olderThanMs: -DAY_MS, limit: 100 };
      const left = async () =>
        (await it.team.journal.read()).filter(({ type, by }) =>
          type === "member_left" && by === "tom"
        )
          .length;
      const keepOthers = { olderThanMs: DAY_MS, limit: 100 };
      await it.team.sweepMembers(keepOthers);
      expect(await left(), "it is here").toBe(0);
      await session.close();
      await it.team.sweepMembers(keepOthers);
      await it.team.sweepMembers(keepOthers);
      expect(await left()).toBe(1);
      expect((await it.team.inbox.poll(profile("tom").id)).messages).toHaveLength(1);
      expect(await it.team.sweepMembers(sweep)).toMatchObject({ removed: expect.any(Number) });
      expect(await names("messages")).not.toContain("tom");
    });

    test("leaves who comes back in the middle, and what it is sent", async () => {
      await it.team.inbox.send({
        type: "direct",
        to: [WORKER.id],
        from: { id: LEADER.id, name: "Leader" },
        content: "hello",
      });
      await it.team.members.unregister(WORKER.id);
      const back = meddlingZooKeeper(
        zk,
        "/messages/worker",
        () => it.team.members.register(profile("worker")),
      );
      const sweep = { olderThanMs: -DAY_MS, limit: 100 };
      await teamOn(back, root).sweepMembers(sweep);
      expect(await names("messages", "worker")).toEqual(["dead", "new", "processing", "read"]);
      expect((await it.team.inbox.poll(WORKER.id)).messages).toMatchObject([{ content: "hello" }]);
      expect((await it.team.members.find("worker")).liveness).toBe("online");
    });
  });
});
