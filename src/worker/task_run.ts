import type { AgentRun } from "../agent/agent_request.ts";
import type { BillKeeper } from "../agent/bill_keeper.ts";
import type { PriceBook } from "../agent/price_book.ts";
import { terminalLine } from "../agent/terminal_text.ts";
import type { Usage } from "../agent/usage.ts";
import type { TokenHolder } from "../coordination/task_queue.ts";
import type { FencingToken, TaskId } from "../domain/ids.ts";
import { MAX_REASON_BYTES } from "../domain/limits.ts";
import { parseReport } from "../domain/report.ts";
import { addSpent } from "../domain/spent.ts";
import type { Task } from "../domain/task.ts";
import { truncateUtf8 } from "../domain/text.ts";
import { allowanceOf, type Budget } from "./allowance.ts";
import { runCheck, runOnce, type Subject } from "./attempt.ts";
import type { WorkerContext } from "./context.ts";
import { earlierTasks, writeEarlierReports } from "./earlier_tasks.ts";
import type { Gate } from "./gate.ts";
import { runFiles } from "./log_key.ts";
import type { Measures } from "./measures.ts";
import { keep, prepare, tellHandedIn } from "./place_of_work.ts";
import { kindOf, taskPrompt } from "./prompt.ts";
import { backOffMs, react, type Reaction, type Verdict } from "./reaction.ts";
import type { Running } from "./running.ts";
import type { SessionStore } from "./session_store.ts";
import { billRest, endClaim, insist, isClaimGone } from "./settle.ts";
import { taskBill } from "./task_bill.ts";
import { evidenceOf, resultOf, type RunAccount, taskReport } from "./task_report.ts";
import type { Tally } from "./tally.ts";

/** What a claimed task's runs need besides the context. */
export interface TaskRunNeeds {
  readonly context: WorkerContext;
  readonly gate: Gate;
  readonly running: Running;
  readonly sessions: SessionStore;
  readonly prices: PriceBook;
  readonly measures: Measures;
  readonly tally: Tally;
}

/** What is known when the agent, and the check after it, are done. */
interface Attempted {
  readonly account: RunAccount;
  readonly reaction: Reaction;
  readonly verdict: Verdict;
}

/**
 * Takes a claimed task through one attempt: start, run, judge, check, settle, report. Whatever happens,
 * the claim is ended, or was lost: then the output is kept and the task left to its new owner.
 */
export async function workOnTask(needs: TaskRunNeeds, task: Task): Promise<void> {
  const { context, gate, running } = needs;
  const token = task.claim?.token;
  if (token === undefined) return;
  const holder: TokenHolder = { by: context.actor, token };
  const claim = running.add(task.id, token);
  const { lost } = claim;
  const bill = taskBill(context, task.id, holder, () => claim.lose());
  try {
    context.show(terminalLine(`${task.id} ${task.link ?? "task"}: ${task.title}`));
    const allowance = allowanceOf(task, context.settings.budget ?? {});
    if (allowance.kind === "spent") {
      return await refuse(needs, task, holder, allowance.reason);
    }
    // Read beside the step, since an agent waits for all of it.
    const [earlier, leader] = await Promise.all([
      earlierTasks(context, task),
      context.team.leader(),
      insist(context, gate, context.stop, () => context.team.tasks.start(task.id, holder)),
    ]);
    const problem = await prepare(context, needs.sessions, task, earlier);
    if (problem !== null) return await refuse(needs, task, holder, problem, true);
    void bill.keep();
    const attempted = await attempt(needs, task, earlier, {
      token,
      bill,
      leaderName: leader?.name ?? null,
      budget: allowance.budget,
      lost,
    });
    bill.end();
    const { files, spent } = attempted.account;
    if (lost.aborted) {
      await insist(context, gate, context.stop, () => billRest(context, task.id, holder, spent));
      return tellLost(context, task, files.log);
    }
    await settle(needs, task, holder, attempted);
  } catch (error) {
    if (!isClaimGone(error)) throw error;
    tellLost(context, task, null);
  } finally {
    bill.end();
    claim.end();
  }
}

function tellLost(context: WorkerContext, task: Task, log: string | null): void {
  const kept = log === null ? "" : `; what it printed is kept in ${log}`;
  context.show(terminalLine(`${task.id}: the claim was lost, somebody else has it${kept}`));
}

