import { afterEach, beforeEach, expect, test } from "vitest";
import type { Decision } from "../../src/domain/decision.ts";
import type { ChainId } from "../../src/domain/ids.ts";
import { answer, ChainTeam, COST, LEADER, planOf, TERMS, WORKER } from "../support/chain_team.ts";
import { hookedZooKeeper } from "../support/hooked_zookeeper.ts";
import { useClient } from "../support/live.ts";
import { meddlingZooKeeper } from "../support/meddling_zookeeper.ts";
import { wakeDependents } from "../../src/coordination/tasks/wake.ts";
import { holderOf, PERSON, taskTeam } from "../support/task_team.ts";
import { teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const ask = answer("feedback", { next_action: "ask_for_help", guidance: "Which port?" });

describeWithZooKeeper(
  "a step of a chain between whose reading and whose commit somebody else acts",
  (server) => {
    const zk = useClient(server);
    let it: ChainTeam;
    beforeEach(async () => {
      it = await new ChainTeam(teamOn(zk, await server.freshRoot())).join();
    });
    afterEach(async () => {
      expect(await it.team.tasks.audit()).toMatchObject({ findings: [], corrupt: [] });
    });

    /** The same team to a Leader that is meddled with before it changes a chain. */
    const meddled = (meddle: () => Promise<unknown>, part = "/chains/records/") =>
      new ChainTeam(teamOn(meddlingZooKeeper(zk, part, meddle), it.team.tree.root));
    const count = async (type: string) =>
      (await it.team.journal.read()).filter((event) => event.type === type).length;

    /** The chain at its last link, handed in. */
    async function atLastLink(): Promise<ChainId> {
      const { id } = await it.openedChain();
      for (let link = 0; link < 3; link++) await it.judge(await it.work(id), answer("pass"));
      await it.work(id);
      return id;
    }

    test.each<[string, Decision, number, string]>([
      ["passes the last link", answer("pass"), 4, "chain_completed"],
      ["sends a link back", answer("reject"), 1, "chain_round"],
      ["asks for help", ask, 1, "chain_waiting"],
    ])(
      "%s while another carries out the same: it is done once",
      async (_, decision, times, type) => {
        const id = await atLastLink();
        const report = await it.report(id);
        await it.team.chains.storeAnswer(report, {
          answer: decision,
          problem: null,
          spent: COST,
          epoch: 1,
        }, LEADER);
        const one = meddled(() => it.carryOut(report, decision));
        const after = await one.carryOut(report, decision);
        expect(after).toEqual(await it.team.chains.get(id));
        expect(await count(type)).toBe(1);
        expect(await count("task_passed")).toBe(times === 4 ? 4 : 3);
        const { messages } = await it.team.inbox.poll(WORKER.id);
        expect(messages).toHaveLength(decision.decision === "pass" ? 0 : 1);
      },
    );

    test("keeps an answer while another keeps one: the first counts, and is paid for once", async () => {
      const { id } = await it.openedChain();
      const report = await it.work(id);
      const given = { problem: null, spent: COST, epoch: 1 };
      const store = (one: ChainTeam, decision: Decision) =>
        one.team.chains.storeAnswer(report, { ...given, answer: decision }, LEADER);
      const one = meddled(() => store(it, answer("pass")));
      expect((await store(one, answer("feedback"))).answer?.decision).toBe("pass");
      expect((await it.team.chains.get(id)).spent).toEqual(COST);
    });

    test("advances a chain that is cancelled: nothing begins", async () => {
      const { id } = await it.openedChain();
      const report = await it.work(id);
      await it.team.chains.storeAnswer(report, {
        answer: answer("pass"),
        problem: null,
        spent: COST,
        epoch: 1,
      }, LEADER);
      const one = meddled(() => it.team.chains.end(id, "cancelled", "Not wanted", PERSON));
      expect((await one.carryOut(report, answer("pass"))).status).toBe("cancelled");
      expect(await it.team.tasks.claim(WORKER)).toBeNull();
    });

    test("sends a link back that a person unblocks: the person's step counts", async () => {
      const { id } = await it.openedChain();
      const task = await it.claim(id);
      await it.team.tasks.block(task.id, holderOf(WORKER, task), "Which port?");
      const report = await it.report(id);
      const one = meddled(() => it.team.tasks.unblock(task.id, PERSON), "/tasks/records/");
      expect(await one.judge(report, answer("feedback"))).toMatchObject({ round: 1 });
      expect((await it.team.tasks.get(task.id)).guidance).toEqual([]);
    });

    test("takes an answer while the time for it is over: the end counts", async () => {
      const { id } = await it.openedChain();
      await it.judge(await it.work(id), ask);
      const message = await it.asked(id);
      const one = meddled(() => it.team.chains.endWaiting(id, message, LEADER));
      const after = await one.team.chains.answerHelp(id, message, "8080", TERMS, LEADER);
      expect(after).toMatchObject({ status: "failed" });
    });

    test("opens chains of a requirement that is cancelled: no further one is opened", async () => {
      const { requirements } = it.team;
      const { id } = await requirements.submit({ content: "x" }, PERSON);
      await requirements.storePlan(id, planOf({}, {}), COST, LEADER);
      const one = meddled(() => requirements.end(id, "cancelled", "Not wanted", PERSON));
      const opening = one.team.requirements.pushChains(id, () => Promise.resolve(TERMS), LEADER);
      expect(await opening).toMatchObject({ status: "cancelled", chains: [] });
      expect(await it.team.chains.list()).toEqual([]);
    });

    test("gives a chain up whose link is handed in: it is refused, not cancelled", async () => {
      const { id } = await it.openedChain();
      const task = await it.claim(id);
      const one = meddled(
        () => it.team.tasks.complete(task.id, holderOf(WORKER, task), { result: "done" }),
        "/tasks/records/",
      );
      await one.team.chains.end(id, "failed", "Too late", LEADER);
      expect(await it.team.tasks.get(task.id)).toMatchObject({
        status: "failed",
        judgement: "refused",
        result: "done",
      });
    });

    test("passes a link that somebody begins to wait for: the dependent is told", async () => {
      const { id } = await it.openedChain();
      for (let link = 0; link < 3; link++) await it.judge(await it.work(id), answer("pass"));
      const report = await it.work(id);
      const depends_on = [report.task.id];
      const one = meddled(() => it.team.tasks.push({ title: "after", depends_on }, PERSON));
      await one.judge(report, answer("pass"));
      const after = await it.team.tasks.claim(WORKER);
      expect(after).toMatchObject({ title: "after", waiting_on: [] });
    });

    test("tells late of a link that is done again by then: nobody begins too early", async () => {
      const { id } = await it.openedChain();
      const [build, verify] = [await it.task(id, "build"), await it.task(id, "verify")];
      await it.judge(await it.work(id), answer("pass"));
      const review = await it.work(id);
      // As if the passing of `build` had left its note: whoever finds one goes and tells.
      const note = it.team.tree.path("tasks", "wake", build.id);
      await zk.create(note, new Uint8Array());
      let isSentBack = false;
      const late = hookedZooKeeper(zk, "getChildren", async () => {
        // After the waker has read that `build` was passed, before it reads who waits for it.
        if (isSentBack) return;
        isSentBack = true;
        await it.judge(review, answer("reject"));
      });

      await wakeDependents(taskTeam(late, it.team.tree.root).store, build.id);
      expect(isSentBack).toBe(true);
      expect(await it.team.tasks.get(verify.id)).toMatchObject({
        status: "pending",
        waiting_on: [build.id],
      });
      expect(await zk.exists(note)).toBeNull();
      expect((await it.finish(id)).status).toBe("completed");
    });
  },
);
