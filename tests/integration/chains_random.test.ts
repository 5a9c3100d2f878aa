import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import type { LinkReport } from "../../src/coordination/chains/chain_store.ts";
import { isLoss } from "../../src/coordination/losses.ts";
import type { Team } from "../../src/coordination/team.ts";
import { isClosed } from "../../src/domain/chain.ts";
import type { Decision } from "../../src/domain/decision.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { isSettled } from "../../src/domain/requirement.ts";
import { rule } from "../../src/domain/ruling.ts";
import type { Random } from "../../src/platform/random.ts";
import { SeededRandom } from "../../src/platform/simulated/seeded_random.ts";
import { answer, ChainTeam, COST, LEADER, planOf, TERMS } from "../support/chain_team.ts";
import { useClient } from "../support/live.ts";
import { lossyZooKeeper } from "../support/lossy_zookeeper.ts";
import { claimer, holderOf, PERSON } from "../support/task_team.ts";
import { profile, teamOn } from "../support/team_on.ts";
import { describeWithZooKeeper } from "../support/zookeeper_suite.ts";

const REQUIREMENTS = 6;
const LEADERS = 3;
const WORKERS = ["w1", "w2", "w3"].map((name) => claimer(name));
/** One reply in so many is lost. */
const LOSSES = 100;

/** What may come of a step that somebody else was faster than. */
const EXPECTED = [
  "CLAIM_LOST",
  "NOT_OWNER",
  "NOT_CLAIMABLE",
  "INVALID_TRANSITION",
  "RETRIES_EXHAUSTED",
  "DEPENDENCY_FAILED",
  "CONTENTION",
];

describeWithZooKeeper("chains in the hands of chance", (server) => {
  const zk = useClient(server);

  test.each([1, 2, 3, 4])(
    "every one comes to its end, and each decision to one (seed %i)",
    async (seed) => {
      const root = await server.freshRoot();
      const team = teamOn(zk, root);
      for (const { id } of [...WORKERS, LEADER]) await team.members.register(profile(id));
      const dice = new SeededRandom(seed);
      for (let count = 0; count < REQUIREMENTS; count++) await open(new ChainTeam(team), dice);
      const isOver = async () => (await team.requirements.open()).length === 0;
      let hasEnded = false;
      const lossy = () => {
        const random = new SeededRandom(dice.next() * 2 ** 32);
        return { random, team: teamOn(lossyZooKeeper(zk, random, LOSSES), root) };
      };
      const until = () => hasEnded;
      const hands = [
        ...Array.from({ length: LEADERS }, () => lead(lossy(), until)),
        ...WORKERS.map((worker) => work(lossy(), worker, until)),
        meddle(lossy(), until),
      ];
      while (!await isOver()) await Promise.race([pause(50), ...hands]);
      hasEnded = true;
      await Promise.all(hands);
      await team.tasks.claim(claimer("w1"));
      await check(team);
    },
    180_000,
  );
});

async function open(it: ChainTeam, dice: Random): Promise<void> {
  const count = 1 + Math.floor(dice.next() * 3);
  const chains = Array.from({ length: count }, (_, index) => ({
    plan: dice.next() < 0.3,
    after: index > 0 && dice.next() < 0.4 ? [index] : [],
  }));
  await it.opened(planOf(...chains), 1 + Math.floor(dice.next() * 4));
}

interface Hand {
  readonly team: Team;
  readonly random: Random;
}

/** Judges whatever lies there, as if it were the only Leader. */
async function lead({ team, random }: Hand, isOver: () => boolean): Promise<void> {
  const it = new ChainTeam(team);
  while (!isOver()) {
    const reports = await team.chains.awaiting();
    const report = reports[Math.floor(random.next() * reports.length)];
    await tolerantly(async () => {
      if (report !== undefined) await judge(it, report, random);
      for (const { id, help } of await team.chains.list({ status: ["waiting"] })) {
        if (help === null || random.next() < 0.3) continue;
        if (random.next() < 0.3) await team.chains.endWaiting(id, help.message_id, LEADER);
        else await team.chains.answerHelp(id, help.message_id, "8080", TERMS, LEADER);
      }
    });
    await pause(random.next() * 5);
  }
}