/**
 * Fails a task without a run. `again`: as an attempt, after which others follow; not where they would find
 * as little, such as no money.
 */
async function refuse(
  { context, gate, tally }: TaskRunNeeds,
  task: Task,
  holder: TokenHolder,
  reason: string,
  again = false,
): Promise<void> {
  const isLast = !again || task.retry_count >= task.max_retries;
  const next = again ? { notBefore: nextAttempt(context, task) } : undefined;
  const fail = () => context.team.tasks.fail(task.id, holder, reason, next);
  const after = await insist(
    context,
    gate,
    context.stop,
    () => endClaim(context, { id: task.id, holder }, isLast ? "failed" : "pending", fail),
  );
  if (after === null) return tellLost(context, task, null);
  tally.add("failed", null);
  context.show(terminalLine(`${task.id} failed: ${reason}`));
}

async function attempt(
  needs: TaskRunNeeds,
  task: Task,
  earlier: readonly Task[],
  { token, bill, leaderName, budget, lost }: {
    readonly token: FencingToken;
    readonly bill: BillKeeper;
    readonly leaderName: string | null;
    readonly budget: Budget;
    readonly lost: AbortSignal;
  },
): Promise<Attempted> {
  const { context, sessions, prices } = needs;
  const { identity, settings, workshop, clock } = context;
  const signal = AbortSignal.any([context.stop, lost]);
  const { id: taskId, chain_id: chainId, link } = task;
  const subject: Subject = { taskId, chainId, token, link, attempt: task.spent.runs + 1 };
  const docPath = writeEarlierReports(context, task, earlier);
  const tree = await workshop.lookAtWorkTree(identity.workDir);
  const changesSomething = task.link === null || task.link === "build";
  const runs: AgentRun[] = [];
  const onUsage = (usage: Usage, model: string | null) =>
    bill.update(addSpent(prices.spentOn(...runs), prices.spentSoFar(usage, model)));
  const runAgent = async (resume: { sessionId: string; costUsd: number } | undefined) => {
    const files = runFiles(settings.cacheDir, "task", task.id, clock.now());
    const prompt = taskPrompt(context, task, files, {
      docPath,
      leaderName,
      isResumed: resume !== undefined,
    });
    const expects = changesSomething ? "changes" as const : "answer" as const;
    const how = { expects, resume, budget, signal, onUsage };
    const run = await runOnce(context, prompt, files, subject, how);
    prices.learn(run);
    runs.push(run);
    bill.update(prices.spentOn(...runs));
    return { files, run };
  };

  const kept = sessions.get(task.id, identity.workDir);
  let { run, files } = await runAgent(
    kept === null ? undefined : { sessionId: kept.session_id, costUsd: kept.cost_usd },
  );
  if (run.outcome.kind === "no_such_session" && kept !== null) {
    sessions.forget(task.id);
    ({ run, files } = await runAgent(undefined));
  }
  const report = run.outcome.kind === "ok" ? parseReport(kindOf(task), run.text) : null;
  const reaction = react(run.outcome, report);
  remember(needs, task.id, run, reaction);
  const check = reaction.verdict.work === "complete" && task.verify !== null
    ? await runCheck(context, task.verify, files, subject, signal)
    : null;
  const account: RunAccount = {
    run,
    costUsd: runs.map((each) => each.costUsd).reduce(sum),
    spent: prices.spentOn(...runs),
    report,
    check,
    changes: await tree.changes(),
    kept: {},
    files,
  };
  const verdict = afterCheck(reaction.verdict, account, signal);
  if (verdict.work !== "complete") return { account, reaction, verdict };
  const end = await keep(context, task);
  return "kept" in end
    ? { account: { ...account, kept: end.kept }, reaction, verdict }
    : { account, reaction, verdict: { work: "fail", reason: end.problem, again: true } };
}

function afterCheck(verdict: Verdict, { check }: RunAccount, signal: AbortSignal): Verdict {
  if (check === null || check.passed) return verdict;
  if (signal.aborted) return { work: "release", reason: "The check was stopped" };
  const reason = `The check failed: ${check.command}\n${check.output}`;
  return { work: "fail", reason, again: true };
}

