import { join } from "node:path";
import type { AgentRun } from "../agent/agent_request.ts";
import { readAnswer } from "../agent/answer.ts";
import { answerSchema } from "../agent/answer_schema.ts";
import { BillKeeper, type Failure } from "../agent/bill_keeper.ts";
import { terminalLine } from "../agent/terminal_text.ts";
import { isLoss } from "../coordination/losses.ts";
import type { NewEvent } from "../domain/event.ts";
import { MAX_JOURNAL_TEXT_BYTES } from "../domain/limits.ts";
import { addSpent, NOTHING_SPENT, type Spent, tokensOf } from "../domain/spent.ts";
import { render, type TemplateValues } from "../domain/template.ts";
import { truncateUtf8 } from "../domain/text.ts";
import { sleep } from "../platform/clock.ts";
import type * as z from "zod";
import type { EnquiryKind, LeaderContext } from "./context.ts";
import { Patience } from "./patience.ts";
import { isSpent, type Left } from "./treasury.ts";

/** Times that an answer of the wrong form is sent back with what is wrong with it. */
export const MAX_REPAIRS = 2;
/** Runs that may fail for reasons of their own before the agent is given up. */
const MAX_FAILURES = 3;

/** A question to the Leader's agent. */
export interface Question<S extends z.ZodType> {
  readonly kind: EnquiryKind;
  /** Of what it is about: names the log. */
  readonly id: string;
  /** What a refused answer's event says it is about. */
  readonly about: Pick<NewEvent, "requirement_id" | "chain_id" | "task_id">;
  readonly values: TemplateValues;
  readonly schema: S;
  /** What is wrong with an answer that has the right form; none: it can be used. */
  readonly problems: (answer: z.output<S>) => readonly string[];
  /** Times that an answer of the right form is sent back because of them. */
  readonly maxImpossible: number;
  /** What all its runs together may cost. */
  readonly budget: Left;
  /** Bills what it has cost until now, while it is asked; called now and then. */
  readonly bill: (spent: Spent) => Promise<void>;
}

export type Reply<T> =
  | { readonly kind: "answer"; readonly answer: T; readonly spent: Spent }
  /** No answer that can be used; `problem` is one sentence. */
  | { readonly kind: "none"; readonly problem: string; readonly spent: Spent };

/**
 * Asks the agent, and asks again with what is wrong: about the form of its answer at most twice, about
 * what it says as often as the question allows. Limits and outages are waited out, and count as nothing;
 * runs that fail for reasons of their own are tried three times. Rejects where the term ends first.
 */
export async function ask<S extends z.ZodType>(
  context: LeaderContext,
  question: Question<S>,
): Promise<Reply<z.output<S>>> {
  return await new Enquiry(context, question).answer();
}

/** What a further question in the same conversation goes on with. */
interface Conversation {
  readonly sessionId: string;
  readonly costUsd: number;
}

/** What is to be done after a run: reply, or run again. */
type Next<T> = Reply<T> | "again";

class Enquiry<S extends z.ZodType> {
  readonly #context: LeaderContext;
  readonly #question: Question<S>;
  readonly #patience: Patience;
  readonly #bill: BillKeeper;
  #spent = NOTHING_SPENT;
  #failures = 0;
  /** Answers that were sent back, by what was wrong with them. */
  #malformed = 0;
  #impossible = 0;
  #complaints: readonly string[] = [];
  #conversation: Conversation | null = null;

