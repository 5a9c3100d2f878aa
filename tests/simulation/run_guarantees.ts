import type { Chain } from "../../src/domain/chain.ts";
import type { JournalEvent } from "../../src/domain/event.ts";
import type { Requirement } from "../../src/domain/requirement.ts";
import { addSpent, Spent } from "../../src/domain/spent.ts";
import type { Task } from "../../src/domain/task.ts";
import type { SimulatedRun } from "./simulated_agents.ts";

/** US dollars by which sums of fractions may be wrong. */
const TOLERANCE_USD = 1e-7;

interface Known {
  readonly runs: readonly SimulatedRun[];
  readonly events: readonly JournalEvent[];
  readonly tasks: readonly Task[];
  readonly chains: readonly Chain[];
  readonly requirements: readonly Requirement[];
  /** What the team says that it has cost. */
  readonly total: Spent;
}

/**
 * What is wrong with the agents' runs: one that no claim called for, two for one claim, a result that is
 * not of the claim it was taken from, money that was counted twice or never.
 */
export function runProblems(known: Known): string[] {
  return [...claimProblems(known), ...resultProblems(known), ...moneyProblems(known)];
}

const claimOf = (task: string | null, token: number | null) => `${task}@${token}`;

function claimProblems({ runs, events }: Known): string[] {
  const claims = new Map(
    events.filter(({ type }) => type === "task_claimed")
      .map(({ task_id, token, by }) => [claimOf(task_id, token), by]),
  );
  const seen = new Set<string>();
  return runs.flatMap(({ number, kind, about, token, member }) => {
    if (token === null) return [];
    const claim = claimOf(about, token);
    const key = `${claim} ${kind === "check" ? "check" : "agent"}`;
    const isSecond = seen.has(key);
    seen.add(key);
    return [
      ...isSecond ? [`run ${number}: another ${kind} for ${claim}`] : [],
      ...claims.get(claim) === member ? [] : [`run ${number}: ${member} never had ${claim}`],
    ];
  });
}

/** The result on a record is what the run of the claim said that completed it. */
function resultProblems({ runs, events, tasks }: Known): string[] {
  return tasks.flatMap(({ id, status, result }) => {
    if (status !== "completed") return [];
    const end = events.findLast(({ type, task_id }) => type === "task_completed" && task_id === id);
    const number = Number(/^Run: (\d+)$/m.exec(result ?? "")?.[1]);
    const run = runs[number - 1];
    const isOfIt = run?.about === id && run.token === end?.token && run.member === end.by;
    return isOfIt ? [] : [`${id} was completed with ${end?.token}, its result is of run ${number}`];
  });
}

function moneyProblems(known: Known): string[] {
  const { events, tasks, chains, requirements, total } = known;
  const told = events.flatMap((event) => {
    const spent = spentOf(event);
    return spent === null ? [] : [{ event, spent }];
  });
  const sumOf = (is: (event: JournalEvent) => boolean) =>
    addSpent(...told.filter(({ event }) => is(event)).map(({ spent }) => spent));
  const differing = (what: string, kept: Spent, journal: Spent) =>
    isEqual(kept, journal)
      ? []
      : [`${what} has cost ${wordsFor(kept)}, by the journal ${wordsFor(journal)}`];
  const isOfTask = ({ type }: JournalEvent) => type.startsWith("task_");
  return [
    ...told.flatMap(({ event, spent }) => billProblem(event, spent, known)),
    ...differing("the team", total, sumOf(() => true)),
    ...tasks.flatMap(({ id, spent }) =>
      differing(id, spent, sumOf((event) => isOfTask(event) && event.task_id === id))
    ),
    ...chains.flatMap(({ id, spent }) =>
      differing(
        id,
        spent,
        sumOf(({ type, chain_id }) => type === "decision_stored" && chain_id === id),
      )
    ),
    ...requirements.flatMap(({ id, spent }) =>
      differing(
        id,
        spent,
        sumOf((event) => event.type.startsWith("requirement_") && event.requirement_id === id),
      )
    ),
    ...chains.flatMap(({ id, budget_usd, spent }) => {
      const own = tasks.filter(({ chain_id }) => chain_id === id).map((task) => task.spent);
      const cost = addSpent(spent, ...own).cost_usd;
      const isWithin = budget_usd === null || cost <= budget_usd + TOLERANCE_USD;
      return isWithin ? [] : [`${id} has cost ${cost} of ${budget_usd}`];
    }),
  ];
}

/** What an event says was spent has to be what its very runs have cost. */
function billProblem(event: JournalEvent, spent: Spent, { runs }: Known): string[] {
  const { id, type, task_id, token, requirement_id, by } = event;
  if (type.startsWith("task_")) {
    const own = runs.filter((run) =>
      run.about === task_id && run.token === token && run.kind !== "check"
    );
    const cost = own.reduce((sum, { costUsd }) => sum + costUsd, 0);
    return isEqual(spent, { ...spent, cost_usd: cost, runs: own.length })
      ? []
      : [`${id}: ${type} of ${task_id}@${token} bills ${wordsFor(spent)}, its runs cost ${cost}`];
  }
  if (type === "message_sent") {
    const isOne = runs.some(({ kind, member, costUsd }) =>
      kind === "message" && member === by && Math.abs(costUsd - spent.cost_usd) < TOLERANCE_USD
    );
    return isOne ? [] : [`${id}: a reply bills ${wordsFor(spent)}, which no run cost`];
  }
  const about = String(event.data?.["report_id"] ?? requirement_id).replace(/^(task|req)-/, "");
  const own = runs.filter((run) => run.about === about && run.member === by && run.token === null);
  const windows = own.map((_, index) =>
    own.slice(index, index + spent.runs).reduce((sum, { costUsd }) => sum + costUsd, 0)
  );
  const isBilled = spent.runs === 0
    ? spent.cost_usd === 0
    : windows.some((sum) => Math.abs(sum - spent.cost_usd) < TOLERANCE_USD);
  return isBilled
    ? []
    : [`${id}: ${type} bills ${wordsFor(spent)}, which no runs for ${about} cost`];
}

function spentOf({ data }: JournalEvent): Spent | null {
  const parsed = Spent.safeParse(data?.["spent"]);
  return parsed.success ? parsed.data : null;
}

function isEqual(one: Spent, other: Spent): boolean {
  return Math.abs(one.cost_usd - other.cost_usd) < TOLERANCE_USD && one.runs === other.runs &&
    one.input_tokens === other.input_tokens && one.output_tokens === other.output_tokens;
}

function wordsFor({ cost_usd, runs }: Spent): string {
  return `$${cost_usd} in ${runs} runs`;
}
