import { join } from "node:path";
import type { AgentRun } from "../agent/agent_request.ts";
import { readAnswer } from "../agent/answer.ts";
import { answerSchema } from "../agent/answer_schema.ts";
import { terminalLine } from "../agent/terminal_text.ts";
import { addSpent, NOTHING_SPENT, type Spent } from "../domain/spent.ts";
import { render, type TemplateValues } from "../domain/template.ts";
import { sleep } from "../platform/clock.ts";
import type * as z from "zod";
import type { EnquiryKind, LeaderContext } from "./context.ts";
import { Patience } from "./patience.ts";

/** Times that an answer is sent back with what is wrong with it. */
const MAX_REPAIRS = 2;
/** Runs that may fail for reasons of their own before the agent is given up. */
const MAX_FAILURES = 3;

/** A question to the Leader's agent. */
export interface Question<S extends z.ZodType> {
  readonly kind: EnquiryKind;
  /** Of what it is about: names the log. */
  readonly id: string;
  readonly values: TemplateValues;
  readonly schema: S;
  /** What is wrong with an answer that has the right shape; none: it can be used. */
  readonly problems: (answer: z.output<S>) => readonly string[];
  /** US dollars that may be spent on it; null: no limit. */
  readonly budgetUsd: number | null;
}

export type Reply<T> =
  | { readonly kind: "answer"; readonly answer: T; readonly spent: Spent }
  /** No answer that can be used; `problem` is one sentence. */
  | { readonly kind: "none"; readonly problem: string; readonly spent: Spent };

/**
 * Asks the agent, and asks again with what is wrong, at most twice. Limits and outages are waited out,
 * and count as nothing; runs that fail for reasons of their own are tried three times. Rejects where
 * the term ends first.
 */
export async function ask<S extends z.ZodType>(
  context: LeaderContext,
  question: Question<S>,
): Promise<Reply<z.output<S>>> {
  const patience = new Patience(context);
  let spent = NOTHING_SPENT;
  let failures = 0;
  let complaints: readonly string[] = [];
  let conversation: Conversation | null = null;
  for (let repairs = 0;;) {
    await context.term.untilMayAct();
    const left = question.budgetUsd === null ? null : question.budgetUsd - spent.cost_usd;
    if (left !== null && left <= 0) return { kind: "none", problem: "Budget spent", spent };
    const run: AgentRun = await runOnce(context, question, complaints, conversation, left);
    spent = addSpent(spent, spentOn(run));
    if (run.outcome.kind === "aborted") {
      context.term.signal.throwIfAborted();
      throw new Error("The run was stopped");
    }
    if (run.outcome.kind === "no_such_session") {
      conversation = null;
      continue;
    }
    if (await patience.waitOut(run.outcome)) continue;
    if (run.outcome.kind !== "ok" && run.outcome.kind !== "no_structured_output") {
      const why = "reason" in run.outcome ? run.outcome.reason : run.outcome.kind;
      const isSpent = run.outcome.kind === "budget_spent";
      if (isSpent || ++failures >= MAX_FAILURES) {
        return { kind: "none", problem: `The Leader's agent failed: ${why}`, spent };
      }
      context.show(terminalLine(`${question.kind} ${question.id}: ${why}; trying again`));
      await sleep(context.clock, context.settings.waits.backOff.firstMs, context.term.signal);
      continue;
    }
    const read = readAnswer(run, question.schema);
    const problems = read.ok ? question.problems(read.value) : read.complaints;
    if (read.ok && problems.length === 0) return { kind: "answer", answer: read.value, spent };
    await tellRefused(context, question, problems, run.logPath);
    if (repairs++ >= MAX_REPAIRS) {
      const problem = `No usable answer after ${repairs} tries: ${problems.join("; ")}; ` +
        `the last one is kept in ${run.logPath}`;
      return { kind: "none", problem, spent };
    }
    complaints = problems;
    conversation = conversationOf(run);
  }
}

/** What a further question in the same conversation goes on with. */
interface Conversation {
  readonly sessionId: string;
  readonly costUsd: number;
}

function conversationOf(run: AgentRun): Conversation | null {
  if (run.sessionId === null || run.sessionCostUsd === null) return null;
  return { sessionId: run.sessionId, costUsd: run.sessionCostUsd };
}

async function runOnce<S extends z.ZodType>(
  context: LeaderContext,
  { kind, id, values, schema }: Question<S>,
  complaints: readonly string[],
  conversation: Conversation | null,
  budgetUsd: number | null,
): Promise<AgentRun> {
  const { settings, workshop, clock, term } = context;
  const time = new Date(clock.now()).toISOString().replace(/[-:.]/g, "");
  const serial = id.slice(id.indexOf("-") + 1);
  const key = `${kind}-${serial}-${time}`;
  const question = render(context.template(kind), values);
  const refused = complaints.length === 0
    ? ""
    : `Your answer cannot be used:\n${complaints.map((one) => `- ${one}`).join("\n")}\n\n` +
      "Answer again with one JSON object of the shape that was asked for, and nothing else.\n";
  const prompt = conversation === null
    ? [question, refused].filter((part) => part !== "").join("\n")
    : refused;
  const limit = least(budgetUsd, settings.runBudgetUsd ?? null);
  return await workshop.run({
    command: settings.command,
    prompt,
    cwd: settings.workDir,
    env: { ...settings.env, CLAUDE_ORCHESTRATOR_INSTANCE_ID: context.self },
    logPath: join(settings.cacheDir, `${key}.log`),
    limits: settings.limits,
    expects: "answer",
    options: {
      jsonSchema: answerSchema(schema),
      ...(settings.maxTurns === undefined ? {} : { maxTurns: settings.maxTurns }),
      ...(limit === null ? {} : { budgetUsd: limit }),
    },
    resume: conversation ?? undefined,
    signal: term.signal,
  });
}

async function tellRefused<S extends z.ZodType>(
  { team, actor, show }: LeaderContext,
  { kind, id }: Question<S>,
  problems: readonly string[],
  logPath: string,
): Promise<void> {
  const reason = problems.join("; ");
  show(terminalLine(`${kind} ${id}: the answer cannot be used: ${reason}`));
  const data = { kind, about: id, problems, log: logPath };
  await team.announce({ type: "answer_refused", by: actor.id, by_name: actor.name, reason, data });
}

function spentOn(run: AgentRun): Spent {
  const { usage } = run;
  const input = usage === null
    ? 0
    : usage.inputTokens + usage.cacheCreationTokens + usage.cacheReadTokens;
  return {
    cost_usd: run.costUsd ?? 0,
    input_tokens: input,
    output_tokens: usage?.outputTokens ?? 0,
    runs: 1,
  };
}

function least(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
