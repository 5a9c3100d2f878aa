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
  return [
    ...claimBills(told, known),
    ...questionBills(told, known),
    ...told.flatMap(({ event, spent }) => replyProblem(event, spent, known)),
    ...differing("the team", total, sumOf(() => true)),
    ...tasks.flatMap(({ id, spent }) =>
      differing(id, spent, sumOf(({ type, task_id }) => isTask(type) && task_id === id))
    ),
    ...chains.flatMap(({ id, spent }) =>
      differing(
        id,
        spent,
        sumOf(({ type, chain_id }) => JUDGED.includes(type) && chain_id === id),
      )
    ),
    ...requirements.flatMap(({ id, spent }) =>
      differing(
        id,
        spent,
        sumOf(({ type, requirement_id }) => !isTask(type) && requirement_id === id),
      )
    ),
    ...chains.flatMap(({ id, budget_usd, spent }) => {
      const own = tasks.filter(({ chain_id }) => chain_id === id).map((task) => task.spent);
      // What a claim that was lost went on to use was not known when the next run was allowed its share.
      const late = sumOf(({ type, chain_id }) => type === "task_billed" && chain_id === id);
      const cost = addSpent(spent, ...own).cost_usd - late.cost_usd;
      const isWithin = budget_usd === null || cost <= budget_usd + TOLERANCE_USD;
      return isWithin ? [] : [`${id} has cost ${cost} of ${budget_usd}`];
    }),
  ];
}

/** An event that tells of money. */
interface Bill {
  readonly event: JournalEvent;
  readonly spent: Spent;
}

const isTask = (type: string) => type.startsWith("task_");
const JUDGED: readonly string[] = ["decision_stored", "question_billed"];

/**
 * What is billed of a claim is what its runs have used, where they came to tell of their dollars, as they do
 * at their end. Before that it may be less, by what was used last; it is never more.
 */
function claimBills(told: readonly Bill[], { runs }: Known): string[] {
  const claims = grouped(
    told.filter(({ event }) => isTask(event.type)),
    ({ event: { task_id, token } }) => claimOf(task_id, token),
  );
  return [...claims].flatMap(([claim, bills]) => {
    const own = runs.filter((run) =>
      claimOf(run.about, run.token) === claim && run.kind !== "check"
    );
    return misbilled(claim, bills, own, bills.some(hasDollars));
  });
}

/** Likewise of what was asked about one report, or one requirement. */
function questionBills(told: readonly Bill[], { runs }: Known): string[] {
  const questions = grouped(
    told.filter(({ event }) => !isTask(event.type) && event.type !== "message_sent"),
    ({ event }) => String(event.data?.["report_id"] ?? event.requirement_id),
  );
  return [...questions].flatMap(([about, bills]) => {
    const asked = about.replace(/^(task|req)-/, "");
    const own = runs.filter((run) => run.about === asked && run.token === null);
    return misbilled(about, bills, own, own.length === 1 && bills.some(hasDollars));
  });
}

function hasDollars({ spent }: Bill): boolean {
  return spent.cost_usd > 0;
}

function grouped(bills: readonly Bill[], keyOf: (bill: Bill) => string): Map<string, Bill[]> {
  const groups = new Map<string, Bill[]>();
  for (const bill of bills) groups.set(keyOf(bill), [...groups.get(keyOf(bill)) ?? [], bill]);
  return groups;
}

/** Where the bills are not what the runs have used: less, unless they must be whole, is no difference. */
function misbilled(
  what: string,
  bills: readonly Bill[],
  runs: readonly SimulatedRun[],
  isWhole: boolean,
): string[] {
  const billed = addSpent(...bills.map(({ spent }) => spent));
  const used = addSpent(...runs.map(({ costUsd, tokens }) => ({
    cost_usd: costUsd,
    input_tokens: tokens.input,
    output_tokens: tokens.output,
    runs: 1,
  })));
  const isMore = billed.cost_usd > used.cost_usd + TOLERANCE_USD || billed.runs > used.runs ||
    billed.input_tokens > used.input_tokens || billed.output_tokens > used.output_tokens;
  if (!isMore && (!isWhole || isEqual(billed, used))) return [];
  const types = bills.map(({ event }) => event.type).join(", ");
  return [`${what} (${types}) is billed ${wordsFor(billed)}, its runs used ${wordsFor(used)}`];
}

/** A reply bills the run that made it. */
function replyProblem({ id, type, by }: JournalEvent, spent: Spent, { runs }: Known): string[] {
  if (type !== "message_sent") return [];
  const isOne = runs.some(({ kind, member, costUsd }) =>
    kind === "message" && member === by && Math.abs(costUsd - spent.cost_usd) < TOLERANCE_USD
  );
  return isOne ? [] : [`${id}: a reply bills ${wordsFor(spent)}, which no run cost`];
}

function spentOf({ data }: JournalEvent): Spent | null {
  const parsed = Spent.safeParse(data?.["spent"]);
  return parsed.success ? parsed.data : null;
}

function isEqual(one: Spent, other: Spent): boolean {
  return Math.abs(one.cost_usd - other.cost_usd) < TOLERANCE_USD && one.runs === other.runs &&
    one.input_tokens === other.input_tokens && one.output_tokens === other.output_tokens;
}

function wordsFor({ cost_usd, runs, input_tokens, output_tokens }: Spent): string {
  return `$${cost_usd} and ${input_tokens}+${output_tokens} tokens in ${runs} runs`;
}