  constructor(context: LeaderContext, question: Question<S>) {
    this.#context = context;
    this.#question = question;
    this.#patience = new Patience(context);
    this.#bill = new BillKeeper({
      clock: context.clock,
      everyMs: context.settings.waits.billMs,
      note: question.bill,
      failed: (error) => this.#billFailed(error),
    });
  }

  async answer(): Promise<Reply<z.output<S>>> {
    void this.#bill.keep();
    try {
      return await this.#untilAnswered();
    } finally {
      this.#bill.end();
    }
  }

  async #untilAnswered(): Promise<Reply<z.output<S>>> {
    for (;;) {
      await Promise.all([this.#context.term.untilMayAct(), this.#patience.waitOutPause()]);
      const left = this.#left();
      if (isSpent(left)) return this.#none("Its budget is spent");
      const run = await this.#run(left);
      this.#add(run);
      const next = await this.#take(run);
      if (next !== "again") return next;
    }
  }

  async #take(run: AgentRun): Promise<Next<z.output<S>>> {
    const { outcome } = run;
    if (outcome.kind === "aborted") this.#context.term.signal.throwIfAborted();
    if (outcome.kind === "no_such_session") {
      this.#conversation = null;
      return "again";
    }
    if (await this.#patience.waitOut(outcome)) return "again";
    if (outcome.kind === "ok" || outcome.kind === "no_structured_output") return this.#read(run);
    const why = "reason" in outcome ? outcome.reason : WHY[outcome.kind];
    if (outcome.kind === "budget_spent" || ++this.#failures >= MAX_FAILURES) {
      return this.#none(`The Leader's agent failed: ${why}; its log is ${run.logPath}`);
    }
    const { show, clock, settings, term } = this.#context;
    const { kind, id } = this.#question;
    show(terminalLine(`${kind} ${id}: ${why}; trying again`));
    await sleep(clock, settings.waits.backOff.firstMs, term.signal);
    return "again";
  }

  async #read(run: AgentRun): Promise<Next<z.output<S>>> {
    const { schema, problems: problemsOf, maxImpossible } = this.#question;
    const read = readAnswer(run, schema);
    const problems = read.ok ? problemsOf(read.value) : read.complaints;
    if (read.ok && problems.length === 0) {
      return { kind: "answer", answer: read.value, spent: this.#spent };
    }
    await this.#tellRefused(problems, run.logPath);
    const isOver = read.ok ? this.#impossible++ >= maxImpossible : this.#malformed++ >= MAX_REPAIRS;
    if (isOver) {
      const tries = this.#malformed + this.#impossible;
      return this.#none(
        `No usable answer in ${tries} tries: ${
          problems.join("; ")
        }; the last one is kept in ${run.logPath}`,
      );
    }
    this.#complaints = problems;
    this.#conversation = conversationOf(run);
    return "again";
  }

  #none(problem: string): Reply<z.output<S>> {
    return { kind: "none", problem, spent: this.#spent };
  }

  #left(): Left {
    const { usd, tokens } = this.#question.budget;
    return {
      usd: usd === null ? null : usd - this.#spent.cost_usd,
      tokens: tokens === null ? null : tokens - tokensOf(this.#spent),
    };
  }

  async #run({ usd, tokens }: Left): Promise<AgentRun> {
    const { settings, workshop, clock, term, self } = this.#context;
    const { kind, id, about, schema } = this.#question;
    const time = new Date(clock.now()).toISOString().replace(/[-:.]/g, "");
    const key = `${kind}-${id.slice(id.indexOf("-") + 1)}-${time}`;
    const conversation = this.#conversation;
    return await workshop.run({
      command: settings.command,
      prompt: this.#prompt(),
      cwd: settings.workDir,
      env: { ...settings.env, CLAUDE_ORCHESTRATOR_INSTANCE_ID: self },
      attributes: {
        root: settings.env["ZK_ROOT_PATH"],
        member_id: self,
        member_name: this.#context.actor.name,
        member_role: "leader",
        question: kind,
        ...about,
      },
      logPath: join(settings.cacheDir, `${key}.log`),
      limits: settings.limits,
      expects: "answer",
      options: {
        jsonSchema: answerSchema(schema),
        readOnly: true,
        ...(settings.maxTurns === undefined ? {} : { maxTurns: settings.maxTurns }),
        ...(usd === null ? {} : { budgetUsd: rounded(usd) }),
      },
      budgetTokens: tokens ?? undefined,
      resume: conversation ?? undefined,
      signal: term.signal,
      onUsage: (usage, model) =>
        this.#bill.update(addSpent(this.#spent, this.#context.prices.spentSoFar(usage, model))),
    });
  }

  /** What cannot be billed now is billed with the next bill, or with the answer. */
  #billFailed(error: unknown): Failure {
    const { term, show } = this.#context;
    if (term.signal.aborted) return "over";
    if (isLoss(error)) return "again";
    show(terminalLine(`${this.#question.id}: what is asked cannot be billed yet: ${error}`));
    return "over";
  }

  #add(run: AgentRun): void {
    const { prices } = this.#context;
    prices.learn(run);
    this.#spent = addSpent(this.#spent, prices.spentOn(run));
    this.#bill.update(this.#spent);
  }

  /** The question, and what was wrong with the last answer; in a conversation only that. */
  #prompt(): string {
    const { kind, values } = this.#question;
    const refused = this.#complaints.length === 0 ? [] : [
      `Your answer cannot be used:\n${this.#complaints.map((one) => `- ${one}`).join("\n")}\n\n` +
      "Answer again with one JSON object of the shape that was asked for, and nothing else.\n",
    ];
    if (this.#conversation !== null) return refused.join("");
    return [render(this.#context.template(kind), values), ...refused].join("\n");
  }

  async #tellRefused(problems: readonly string[], log: string): Promise<void> {
    const { team, actor, show } = this.#context;
    const { kind, id, about } = this.#question;
    const all = problems.join("; ");
    show(terminalLine(`${kind} ${id}: the answer cannot be used: ${all}`));
    await team.announce({
      type: "answer_refused",
      by: actor.id,
      by_name: actor.name,
      ...about,
      reason: truncateUtf8(all, MAX_JOURNAL_TEXT_BYTES),
      data: { kind, about: id, log },
    });
  }
}

/** Sums of costs end in digits that nobody meant. */
function rounded(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}

/** Outcomes that say nothing themselves. */
const WHY = {
  aborted: "it was stopped",
  nothing_done: "its tools were denied",
  timed_out: "it took too long",
} as const;

function conversationOf(run: AgentRun): Conversation | null {
  if (run.sessionId === null || run.sessionCostUsd === null) return null;
  return { sessionId: run.sessionId, costUsd: run.sessionCostUsd };
}
