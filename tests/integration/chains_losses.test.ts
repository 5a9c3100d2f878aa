import { expect, test } from "vitest";
import { idOf } from "../../src/domain/ids.ts";
import { answer, ChainTeam, COST, LEADER, planOf, TERMS, WORKER } from "../support/chain_team.ts";
import { type Fault, FaultyZooKeeper, type Loss } from "../support/faulty_zookeeper.ts";
import { useClient } from "../support/live.ts";
import { numbers, trySideBySide } from "../support/side_by_side.ts";
import { connectTo, holderOf, PERSON } from "../support/task_team.ts";
import { teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const ask = answer("feedback", { next_action: "ask_for_help", guidance: "Which port?" });

/**
 * Each kind of commit that a Leader makes, once at least, on the Leader's own client; the Worker has one
 * that does not break.
 */
async function wholeLife(leader: ChainTeam, worker: ChainTeam): Promise<void> {
  const { requirements, chains } = leader.team;
  const { id } = await requirements.submit({ content: "A greeting" }, PERSON);
  await requirements.storePlan(id, planOf({}, { after: [1] }), COST, LEADER);
  const opened = await requirements.pushChains(id, () => Promise.resolve(TERMS), LEADER);
  const [first, second] = opened.chains;
  if (first === undefined || second === undefined) throw new Error("No chains");
  await requirements.billQuestion(id, { question: "q-1", spent: COST }, LEADER);
  const report = await worker.work(first);
  for (const runs of [1, 2]) {
    await chains.billQuestion(report, { question: "q-2", spent: { ...COST, runs } }, LEADER);
  }
  await leader.judge(report, answer("feedback"));
  await leader.judge(await worker.work(first), answer("pass"));
  await leader.judge(await worker.work(first), answer("reject"));
  await leader.judge(await worker.work(first), ask);
  await chains.answerHelp(first, await worker.asked(first), "8080", TERMS, LEADER);
  for (let link = 0; link < 4; link++) await leader.judge(await worker.work(first), answer("pass"));
  await chains.reassign((await worker.task(second, "build")).id, TERMS, "Somebody else", LEADER);
  await leader.judge(await worker.work(second), ask);
  await chains.endWaiting(second, await worker.asked(second), LEADER);
  const { id: other } = await requirements.submit(
    { content: "Another", messageId: MESSAGE },
    PERSON,
  );
  await requirements.end(other, "cancelled", "Not wanted", PERSON);
}

const MESSAGE = idOf("msg", 77);

describeWithZooKeeper("chains of a Leader whose connection breaks", (server) => {
  const zk = useClient(server);
  const other = useClient(server);

  async function run(fault: Fault): Promise<{ faulty: FaultyZooKeeper; events: string[] }> {
    const root = await server.freshRoot();
    const worker = await new ChainTeam(teamOn(other, root)).join();
    const faulty = new FaultyZooKeeper(zk, fault);
    await wholeLife(new ChainTeam(teamOn(faulty.zk, root)), worker);
    await faulty.settle();
    const { team } = worker;
    expect(await team.tasks.audit()).toMatchObject({ findings: [], corrupt: [] });
    const [first, second] = await team.chains.list();
    expect([first?.status, second?.status]).toEqual(["completed", "failed"]);
    expect(first?.rounds).toHaveLength(3);
    expect(first?.spent.runs).toBe(10);
    const wanted = await team.requirements.list();
    expect(wanted.map(({ status }) => status)).toEqual(["failed", "cancelled"]);
    const { messages } = await team.inbox.poll(WORKER.id);
    expect(messages.map(({ type }) => type)).toEqual(["report", "report", "help", "help"]);
    const events = (await team.journal.read()).map(({ type, task_id, chain_id }) =>
      `${type} ${task_id ?? chain_id ?? ""}`
    );
    // Who waits for a chain is told at its end or, where that was lost, by the next who claims.
    return { faulty, events: events.sort() };
  }

  test.each<Loss>(["before", "after", "late"])(
    "nothing is done twice, whichever reply is lost (%s it is carried out)",
    async (how) => {
      const { faulty: { writes }, events } = await run({});
      expect(writes).toBeGreaterThan(25);
      await trySideBySide(numbers(1, writes), async (at) => {
        const lossy = await run({ loseWrite: { at, how } });
        expect(lossy.events, `write ${at}`).toEqual(events);
      });
    },
    180_000,
  );

  test("goes on, whichever reading is lost", async () => {
    const { faulty: { reads }, events } = await run({});
    // Every seventh: they are many, and of few kinds.
    await trySideBySide(numbers(1, reads, 7), async (loseRead) => {
      expect((await run({ loseRead })).events, `reading ${loseRead}`).toEqual(events);
    });
  }, 240_000);

  test("a successor goes on wherever a Leader dies, and no report is decided twice", async () => {
    const whole = new FaultyZooKeeper(zk);
    await decideAll(whole, await prepared());
    await trySideBySide(numbers(0, whole.operations - 1), async (dieAfter) => {
      const ready = await prepared();
      const victim = await connectTo(server.hosts);
      const faulty = new FaultyZooKeeper(victim, { dieAfter });
      await Promise.race([decideAll(faulty, ready), faulty.died]);
      await victim.close();
      const { worker, chain, verify, root } = ready;
      const heir = new ChainTeam(teamOn(zk, root));
      const report = (await heir.team.chains.awaiting()).find(({ chainId }) => chainId === chain);
      if (report !== undefined) {
        await heir.judge(report, answer("reject", { reason: "the heir's" }));
      }
      const message = `dead after ${dieAfter}`;
      const after = await worker.team.chains.get(chain);
      expect(after, message).toMatchObject({ at: "build", round: 2, status: "open" });
      const decision = await worker.team.chains.decision(chain, verify);
      expect(decision, message).toMatchObject({ status: "done" });
      expect(after.rounds[0]?.reason, message).toBe(decision?.answer?.reason);
      expect(after.spent.runs, message).toBe(2);
      expect((await worker.finish(chain)).status, message).toBe("completed");
      const left = await worker.team.tasks.audit();
      expect(left, message).toMatchObject({ findings: [], corrupt: [] });
    });
  }, 180_000);

  /** A chain whose second link is handed in. */
  async function prepared() {
    const root = await server.freshRoot();
    const worker = await new ChainTeam(teamOn(other, root)).join();
    const { id: chain } = await worker.openedChain();
    await worker.judge(await worker.work(chain), answer("pass"));
    const task = await worker.claim(chain);
    await worker.team.tasks.complete(task.id, holderOf(WORKER, task), { result: "no" });
    const { id: verify } = await worker.report(chain);
    return { root, worker, chain, verify };
  }

  /** What a Leader does with it: sends the chain back. */
  async function decideAll(
    faulty: FaultyZooKeeper,
    { root, chain }: Awaited<ReturnType<typeof prepared>>,
  ): Promise<void> {
    const leader = new ChainTeam(teamOn(faulty.zk, root));
    await leader.judge(await leader.report(chain), answer("reject", { reason: "the victim's" }));
  }
});
