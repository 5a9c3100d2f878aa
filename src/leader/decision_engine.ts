import { terminalLine } from "../agent/terminal_text.ts";
import type { LinkReport } from "../coordination/chains/chain_store.ts";
import { type Chain, isClosed } from "../domain/chain.ts";
import { Decision, type DecisionRecord } from "../domain/decision.ts";
import { OrchestratorError } from "../domain/errors.ts";
import type { InstanceId } from "../domain/ids.ts";
import type { Terms } from "../domain/judging.ts";
import { parseReport } from "../domain/report.ts";
import { type Course, type Facts, rule } from "../domain/ruling.ts";
import { NOTHING_SPENT, type Spent } from "../domain/spent.ts";
import { isMet } from "../domain/standing.ts";
import type { Link, Task } from "../domain/task.ts";
import { aboutChain, aboutReport, aboutTeam } from "./briefing.ts";
import type { LeaderContext } from "./context.ts";
import { termsFor } from "./dispatch.ts";
import { ask } from "./enquiry.ts";
import { Errands } from "./errands.ts";
import type { Treasury } from "./treasury.ts";

/** Reports that are judged at once. */
const HANDS = 4;

/**
 * Judges the reports of links: asks the agent, keeps the answer, and carries it out. The answer is kept
 * before anything is done, and done together with the note that it was; so a successor neither asks nor
 * acts a second time.
 */
export class DecisionEngine {
  readonly #context: LeaderContext;
  readonly #treasury: Treasury;
  readonly #errands: Errands;

