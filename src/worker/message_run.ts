import { spentOn } from "../agent/run_cost.ts";
import { terminalLine } from "../agent/terminal_text.ts";
import type { MessageRun, NewMessage } from "../coordination/inbox.ts";
import { OrchestratorError } from "../domain/errors.ts";
import { InstanceId } from "../domain/ids.ts";
import type { Message } from "../domain/message.ts";
import { parseReport } from "../domain/report.ts";
import { truncateUtf8 } from "../domain/text.ts";
import { runOnce } from "./attempt.ts";
import type { WorkerContext } from "./context.ts";
import type { Gate } from "./gate.ts";
import { runFiles } from "./log_key.ts";
import type { Measures } from "./measures.ts";
import { messagePrompt } from "./prompt.ts";
import { react } from "./reaction.ts";
import { insist } from "./settle.ts";
import type { Tally } from "./tally.ts";
import { messageReply, type RunAccount } from "./task_report.ts";

/** Bytes of an answer that are sent; the whole of it is in the result file. */
const MAX_ANSWER_BYTES = 64 * 1024;

export interface MessageRunNeeds {
  readonly context: WorkerContext;
  readonly gate: Gate;
  readonly measures: Measures;
  readonly tally: Tally;
}

/** Whether a message is over and done with, or comes again (after three counted runs no more). */
export type MessageEnd = "over" | "again";

/**
 * Runs the agent on one message and sends the answer back to who wrote it, and to the Leader. Reports
 * are answers themselves: they are shown and marked read, so that two Workers never talk for ever.
 */
export async function workOnMessage(
  needs: MessageRunNeeds,
  message: Message,
): Promise<MessageEnd> {
  const { context, gate } = needs;
  const { team, identity, stop, show } = context;
  show(terminalLine(`${message.id} ${message.type} from ${message.from_name}: ${message.content}`));
  if (message.type === "report") {
    await insist(context, gate, stop, () => team.inbox.markRead(identity.id, message.id));
    return "over";
  }
  const begun = await insist(
    context,
    gate,
    stop,
    () => team.inbox.begin(identity.id, message.id, context.processName),
  );
  if (begun.kind === "dead") show(`${message.id} was given up: ${begun.reason}`);
  return begun.kind === "begun" ? await runMessage(needs, begun.run) : "over";
}

async function runMessage(needs: MessageRunNeeds, begun: MessageRun): Promise<MessageEnd> {
  const { context, gate, measures, tally } = needs;
  const { team, identity, settings, stop, clock, show } = context;
  const { message } = begun;
  const kind = message.type === "help" ? "help" : "msg";
  const files = runFiles(settings.cacheDir, kind, message.id, clock.now());
  const leader = await team.leader();
  const tree = await context.workshop.lookAtWorkTree(identity.workDir);
  const prompt = messagePrompt(context, message, files, leader?.name ?? null);
  const subject = {
    taskId: message.task_id,
    chainId: message.chain_id,
    token: null,
    link: message.link,
    attempt: null,
  };
  const run = await runOnce(context, prompt, files, subject, {
    expects: "answer",
    budget: settings.budget ?? {},
    signal: stop,
  });
  const isOk = run.outcome.kind === "ok";
  const { verdict, measure } = react(run.outcome, null);
  await measures.take(measure).catch((error: unknown) => show(terminalLine(String(error))));
  if (!isOk) {
    const counted = verdict.work === "fail";
    const reason = "reason" in verdict ? verdict.reason : "";
    show(terminalLine(`${message.id} not answered: ${reason}`));
    tally.add("unanswered", run.costUsd);
    await insist(context, gate, stop, () => team.inbox.putBack(begun, { counted }));
    return "again";
  }
  const account: RunAccount = {
    run,
    costUsd: run.costUsd,
    spent: spentOn(run),
    report: parseReport("message", run.text),
    check: null,
    changes: await tree.changes(),
    kept: {},
    files,
  };
  tally.add("messages", run.costUsd);
  const reply = replyTo(context, message, leader?.id ?? null, account);
  await insist(context, gate, stop, () => finish(context, begun, reply));
  return "over";
}

/** The answer, for the sender and the Leader; null where neither is there, or both are we. */
function replyTo(
  { identity }: WorkerContext,
  message: Message,
  leader: InstanceId | null,
  account: RunAccount,
): NewMessage | null {
  const sender = InstanceId.safeParse(message.from_instance);
  const ids = [...sender.success ? [sender.data] : [], ...leader === null ? [] : [leader]];
  const to = [...new Set(ids)].filter((id) => id !== identity.id);
  if (to.length === 0) return null;
  const answer = truncateUtf8(account.run.text, MAX_ANSWER_BYTES);
  return messageReply(to, identity, message, answer, account);
}

/** An answer that cannot be delivered is left in the result file; the message is read all the same. */
async function finish(
  context: WorkerContext,
  begun: MessageRun,
  reply: NewMessage | null,
): Promise<void> {
  const { inbox } = context.team;
  try {
    await inbox.finish(begun, reply === null ? {} : { reply });
  } catch (error) {
    if (!(error instanceof OrchestratorError)) throw error;
    context.show(terminalLine(`Cannot answer ${begun.message.id}: ${error.message}`));
    if (reply !== null && error.code !== "CLAIM_LOST") await inbox.finish(begun);
  }
}
