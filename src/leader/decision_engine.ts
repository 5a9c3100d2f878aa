import { terminalLine } from "../agent/terminal_text.ts";
import type { LinkReport } from "../coordination/chains/chain_store.ts";
import { type Chain, isClosed } from "../domain/chain.ts";
import { Decision, type DecisionRecord } from "../domain/decision.ts";
import { OrchestratorError } from "../domain/errors.ts";
import type { InstanceId } from "../domain/ids.ts";
import { MAX_REASON_BYTES } from "../domain/limits.ts";
import type { Terms } from "../domain/judging.ts";
import { parseReport } from "../domain/report.ts";
import { type Course, type Facts, rule } from "../domain/ruling.ts";
import { addSpent, NOTHING_SPENT, type Spent } from "../domain/spent.ts";
import { isMet } from "../domain/standing.ts";
import type { Link, Task } from "../domain/task.ts";
import type { TemplateValues } from "../domain/template.ts";
import { truncateUtf8 } from "../domain/text.ts";
import { aboutChain, aboutReport, aboutTeam } from "./briefing.ts";
import type { LeaderContext } from "./context.ts";
import { termsFor } from "./dispatch.ts";
import { ask } from "./enquiry.ts";
import { type Errands, errandsOf } from "./errands.ts";
import { courseAfter } from "./integration.ts";
import { allowanceOf, type Treasury } from "./treasury.ts";

/** Reports that are judged at once. */
const HANDS = 4;
/** Times that an answer is sent back because what it says cannot be done. */
const MAX_IMPOSSIBLE = 1;

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
    this.#errands = errandsOf(context, { verb: "judge", limit: HANDS });
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
      const [chain, kept] = await Promise.all([
        team.chains.get(report.chainId),
        team.chains.decision(report.chainId, report.id),
      ]);
      // What a question was asked about waits for the answer.
      if (isClosed(chain) || kept?.status === "done") return;
      // What an agent will be told is read in the same round, since everybody waits for it.
      const [tasks, about] = await Promise.all([
        team.chains.tasks(chain),
        kept === null ? aboutTeam(this.#context) : {},
      ]);
      const decided = kept ?? await this.#decide(chain, tasks, report, about);
      // What a kept answer has cost is on its chain already.
      const spent = kept === null ? addSpent(chain.spent, decided.spent) : chain.spent;
      await this.#carryOut(report, decided, { ...chain, spent }, tasks);
    } catch (error) {
      if (!(error instanceof OrchestratorError) || !BROKEN.includes(error.code)) throw error;
      const reason = truncateUtf8(`Cannot judge ${report.id}: ${error.message}`, MAX_REASON_BYTES);
      await team.chains.end(report.chainId, "failed", reason, actor);
    }
  }

  /** An answer about a report, kept. */
  async #decide(
    chain: Chain,
    tasks: readonly Task[],
    report: LinkReport,
    about: TemplateValues,
  ): Promise<DecisionRecord> {
    const { team, actor, term } = this.#context;
    const question = this.#context.random.id();
    const keep = (answer: Decision | null, problem: string | null, spent: Spent) =>
      team.chains.storeAnswer(
        report,
        { answer, problem, spent, question, epoch: term.epoch },
        actor,
      );
    const stillborn = await this.#whyWithoutAsking(report.task);
    if (stillborn !== null) return await keep(null, stillborn, NOTHING_SPENT);
    const own = this.#treasury.leftOf(chain, tasks);
    const key = `decide ${report.id}`;
    const grant = await this.#treasury.reserve({ key, whose: chain.id, own, task: null });
    if (!grant.granted) return await keep(null, grant.why, NOTHING_SPENT);
    try {
      const reply = await ask(this.#context, {
        kind: "decide",
        id: report.id,
        about: { chain_id: chain.id, task_id: report.task.id },
        values: {
          ...about,
          ...aboutReport(report.task),
          chain_status: aboutChain(chain, tasks),
        },
        schema: Decision,
        problems: (decision) => this.#whyImpossible(decision, chain, report.task),
        maxImpossible: MAX_IMPOSSIBLE,
        budget: grant.left,
        bill: (spent) => team.chains.billQuestion(report, { question, spent }, actor),
      });
      return reply.kind === "answer"
        ? await keep(reply.answer, null, reply.spent)
        : await keep(null, reply.problem, reply.spent);
    } finally {
      this.#treasury.release(key);
    }
  }

  /** Why a chain is over without a question: nothing of its link was ever worked on. */
  async #whyWithoutAsking(task: Task): Promise<string | null> {
    if (task.status === "cancelled") return `${task.id} was cancelled: ${task.cancel_reason ?? ""}`;
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

  async #carryOut(
    report: LinkReport,
    { answer, problem }: DecisionRecord,
    chain: Chain,
    tasks: readonly Task[],
  ): Promise<void> {
    const { team, actor, settings, show } = this.#context;
    const ruled = this.#courseOf(chain, report.task, answer, problem);
    const course = await this.#integrated(chain, tasks, ruled.course);
    const { assignee } = ruled;
    const key = `carry out ${chain.id}`;
    try {
      const planned = await this.#withTerms(key, chain, tasks, course, assignee);
      const helpMs = settings.waits.helpMs;
      const after = await team.chains.carryOut(report, { ...planned, helpMs }, actor);
      show(terminalLine(`${report.id}: ${planned.course.kind}; ${chain.id} is ${after.status}`));
    } finally {
      this.#treasury.release(key);
    }
  }

  /** A chain is closed once its work is where it belongs; where it does not fit, it goes back. */
  async #integrated(chain: Chain, tasks: readonly Task[], course: Course): Promise<Course> {
    const { integrate, term } = this.#context;
    if (course.kind !== "close" || integrate === undefined) return course;
    return courseAfter(await integrate(chain, tasks, term.signal), course, chain);
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
    key: string,
    chain: Chain,
    tasks: readonly Task[],
    course: Course,
    assignee: InstanceId | null,
  ): Promise<{ course: Course; terms: Terms | null }> {
    const link = linkAfter(course);
    const next = tasks.find((task) => link !== null && task.link === link);
    if (link === null || next === undefined) return { course, terms: null };
    const own = this.#treasury.leftOf(chain, tasks);
    const grant = await this.#treasury.reserve({ key, whose: chain.id, own, task: next });
    if (!grant.granted) return { course: { kind: "stop", reason: grant.why }, terms: null };
    const workers = this.#context.roster.workers();
    const allowance = allowanceOf(grant.left, next.spent);
    return { course, terms: termsFor(link, workers, assignee, allowance) };
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
