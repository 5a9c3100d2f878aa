import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Term } from "../../src/coordination/election.ts";
import { Ledger } from "../../src/coordination/ledger.ts";
import type { Team } from "../../src/coordination/team.ts";
import { Tree } from "../../src/coordination/tree.ts";
import type { Claimer } from "../../src/coordination/task_queue.ts";
import type { Task } from "../../src/domain/task.ts";
import { Decomposition } from "../../src/domain/decomposition.ts";
import { NOTHING_SPENT } from "../../src/domain/spent.ts";
import { InstanceId, MessageId, TaskId } from "../../src/domain/ids.ts";
import { MultiError } from "../../src/zookeeper/errors.ts";
import {
  aborted,
  type CandidateProcess,
  Candidates,
  SESSION_MS,
  until,
} from "../support/candidates.ts";
import { useClient } from "../support/live.ts";
import { claimer, holderOf, PERSON } from "../support/task_team.ts";
import { profile, teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const jerry = InstanceId.parse("jerry");
const USED = { ...NOTHING_SPENT, runs: 1 };
const DAY_MS = 86_400_000;
const TERMS = { role: null, assignee: null, budget_usd: null, budget_tokens: null };

/** A decomposition into so many chains without a plan link. */
function planOf(chains: number): Decomposition {
  const link = { title: "A link", description: "What to do", criteria: "It is done" };
  const one = {
    title: "A chain",
    links: { build: link, verify: link, review: link, accept: link },
  };
  return Decomposition.parse({ chains: Array.from({ length: chains }, () => one) });
}

describeWithZooKeeper("a term", (server) => {
  const zk = useClient(server);
  let root: string;
  let team: Team;
  let candidates: Candidates;
  beforeEach(async () => {
    root = await server.freshRoot();
    team = teamOn(zk, root);
    candidates = new Candidates(server, root);
  });
  afterEach(() => candidates.closeAll());

  /** Every node below the root, with what is in it; without the clock, which holds nothing. */
  async function everything(path = root): Promise<Record<string, string>> {
    const { data, stat } = await zk.getData(path);
    const { children } = await zk.getChildren(path);
    const below = await Promise.all(children.map((name) => everything(`${path}/${name}`)));
    const here = { [path]: `${stat.version} ${new TextDecoder().decode(data)}` };
    const all: Record<string, string> = Object.assign(here, ...below);
    delete all[`${root}/clock`];
    return all;
  }

  /** A Leader that is frozen until another one has taken over, and has woken again. */
  async function overslept(): Promise<{ tom: CandidateProcess; old: Term; current: Term }> {
    const tom = await candidates.open("tom");
    const old = await tom.campaign();
    tom.proxy.blackhole(true);
    const current = await (await candidates.open("spike")).campaign({ standby: true });
    tom.proxy.blackhole(false);
    await until(() => tom.zk.state === "connected");
    return { tom, old, current };
  }

  /** Each is refused, and changes nothing. */
  async function refuseAll(writes: Record<string, () => Promise<unknown>>): Promise<void> {
    const before = await everything();
    for (const [what, write] of Object.entries(writes)) {
      await expect(write(), what).rejects.toMatchObject({ code: "DEPOSED" });
      expect(await everything(), what).toEqual(before);
    }
  }

  describe("of a Leader that slept through its succession", () => {
    test("changes nothing more, whatever it tries to write", async () => {
      await team.members.register(profile("jerry"));
      await team.members.register(profile("ghost"));
      const pushed = await team.tasks.pushMany(
        ["pending", "failed", "blocked", "held", "done"].map((title) => ({ title })),
        PERSON,
      );
      const [pending = "", failed = "", blocked = "", held = "", done = ""] = pushed.map((task) =>
        task.id
      );
      const id = (text: string) => TaskId.parse(text);
      const worker = claimer("jerry");
      const claim = async (who: Claimer, taskId: TaskId): Promise<Task> => {
        const task = await team.tasks.claim(who, { taskId });
        if (task === null) throw new Error("Nothing to claim");
        return task;
      };
      for (const each of [failed, blocked, done]) {
        const holder = holderOf(worker, await claim(worker, id(each)));
        await team.tasks.start(id(each), holder);
        if (each === failed) await team.tasks.fail(id(each), holder, "broken");
        else if (each === blocked) await team.tasks.block(id(each), holder, "waits");
        else await team.tasks.complete(id(each), holder, { result: "" });
      }
      await claim(claimer("ghost"), id(held));
      const from = { id: "" as const, name: "Tester" };
      const sent = await team.inbox.send({ type: "direct", to: [jerry], from, content: "Hi" });
      await team.inbox.markRead(jerry, sent.id);
      await team.context.set("key", "value", PERSON);
      await team.pause.pause(Date.now() + DAY_MS, "limit", PERSON);
      const { tom, old } = await overslept();
      await zk.delete(`${root}/instances/ghost`);
      const leader = tom.team(old);
      const by = { id: old.record.instance_id, name: "tom" };
      const all = { olderThanMs: -2 * DAY_MS, limit: 100 };
      await refuseAll({
        push: () => leader.tasks.push({ title: "new" }, by),
        retry: () => leader.tasks.retry(id(failed), by, {}),
        unblock: () => leader.tasks.unblock(id(blocked), by),
        release: () => leader.tasks.release(id(held), { by, force: true }, "for the test"),
        cancel: () => leader.tasks.cancel(id(pending), by, "for the test"),
        send: () => leader.inbox.send({ type: "direct", to: [jerry], from, content: "Hi" }),
        "send to everyone": () =>
          leader.inbox.send({ type: "broadcast", to: "everyone", from, content: "Hi" }),
        dismiss: () => leader.inbox.dismiss(jerry, MessageId.parse(sent.id)),
        "context set": () => leader.context.set("key", "other", by),
        "context delete": () => leader.context.delete("key", by),
        pause: () => leader.pause.pause(Date.now() + 2 * DAY_MS, "limit", by),
        resume: () => leader.pause.resume(by),
        recover: () => leader.recovery.recoverOrphans({ by, graceMs: 0 }),
        unregister: () => leader.members.unregister(jerry),
        "sweep finished tasks": () => leader.tasks.sweepFinished(all),
        "sweep messages": () => leader.sweepReadMessages(all),
      });
      expect((await team.journal.read()).at(-1)).toMatchObject({ type: "leader_elected" });
    });

    test("decomposes, decides and carries out nothing more", async () => {
      const planned = async (chains: number) => {
        const { id } = await team.requirements.submit({ content: "Something" }, PERSON);
        return chains === 0
          ? id
          : (await team.requirements.storePlan(id, planOf(chains), NOTHING_SPENT, PERSON)).id;
      };
      await team.members.register(profile("jerry"));
      const submitted = await planned(0);
      const toPush = await planned(1);
      await team.requirements.pushChains(await planned(3), () => Promise.resolve(TERMS), PERSON);
      const worker = claimer("jerry", "general");
      for (const _ of ["asked about", "decided"]) {
        const task = await team.tasks.claim(worker);
        if (task === null) throw new Error("Nothing to claim");
        await team.tasks.start(task.id, holderOf(worker, task));
        await team.tasks.complete(task.id, holderOf(worker, task), { result: "done" });
      }
      const [asked, decided] = await team.chains.awaiting();
      if (asked === undefined || decided === undefined) throw new Error("Nothing is handed in");
      const answer = { answer: null, problem: "none", spent: NOTHING_SPENT, epoch: 1 };
      await team.chains.storeAnswer(decided, answer, PERSON);
      const open = (await team.chains.open()).map(({ id }) => id);
      const other = open.find((id) => id !== asked.chainId && id !== decided.chainId);
      if (other === undefined) throw new Error("No chain is left");
      const [first] = await team.chains.tasks(await team.chains.get(other));
      if (first === undefined) throw new Error("The chain has no tasks");
      const { tom, old } = await overslept();
      const { requirements, chains, announce } = tom.team(old);
      const by = { id: old.record.instance_id, name: "tom" };
      const course = { kind: "advance" as const, to: "verify" as const, reason: "good" };
      await refuseAll({
        submit: () => requirements.submit({ content: "Something" }, by),
        "store a plan": () => requirements.storePlan(submitted, planOf(1), NOTHING_SPENT, by),
        "open chains": () => requirements.pushChains(toPush, () => Promise.resolve(TERMS), by),
        "give up a requirement": () => requirements.end(submitted, "failed", "for the test", by),
        "bill a question": () => chains.billQuestion(asked, { question: "q", spent: USED }, by),
        "store an answer": () => chains.storeAnswer(asked, answer, by),
        "carry out": () => chains.carryOut(decided, { course, terms: TERMS, helpMs: 1 }, by),
        "give up a chain": () => chains.end(other, "cancelled", "for the test", by),
        reassign: () => chains.reassign(first.id, { ...TERMS, role: "tester" }, "for the test", by),
        announce: () => announce({ type: "answer_refused" }),
      });
    });

    test("removes nothing of the journal", async () => {
      for (let at = 0; at < 1_001; at++) await team.pause.pause(at, "fills a bucket", PERSON);
      const { tom, old } = await overslept();
      const before = await everything();
      await expect(tom.team(old).sweepJournal({ olderThanMs: -DAY_MS, limit: 100 })).rejects
        .toMatchObject({ code: "DEPOSED" });
      expect(await everything()).toEqual(before);
    });

    test("is over, by its signal, and its resignation takes nothing from the next", async () => {
      const { old, current } = await overslept();
      expect(await aborted(old.signal)).toMatchObject({ code: "SESSION_EXPIRED" });
      expect(old).toMatchObject({ end: "session_expired", mayAct: false });
      await expect(old.untilMayAct()).rejects.toMatchObject({ code: "SESSION_EXPIRED" });
      await old.resign();
      expect(await team.leaderRecord()).toEqual(current.record);
      expect(current).toMatchObject({ end: null, mayAct: true, epoch: 2, former: ["tom"] });
    });

    test("lets the process show itself on the team, and leave it, all the same", async () => {
      const { tom, old } = await overslept();
      const attachment = await tom.team(old).members.attach(profile("tom"), {
        isAlive: () => true,
      });
      expect((await team.members.list()).map(({ name }) => name)).toEqual(["tom"]);
      await attachment.leave();
      expect(await team.members.list()).toEqual([]);
    });
  });

  describe("while it lasts", () => {
    test("writes, and the index of a conflict is that of the caller's operations", async () => {
      const term = await (await candidates.open("tom")).campaign();
      const tree = new Tree(zk, root);
      const ledger = new Ledger(tree, term.fence);
      const results = await ledger.commit([
        { type: "create", path: tree.path("deep", "down", "here") },
        { type: "check", path: tree.path("deep"), version: 0 },
      ], { type: "context_set" });
      expect(results.map(({ type }) => type)).toEqual(["create", "check"]);
      const refused = ledger.commit([
        { type: "check", path: tree.path("deep") },
        { type: "create", path: tree.path("another", "place") },
        { type: "create", path: tree.path("deep", "down", "here") },
      ], { type: "context_set" });
      const error = await refused.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(MultiError);
      expect(error).toMatchObject({
        code: "NODE_EXISTS",
        index: 2,
        path: tree.path("deep", "down", "here"),
      });
      expect(await ledger.discard(tree.path("deep"))).toBe(false);
      expect(await ledger.discard(tree.path("deep", "down", "here"))).toBe(true);
    });

    test("is told what it would be told without a fence", async () => {
      const term = await (await candidates.open("tom")).campaign();
      const leader = teamOn(zk, root, { fence: term.fence });
      const { id } = await leader.tasks.push({ title: "A task" }, PERSON);
      // The ledger's own index says which operation failed: the check of the member.
      await expect(leader.tasks.claim(claimer("nobody"), { taskId: id })).rejects.toMatchObject({
        code: "MEMBER_NOT_FOUND",
      });
      await expect(leader.tasks.claim(claimer("nobody"))).rejects.toMatchObject({
        code: "MEMBER_NOT_FOUND",
      });
    });

    test("writes the first journal of a team, and goes on over the end of a bucket", async () => {
      const term = await (await candidates.open("tom")).campaign();
      const tree = new Tree(zk, root);
      const ledger = new Ledger(tree, term.fence);
      await Promise.all(
        Array.from({ length: 1_010 }, () => ledger.commit([], { type: "context_set" })),
      );
      expect((await team.journal.read({ limit: 3_000 })).length).toBe(1_011);
      expect(await tree.children(tree.path("journal"))).toContain("0000000001");
    });

    test("outlives a broken connection, within the session", async () => {
      const tom = await candidates.open("tom", { sessionTimeoutMs: 4_000 });
      const term = await tom.campaign();
      for (let count = 0; count < 3; count++) {
        tom.proxy.cut();
        await until(() => tom.zk.state === "suspended");
        await until(() => tom.zk.state === "connected");
        await tom.team(term).context.set("key", `after ${count}`, PERSON);
      }
      await term.untilMayAct();
      expect(term).toMatchObject({ end: null, mayAct: true, epoch: 1 });
      expect(await team.leaderRecord()).toEqual(term.record);
    });

    test("does not act after two thirds of the session without a sign, and acts again after one", async () => {
      const sessionTimeoutMs = 3_000;
      const tom = await candidates.open("tom", { sessionTimeoutMs });
      const term = await tom.campaign();
      tom.proxy.blackhole(true);
      const began = performance.now();
      expect(term.mayAct).toBe(true);
      let actedAt = 0;
      await until(() => {
        const at = performance.now() - began;
        if (!term.mayAct) return true;
        actedAt = at;
        return false;
      });
      const silent = performance.now() - began;
      // The last look was at most a sixth of the session before the silence.
      expect(silent).toBeGreaterThan(sessionTimeoutMs * 2 / 3 - sessionTimeoutMs / 6 - 100);
      expect(actedAt).toBeLessThan(sessionTimeoutMs * 2 / 3 + 100);
      tom.proxy.blackhole(false);
      await term.untilMayAct();
      expect(term).toMatchObject({ end: null, mayAct: true });
      expect(await team.leaderRecord()).toEqual(term.record);
    });

    test("does not act right after its process was stopped for as long, before anybody told it", async () => {
      const term = await (await candidates.open("tom", { sessionTimeoutMs: 1_500 })).campaign();
      const end = performance.now() + 1_000;
      while (performance.now() < end);
      expect(term.mayAct).toBe(false);
      await term.untilMayAct();
      expect(term).toMatchObject({ end: null, mayAct: true });
    });

    test.each([
      ["/leader is deleted", (path: string) => zk.delete(`${path}/leader`)],
      [
        "/leader-epoch is set",
        (path: string) => zk.setData(`${path}/leader-epoch`, new TextEncoder().encode(`{"v":1}`)),
      ],
      ["/leader-epoch is deleted", (path: string) => zk.delete(`${path}/leader-epoch`)],
    ])("ends when %s by hand, and a standby takes over", async (_, meddle) => {
      const tom = await candidates.open("tom");
      const first = await tom.campaign({ standby: true });
      const next = (await candidates.open("spike")).campaign({ standby: true });
      await until(async () => (await zk.getChildren(`${root}/election`)).children.length === 2);
      await meddle(root);
      expect(await aborted(first.signal)).toMatchObject({ code: "DEPOSED" });
      await next;
      expect(await team.leader()).toMatchObject({ id: "spike" });
    });

    test("is not disturbed by a /leader that somebody has written in", async () => {
      const tom = await candidates.open("tom");
      const term = await tom.campaign();
      await zk.setData(`${root}/leader`, new TextEncoder().encode("{"));
      await new Promise<void>((resolve) => setTimeout(resolve, SESSION_MS / 2));
      expect(term).toMatchObject({ end: null, mayAct: true });
      await term.resign();
      expect(await zk.exists(`${root}/leader`)).toBeNull();
    });
  });
});