/** Keeps the conversation for the next run of the task on this machine, or forgets it. */
function remember(
  { context, sessions }: TaskRunNeeds,
  id: TaskId,
  run: AgentRun,
  { keepSession }: Reaction,
): void {
  if (!keepSession || run.sessionId === null || run.sessionCostUsd === null) {
    return sessions.forget(id);
  }
  sessions.keep(id, {
    session_id: run.sessionId,
    cost_usd: run.sessionCostUsd,
    work_dir: context.identity.workDir,
  });
}

/** Ends the claim by the verdict, tells the Leader, and does what else the outcome asks for. */
async function settle(
  needs: TaskRunNeeds,
  task: Task,
  holder: TokenHolder,
  { account, reaction, verdict }: Attempted,
): Promise<void> {
  const { context, gate, measures, tally } = needs;
  const { show, stop } = context;
  // First, so that nobody claims the task that is about to go back only to meet the same limit.
  await measures.take(reaction.measure).catch((error: unknown) =>
    show(terminalLine(String(error)))
  );
  const after = await insist(
    context,
    gate,
    stop,
    () => end(context, task, holder, verdict, account),
  );
  if (after === null) return tellLost(context, task, account.files.log);
  if (verdict.work === "complete") await tellHandedIn(context, task, account.kept);
  const isFailedAttempt = verdict.work === "fail" && after.status === "pending";
  const ended = after.status === "pending" ? "released" : after.status;
  tally.add(isFailedAttempt ? "failed" : ended, account.costUsd);
  const reason = "reason" in verdict ? verdict.reason : null;
  const became = isFailedAttempt ? `failed, next attempt at ${after.not_before}` : after.status;
  show(terminalLine(`${task.id} ${became}${reason === null ? "" : `: ${reason}`}`));
  if (verdict.work === "release") return;
  await tellLeader(context, after, reason, account);
}

/** One step, to be taken again after a lost connection. */
async function end(
  context: WorkerContext,
  task: Task,
  holder: TokenHolder,
  verdict: Verdict,
  account: RunAccount,
): Promise<Task | null> {
  const { tasks } = context.team;
  const reason = truncateUtf8("reason" in verdict ? verdict.reason : "", MAX_REASON_BYTES);
  const { spent } = account;
  const ending = { id: task.id, holder, spent };
  switch (verdict.work) {
    case "complete": {
      const result = resultOf(account.run.text);
      const done = { result, evidence: evidenceOf(account), spent };
      return await endClaim(
        context,
        ending,
        "completed",
        () => tasks.complete(task.id, holder, done),
      );
    }
    case "block":
      return await endClaim(
        context,
        ending,
        "blocked",
        () => tasks.block(task.id, holder, reason, spent),
      );
    case "release":
      return await endClaim(
        context,
        ending,
        "pending",
        () => tasks.release(task.id, holder, reason, { spent }),
      );
    case "fail":
    case "start_anew": {
      const isAgain = verdict.work === "fail" && verdict.again;
      const again = isAgain ? { notBefore: nextAttempt(context, task) } : undefined;
      const status = isAgain && task.retry_count < task.max_retries ? "pending" : "failed";
      return await endClaim(
        context,
        ending,
        status,
        () => tasks.fail(task.id, holder, reason, again, spent),
      );
    }
  }
}

/** When a failed attempt is followed by the next (ISO 8601): later with each of them. */
function nextAttempt({ clock, random, settings }: WorkerContext, task: Task): string {
  const ms = backOffMs(task.retry_count, random.next(), settings.waits.retry);
  return new Date(clock.now() + ms).toISOString();
}

/** Tells the Leader, if there is one; the journal says the essential without it too. */
async function tellLeader(
  context: WorkerContext,
  task: Task,
  reason: string | null,
  account: RunAccount,
): Promise<void> {
  try {
    const leader = await context.team.leader();
    if (leader === null) return;
    await context.team.inbox.send(taskReport(leader.id, context.identity, task, reason, account));
  } catch (error) {
    context.show(terminalLine(`Cannot report to the Leader: ${error}`));
  }
}

function sum(one: number | null, other: number | null): number | null {
  return one === null && other === null ? null : (one ?? 0) + (other ?? 0);
}
