import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { idOf } from "../../src/domain/ids.ts";
import { addSpent } from "../../src/domain/spent.ts";
import { answer, ChainTeam, COST, LEADER, planOf, TERMS, WORKER } from "../support/chain_team.ts";
import { useClient } from "../support/live.ts";
import { holderOf, PERSON } from "../support/task_team.ts";
import { profile, teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

describeWithZooKeeper("chains", (server) => {
  const zk = useClient(server);
  let it: ChainTeam;
  beforeEach(async () => {
    it = await new ChainTeam(teamOn(zk, await server.freshRoot())).join();
  });
  afterEach(async () => {
    expect(await it.team.tasks.audit()).toMatchObject({ findings: [], corrupt: [] });
  });

  /** Types of the events, in order. */
  const told = async (prefix: string) =>
    (await it.team.journal.read()).map(({ type }) => type as string)
      .filter((type) => type.startsWith(prefix));

  describe("a requirement", () => {
    test("becomes chains, each link waiting for the one before", async () => {
      const requirement = await it.opened(planOf({ plan: true }, {}));
      expect(requirement).toMatchObject({ status: "open", spent: COST });
      const [first, second] = requirement.chains;
      expect(first && await it.links(first)).toEqual([
        "plan: pending awaited",
        "build: pending awaited waiting",
        "verify: pending awaited waiting",
        "review: pending awaited waiting",
        "accept: pending awaited waiting",
      ]);
      expect(second && (await it.team.chains.get(second)).links.map(({ link }) => link)).toEqual([
        "build",
        "verify",
        "review",
        "accept",
      ]);
      expect((await it.team.tasks.counts()).pending).toBe(9);
      expect(await told("chain_")).toEqual(["chain_opened", "chain_opened"]);
    });

    test("passes link after link to a closed chain, and is completed with it", async () => {
      const chain = await it.openedChain();
      const closed = await it.finish(chain.id);
      expect(closed).toMatchObject({ status: "completed", round: 1, help: null, reason: null });
      expect(closed.spent).toEqual(addSpent(COST, COST, COST, COST));
      expect(await it.links(chain.id)).toEqual([
        "build: completed passed",
        "verify: completed passed",
        "review: completed passed",
        "accept: completed passed",
      ]);
      expect((await it.task(chain.id, "build")).spent).toEqual(COST);
      expect((await it.team.requirements.list()).map(({ status }) => status)).toEqual([
        "completed",
      ]);
      expect(await it.team.chains.open()).toEqual([]);
      expect(await it.team.requirements.open()).toEqual([]);
      expect(await it.team.chains.awaiting()).toEqual([]);
      expect(await told("requirement_")).toEqual([
        "requirement_submitted",
        "requirement_planned",
        "requirement_completed",
      ]);
    });

    test("of one message is made once", async () => {
      const messageId = idOf("msg", 1);
      const given = { content: "A greeting", messageId };
      const [one, other] = await Promise.all([
        it.team.requirements.submit(given, PERSON),
        teamOn(zk, it.team.tree.root).requirements.submit(given, PERSON),
      ]);
      expect(other.id).toBe(one.id);
      expect(await it.team.requirements.list()).toHaveLength(1);
    });

    test.each([
      ["empty", { content: " \n" }, "INVALID_INPUT"],
      ["too many rounds", { content: "x", maxRounds: 21 }, "INVALID_INPUT"],
      ["no round", { content: "x", maxRounds: 0 }, "INVALID_INPUT"],
      ["a budget of nothing", { content: "x", budgetUsd: 0 }, "INVALID_INPUT"],
      ["half a token", { content: "x", budgetTokens: 0.5 }, "INVALID_INPUT"],
      ["too large", { content: "x".repeat(256 * 1024 + 1) }, "TOO_LARGE"],
      ["too large as JSON", { content: "\u0001".repeat(60_000) }, "TOO_LARGE"],
    ])("is refused: %s", async (_, given, code) => {
      await expect(it.team.requirements.submit(given, PERSON)).rejects.toMatchObject({ code });
    });

    test("is listed by pages, and by what became of it", async () => {
      for (let count = 0; count < 3; count++) await it.opened();
      const [first, second] = await it.team.requirements.list({ limit: 2 });
      const rest = await it.team.requirements.list({ after: second?.id });
      expect([first, second, ...rest].map((each) => each?.id)).toEqual([
        "req-0000000001",
        "req-0000000002",
        "req-0000000003",
      ]);
      const [chain] = first?.chains ?? [];
      if (chain === undefined) throw new Error("No chain");
      await it.finish(chain);
      const completed = await it.team.chains.list({ status: ["completed"] });
      expect(completed.map(({ id }) => id)).toEqual([chain]);
      expect(await it.team.chains.list({ after: chain, limit: 1 })).toMatchObject([{
        status: "open",
      }]);
      expect(await it.team.chains.list({ status: ["open", "waiting"] })).toHaveLength(2);
    });

    test("goes on where the opening of its chains broke off", async () => {
      const { requirements } = it.team;
      const { id } = await requirements.submit({ content: "x" }, PERSON);
      await requirements.storePlan(id, planOf({}, {}, {}), COST, LEADER);
      let opened = 0;
      const refuseThird = () => {
        if (++opened === 3) throw new Error("Killed");
        return Promise.resolve(TERMS);
      };
      await expect(requirements.pushChains(id, refuseThird, LEADER)).rejects.toThrow("Killed");
      const half = await requirements.get(id);
      expect(half).toMatchObject({ status: "planned" });
      expect(half.chains).toHaveLength(2);
      for (const chain of half.chains) await it.finish(chain);
      expect((await requirements.get(id)).status).toBe("planned");
      const whole = await requirements.pushChains(id, () => Promise.resolve(TERMS), LEADER);
      expect(whole.chains).toHaveLength(3);
      await it.finish(idOf("chain", 3));
      expect((await requirements.get(id)).status).toBe("completed");
    });
  });

  describe("a link that does not pass", () => {
    test("is done again with the guidance of a feedback, by whom the terms say", async () => {
      const { id } = await it.openedChain();
      const report = await it.work(id, "first");
      const after = await it.judge(report, answer("feedback"), {
        role: "builder",
        assignee: WORKER,
        budget_usd: 2,
        budget_tokens: 1000,
      });
      expect(after).toMatchObject({ status: "open", at: "build", round: 2 });
      expect(after.rounds).toMatchObject([{ round: 1, decision: "feedback", redo: "build" }]);
      const task = await it.claim(id);
      expect(task).toMatchObject({
        result: "first",
        role: "builder",
        assigned_to: WORKER.id,
        budget_usd: 2,
        budget_tokens: 1000,
        guidance: [{ text: "guidance of feedback", round: 1 }],
      });
      const { messages } = await it.team.inbox.poll(WORKER.id);
      expect(messages).toMatchObject([{
        type: "report",
        task_id: task.id,
        content: "feedback on build: guidance of feedback",
      }]);
      await it.team.tasks.complete(task.id, holderOf(WORKER, task), { result: "second" });
      expect(await it.report(id)).toMatchObject({ id: `${task.id}-2`, task: { reports: 2 } });
      expect(await it.judge(await it.report(id), answer("pass"))).toMatchObject({ at: "verify" });
    });

    test("sends an earlier link back: everything between waits again, what is later is untouched", async () => {
      const { id } = await it.openedChain(planOf({ plan: true }));
      for (const link of ["plan", "build", "verify"]) {
        expect((await it.judge(await it.work(id, link), answer("pass"))).status).toBe("open");
      }
      const accept = await it.task(id, "accept");
      const review = await it.work(id, "review");
      const after = await it.judge(review, answer("reject", { redo_link: "build" }));
      expect(after).toMatchObject({ at: "build", round: 2, rounds: [{ link: "review" }] });
      expect(await it.links(id)).toEqual([
        "plan: completed passed",
        "build: pending awaited",
        "verify: pending awaited waiting",
        "review: pending awaited waiting",
        "accept: pending awaited waiting",
      ]);
      expect(await it.team.tasks.get(accept.id)).toEqual(accept);
      const tasks = await it.team.chains.tasks(after);
      expect(tasks.map(({ result }) => result)).toEqual(["plan", "build", null, null, null]);
      expect(tasks.map(({ guidance }) => guidance.length)).toEqual([0, 1, 0, 1, 0]);
      expect((await it.finish(id)).status).toBe("completed");
    });

    test("may be rejected twice, and ends the chain when the rounds are exhausted, with every reason", async () => {
      const { id } = await it.openedChain(planOf({}), 2);
      for (const round of [1, 2]) {
        await it.judge(await it.work(id), answer("pass"));
        const why = { reason: `reason ${round}` };
        expect(await it.judge(await it.work(id), answer("reject", why))).toMatchObject({
          status: "open",
          at: "build",
          round: round + 1,
        });
      }
      const report = await it.work(id);
      const failed = await it.judge(report, answer("feedback", { reason: "reason 3" }));
      expect(failed).toMatchObject({
        status: "failed",
        round: 3,
        reason: "Sent back 2 times. round 1: reject on verify: reason 1; " +
          "round 2: reject on verify: reason 2; round 3: reason 3",
      });
      expect(await it.links(id)).toEqual([
        "build: failed refused",
        "verify: cancelled refused",
        "review: cancelled refused",
        "accept: cancelled refused",
      ]);
      expect(await it.team.requirements.list()).toMatchObject([{
        status: "failed",
        reason: expect.stringContaining("reason 3"),
      }]);
    });

    test("that failed or is blocked can be done again, and is never passed", async () => {
      const { id } = await it.openedChain();
      for (const end of ["block", "fail"] as const) {
        const task = await it.claim(id);
        await it.team.tasks[end](task.id, holderOf(WORKER, task), "no network");
        const report = await it.report(id);
        await expect(it.judge(report, answer("pass"))).rejects.toThrow("cannot pass");
        // What was kept first counts, so the second answer is carried out by hand.
        expect(await it.carryOut(report, answer("feedback"))).toMatchObject({ status: "open" });
      }
      expect((await it.finish(id)).rounds).toHaveLength(2);
    });
  });

  describe("help", () => {
    const ask = answer("feedback", { next_action: "ask_for_help", guidance: "Which port?" });

    test("is asked of everybody, and the answer becomes guidance", async () => {
      const { id } = await it.openedChain();
      const waiting = await it.judge(await it.work(id), ask);
      expect(waiting).toMatchObject({ status: "waiting", help: { question: "Which port?" } });
      const { messages } = await it.team.inbox.poll(WORKER.id);
      expect(messages).toMatchObject([{
        type: "help",
        id: waiting.help?.message_id,
        chain_id: id,
      }]);
      const message = await it.asked(id);
      const other = idOf("msg", 9999);
      expect(await it.team.chains.answerHelp(id, other, "8", TERMS, LEADER)).toEqual(waiting);
      const open = await it.team.chains.answerHelp(id, message, "8080", TERMS, LEADER);
      expect(open).toMatchObject({ status: "open", help: null, round: 2 });
      expect(await it.team.chains.answerHelp(id, message, "again", TERMS, LEADER)).toEqual(open);
      expect((await it.claim(id)).guidance).toMatchObject([{ text: "8080" }]);
    });

    test("that nobody gives in time fails the chain", async () => {
      const { id } = await it.openedChain();
      await it.judge(await it.work(id), ask);
      const message = await it.asked(id);
      const failed = await it.team.chains.endWaiting(id, message, LEADER);
      expect(failed).toMatchObject({ status: "failed", reason: "Nobody answered: Which port?" });
      expect(await it.team.chains.endWaiting(id, message, LEADER)).toEqual(failed);
    });

    test("is not waited for where somebody took the link up again", async () => {
      const { id } = await it.openedChain();
      const task = await it.claim(id);
      await it.team.tasks.block(task.id, holderOf(WORKER, task), "Which port?");
      await it.judge(await it.report(id), ask);
      const message = await it.asked(id);
      await it.team.tasks.unblock(task.id, PERSON);
      expect(await it.team.chains.endWaiting(id, message, LEADER)).toMatchObject({
        status: "open",
        help: null,
      });
      expect((await it.finish(id)).status).toBe("completed");
    });

    test("that is waited for does not hold up a link that is passed without it", async () => {
      const { id } = await it.openedChain();
      const task = await it.claim(id);
      await it.team.tasks.block(task.id, holderOf(WORKER, task), "Which port?");
      await it.judge(await it.report(id), ask);
      const message = await it.asked(id);
      await it.team.tasks.unblock(task.id, PERSON);
      const passed = await it.judge(await it.work(id), answer("pass"));
      expect(passed).toMatchObject({ status: "open", help: null, at: "verify" });
      const late = await it.team.chains.answerHelp(id, message, "8080", TERMS, LEADER);
      expect(late).toEqual(passed);
    });

    test("fails the chain where nobody is there to be asked", async () => {
      const { id } = await it.openedChain();
      const report = await it.work(id);
      await it.team.members.unregister(WORKER.id);
      const failed = await it.judge(report, ask);
      expect(failed).toMatchObject({
        status: "failed",
        reason: "Nobody is here to help: Which port?",
      });
    });

    test("is asked in few words where so many hear it that all of it would not fit", async () => {
      for (let index = 0; index < 120; index++) {
        await it.team.members.register(profile(`m${index}`));
      }
      const { id } = await it.openedChain();
      const long = answer("feedback", {
        next_action: "ask_for_help",
        guidance: `Which port? ${"x".repeat(16_000)}`,
      });
      expect((await it.judge(await it.work(id), long)).status).toBe("waiting");
      const { messages } = await it.team.inbox.poll(profile("m7").id);
      expect(messages[0]?.content.length).toBe(2 * 1024);
    });
  });

  describe("a chain that comes after another", () => {
    test("begins when that one is accepted, not when its last link is completed", async () => {
      const { chains } = await it.opened(planOf({}, { after: [1] }));
      const [first, second] = chains;
      if (first === undefined || second === undefined) throw new Error("No chains");
      for (let link = 0; link < 3; link++) await it.judge(await it.work(first), answer("pass"));
      const last = await it.work(first);
      await expect(it.claim(second)).rejects.toThrow("can be claimed");
      expect((await it.judge(last, answer("pass"))).status).toBe("completed");
      expect((await it.finish(second)).status).toBe("completed");
      expect((await it.team.requirements.list())[0]?.status).toBe("completed");
    });

    test("hands its first link in as blocked when that one fails, and fails in its turn", async () => {
      const { id, chains } = await it.opened(planOf({}, { after: [1] }, {}));
      const [first, second, third] = chains;
      if (first === undefined || second === undefined || third === undefined) throw new Error("?");
      await it.team.chains.end(first, "failed", "Too hard", LEADER);
      const report = await it.report(second);
      expect(report.task).toMatchObject({
        status: "blocked",
        blocked_reason: expect.stringContaining("Too hard"),
      });
      await it.team.chains.end(second, "failed", report.task.blocked_reason ?? "", LEADER);
      expect((await it.team.requirements.get(id)).status).toBe("open");
      expect((await it.finish(third)).status).toBe("completed");
      expect(await it.team.requirements.get(id)).toMatchObject({
        status: "failed",
        reason: expect.stringContaining("Too hard"),
      });
    });

    test("is not opened any more when that one has failed by then", async () => {
      const { requirements, chains } = it.team;
      const { id } = await requirements.submit({ content: "x" }, PERSON);
      await requirements.storePlan(id, planOf({}, { after: [1] }), COST, LEADER);
      const failFirst = async () => {
        const [first] = (await requirements.get(id)).chains;
        if (first !== undefined) await chains.end(first, "failed", "Too hard", LEADER);
        return TERMS;
      };
      await expect(requirements.pushChains(id, failFirst, LEADER)).rejects.toMatchObject({
        code: "DEPENDENCY_FAILED",
      });
      const ended = await requirements.end(id, "failed", "Too hard", LEADER);
      expect(ended).toMatchObject({ status: "failed", chains: ["chain-0000000001"] });
    });
  });

  test("two chains that end at the same moment end their requirement once", async () => {
    for (let time = 0; time < 5; time++) {
      const { id, chains } = await it.opened(planOf({}, {}));
      const reports = await Promise.all(chains.map(async (chain) => {
        for (let link = 0; link < 3; link++) await it.judge(await it.work(chain), answer("pass"));
        return await it.work(chain);
      }));
      const ends = reports.map((report) =>
        new ChainTeam(teamOn(zk, it.team.tree.root)).judge(report, answer("pass"))
      );
      await Promise.all(ends);
      expect((await it.team.requirements.get(id)).status).toBe("completed");
    }
    expect(await told("requirement_completed")).toHaveLength(5);
  });

  test("twenty chains at once are worked to their ends", async () => {
    const { id, chains } = await it.opened(planOf(...Array.from({ length: 20 }, () => ({}))));
    const closed = await Promise.all(chains.map((chain) => it.finish(chain)));
    expect(new Set(closed.map(({ status }) => status))).toEqual(new Set(["completed"]));
    expect((await it.team.requirements.get(id)).status).toBe("completed");
    expect(await told("task_passed")).toHaveLength(80);
  });

  test("awaiting reports, open requirements and one requirement are followed", async () => {
    const stop = new AbortController();
    const reports = it.team.chains.followAwaiting(stop.signal);
    const open = it.team.requirements.followOpen(stop.signal);
    expect((await reports.next()).value).toEqual([]);
    expect((await open.next()).value).toEqual([]);
    const chain = await it.openedChain();
    const watched = it.team.requirements.watch(idOf("req", 1), stop.signal);
    expect((await watched.next()).value).toMatchObject({ status: "open" });
    for (let seen: unknown[] = []; seen.length === 0;) seen = (await open.next()).value ?? [];
    await it.work(chain.id);
    for (let seen: unknown[] = []; seen.length === 0;) seen = (await reports.next()).value ?? [];
    await it.team.chains.end(chain.id, "cancelled", "x", PERSON);
    for (let status = "open"; status !== "cancelled";) {
      status = (await watched.next()).value?.status ?? "ended";
    }
    for (let left = 1; left > 0;) left = (await open.next()).value?.length ?? 1;
    stop.abort();
    expect((await reports.next()).done).toBe(true);
  });
});