  constructor(context: LeaderContext, treasury: Treasury) {
    this.#context = context;
    this.#treasury = treasury;
    const { clock, term, show } = context;
    this.#errands = new Errands({
      clock,
      limit: HANDS,
      signal: term.signal,
      onError: (key, error) => show(terminalLine(`Cannot judge ${key}: ${error}`)),
    });
  }

  /** Judges what is handed in, until the term is over. */
  async run(): Promise<void> {
    const { team, term } = this.#context;
    for await (const reports of team.chains.followAwaiting(term.signal)) {
      for (const report of reports) {
        this.#errands.offer(report.id, () => this.#judge(report));
      }
    }
    await this.#errands.settled();
  }

  async #judge(report: LinkReport): Promise<void> {
    const { team, actor, term } = this.#context;
    await term.untilMayAct();
    try {
      const chain = await team.chains.get(report.chainId);
      if (chain.status !== "open") return;
      const kept = await team.chains.decision(report.chainId, report.id);
      if (kept?.status === "done") return;
      const decided = kept ?? await this.#decide(chain, report);
      if (decided === null) return;
      await this.#carryOut(report, decided);
    } catch (error) {
      if (!(error instanceof OrchestratorError) || !BROKEN.includes(error.code)) throw error;
      const reason = `Cannot judge ${report.id}: ${error.message}`;
      await team.chains.end(report.chainId, "failed", reason, actor);
    }
  }

  /** An answer about a report, kept; null where it is there no more. */
  async #decide(chain: Chain, report: LinkReport): Promise<DecisionRecord | null> {
    const { team, actor, term } = this.#context;
    const tasks = await team.chains.tasks(chain);
    const stillborn = await this.#whyWithoutAsking(chain, tasks, report.task);
    const keep = (answer: Decision | null, problem: string | null, spent: Spent) =>
      team.chains.storeAnswer(report, { answer, problem, spent, epoch: term.epoch }, actor);
    if (stillborn !== null) return await keep(null, stillborn, NOTHING_SPENT);
    const reply = await ask(this.#context, {
      kind: "decide",
      id: report.id,
      values: {
        ...await aboutTeam(this.#context),
        ...aboutReport(report.task),
        chain_status: aboutChain(chain, tasks),
      },
      schema: Decision,
      problems: (decision) => this.#whyImpossible(decision, chain, report.task),
      budgetUsd: this.#treasury.leftOf(chain, tasks).usd,
    });
    return reply.kind === "answer"
      ? await keep(reply.answer, null, reply.spent)
      : await keep(null, reply.problem, reply.spent);
  }

  /** Why a chain is over without a question: nothing of its link was ever worked on, or can be paid. */
  async #whyWithoutAsking(
    chain: Chain,
    tasks: readonly Task[],
    task: Task,
  ): Promise<string | null> {
    if (task.status === "cancelled") return `${task.id} was cancelled: ${task.cancel_reason ?? ""}`;
    const left = this.#treasury.leftOf(chain, tasks);
    if (left.usd !== null && left.usd <= 0 || left.tokens !== null && left.tokens <= 0) {
      return `The budget of ${chain.id} is spent`;
    }
    if (task.status !== "blocked") return null;
    const before = await Promise.all(
      task.blocked_by.map((id) => this.#context.team.tasks.get(id)),
    );
    const lost = before.find((dependency) => !isMet(dependency) && dependency.status !== "pending");
    return lost === undefined ? null : task.blocked_reason ?? `${lost.id} is ${lost.status}`;
  }

  #whyImpossible(decision: Decision, chain: Chain, task: Task): readonly string[] {
    const judged = rule(decision, this.#facts(chain, task));
    return judged.possible ? [] : [judged.why];
  }

  #facts(chain: Chain, task: Task): Facts {
    const report = task.link === null ? null : parseReport(task.link, task.result ?? "");
    return {
      chain,
      task,
      verdict: report?.verdict ?? null,
      members: this.#context.roster.workers().map(({ id }) => id),
    };
  }

  async #carryOut(report: LinkReport, { answer, problem }: DecisionRecord): Promise<void> {
    const { team, actor, settings, show } = this.#context;
    const chain = await team.chains.get(report.chainId);
    if (isClosed(chain)) return;
    const { course, assignee } = this.#courseOf(chain, report.task, answer, problem);
    const planned = await this.#withTerms(chain, course, assignee);
    const helpMs = settings.waits.helpMs;
    const after = await team.chains.carryOut(report, { ...planned, helpMs }, actor);
    show(terminalLine(`${report.id}: ${planned.course.kind}; ${chain.id} is ${after.status}`));
  }

  /** What an answer that is kept means now; who was named may have left since, and is then passed over. */
  #courseOf(
    chain: Chain,
    task: Task,
    answer: Decision | null,
    problem: string | null,
  ): { course: Course; assignee: InstanceId | null } {
    const stop = (reason: string) => ({
      course: { kind: "stop" as const, reason },
      assignee: null,
    });
    if (answer === null) return stop(problem ?? "No decision could be made");
    const facts = this.#facts(chain, task);
    const isHere = facts.members.some((id) => id === answer.assignee);
    const nextAction = isHere || answer.next_action !== "reassign" ? answer.next_action : "none";
    const named = { ...answer, assignee: isHere ? answer.assignee : null, next_action: nextAction };
    const judged = rule(named, facts);
    return judged.possible ? judged.ruling : stop(`Impossible decision: ${judged.why}`);
  }

  /** The course with the terms of the link that it leads to; where there is no money for it, the end. */
  async #withTerms(
    chain: Chain,
    course: Course,
    assignee: InstanceId | null,
  ): Promise<{ course: Course; terms: Terms | null }> {
    const link = linkAfter(course);
    if (link === null) return { course, terms: null };
    const tasks = await this.#context.team.chains.tasks(chain);
    const next = tasks.find((task) => task.link === link);
    if (next === undefined) return { course, terms: null };
    const grant = await this.#treasury.grant({
      chain: chain.id,
      left: this.#treasury.leftOf(chain, tasks),
      next,
    });
    if (!grant.granted) return { course: { kind: "stop", reason: grant.why }, terms: null };
    const workers = this.#context.roster.workers();
    return { course, terms: termsFor(link, workers, assignee, grant.allowance) };
  }
}

/** Errors of the tree that no trying again mends: the chain is given up rather than stuck. */
const BROKEN: readonly string[] = [
  "CORRUPT_DATA",
  "TASK_NOT_FOUND",
  "INVALID_TRANSITION",
  "TOO_LARGE",
];

function linkAfter(course: Course): Link | null {
  if (course.kind === "advance") return course.to;
  return course.kind === "redo" ? course.link : null;
}