async function judge(it: ChainTeam, report: LinkReport, random: Random): Promise<void> {
  const chain = await it.team.chains.get(report.chainId);
  if (report.task.status === "cancelled" || report.task.waiting_on.length > 0) {
    await it.team.chains.end(chain.id, "failed", "A link was cancelled", LEADER);
    return;
  }
  const decision = choose(random, report);
  const facts = { chain, task: report.task, verdict: null, members: [] };
  if (!rule(decision, facts).possible) return;
  await it.judge(report, decision).catch((error: unknown) => {
    // Meanwhile the chain was closed: nothing can be ruled any more.
    if (!(error instanceof Error) || !/ is (completed|failed|cancelled)$/.test(error.message)) {
      throw error;
    }
  });
}

function choose(random: Random, { task }: LinkReport): Decision {
  const chance = random.next();
  if (task.status === "completed" && chance < 0.75) return answer("pass");
  if (chance < 0.85) return answer("feedback");
  if (chance < 0.95 && task.link !== "plan") return answer("reject");
  return answer("feedback", { next_action: "ask_for_help" });
}

async function work(
  { team, random }: Hand,
  worker: (typeof WORKERS)[number],
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    await tolerantly(async () => {
      // What it does not know that it holds, since it gave up asking whether it does.
      const [forgotten] = await team.tasks.heldBy(worker.id);
      const task = forgotten ?? await team.tasks.claim(worker);
      if (task === null) return;
      const holder = holderOf(worker, task);
      const chance = random.next();
      if (chance < 0.85) {
        await team.tasks.complete(task.id, holder, { result: "done", spent: COST });
      } else if (chance < 0.9) await team.tasks.block(task.id, holder, "Which port?");
      else if (chance < 0.95) await team.tasks.fail(task.id, holder, "No network");
      else await team.tasks.release(task.id, holder);
    });
    await pause(random.next() * 5);
  }
}

/** A person who cannot leave it alone. */
async function meddle({ team, random }: Hand, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await pause(20 + random.next() * 100);
    await tolerantly(async () => {
      const chains = await team.chains.open();
      const chain = chains[Math.floor(random.next() * chains.length)];
      if (chain === undefined) return;
      const tasks = await team.chains.tasks(chain);
      const task = tasks[Math.floor(random.next() * tasks.length)];
      const chance = random.next();
      if (task === undefined) return;
      if (chance < 0.1) await team.chains.end(chain.id, "cancelled", "By hand", PERSON);
      else if (chance < 0.15) await team.tasks.cancel(task.id, PERSON, "By hand", { force: true });
      else if (task.status === "blocked") await team.tasks.unblock(task.id, PERSON);
      else if (task.status === "failed") await team.tasks.retry(task.id, PERSON);
      else if (task.claim !== null) await team.tasks.release(task.id, { by: PERSON, force: true });
    });
  }
}

async function tolerantly(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const isExpected = error instanceof OrchestratorError && EXPECTED.includes(error.code);
    if (!isExpected && !isLoss(error)) throw error;
  }
}

async function check(team: Team): Promise<void> {
  expect(await team.tasks.audit()).toMatchObject({ findings: [], corrupt: [] });
  const events = await team.journal.read();
  const count = (chain: string, ...types: string[]) =>
    events.filter(({ type, chain_id }) => chain_id === chain && types.includes(type)).length;
  for (const chain of await team.chains.list()) {
    expect(isClosed(chain), chain.id).toBe(true);
    expect(chain.rounds.length, chain.id).toBeLessThanOrEqual(chain.max_rounds);
    expect(count(chain.id, "chain_round"), chain.id).toBe(chain.rounds.length);
    expect(count(chain.id, "decision_stored"), chain.id).toBe(chain.spent.runs);
    const ends = count(chain.id, "chain_completed", "chain_failed", "chain_cancelled");
    expect(ends, chain.id).toBe(1);
    for (const task of await team.chains.tasks(chain)) {
      const mine = events.filter(({ task_id }) => task_id === task.id);
      const completions = mine.filter(({ type }) => type === "task_completed").length;
      expect(task.spent.runs, task.id).toBe(completions);
    }
  }
  for (const requirement of await team.requirements.list()) {
    expect(isSettled(requirement)).toBe(true);
    const ends = events.filter(({ type, requirement_id }) =>
      requirement_id === requirement.id && /^requirement_(completed|failed|cancelled)$/.test(type)
    );
    expect(ends, requirement.id).toHaveLength(1);
  }
}
