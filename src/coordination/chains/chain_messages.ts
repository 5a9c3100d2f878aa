import type { Chain, HelpWanted } from "../../domain/chain.ts";
import { OrchestratorError } from "../../domain/errors.ts";
import type { NewEvent } from "../../domain/event.ts";
import { InstanceId, type MessageId, reportIdOf } from "../../domain/ids.ts";
import { MAX_PAYLOAD_BYTES, MAX_REASON_BYTES } from "../../domain/limits.ts";
import type { Course } from "../../domain/ruling.ts";
import type { Act } from "../../domain/step.ts";
import type { Task } from "../../domain/task.ts";
import { truncateUtf8 } from "../../domain/text.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { type NewMessage, planSending, type SendingNeeds } from "../message_sending.ts";
import { bytesOf } from "../tasks/batch.ts";

/** Bytes of a question, tried one after another: it is kept once for each member. */
const QUESTION_BYTES = [MAX_REASON_BYTES, 2 * 1024, 256];
/** Bytes that the copies of a message may have in the transaction of a course. */
const MAX_MESSAGE_BYTES = MAX_PAYLOAD_BYTES / 2;

/** A message that is sent in the transaction of a course. */
export interface PlannedMessage {
  /** null where nobody is there to get it. */
  readonly id: MessageId | null;
  readonly ops: readonly Op[];
  readonly events: readonly NewEvent[];
}

/**
 * What is said of a course: a question to everybody, guidance to who did the link last. A question that
 * so many hear that it would be too large is cut.
 */
export async function planMessage(
  needs: SendingNeeds,
  chain: Chain,
  judged: Task,
  course: Course,
  act: Act,
): Promise<PlannedMessage | null> {
  const message = messageOf(chain, judged, course, act);
  if (message === null) return null;
  const lengths = course.kind === "help" ? QUESTION_BYTES : [MAX_REASON_BYTES];
  for (const length of lengths) {
    const content = truncateUtf8(message.content, length);
    try {
      const { ops, event, sent } = await planSending(needs, { ...message, content }, act.nonce);
      if (bytesOf(ops) > MAX_MESSAGE_BYTES) continue;
      const id = sent.sent_to.length === 0 ? null : sent.id;
      return { id, ops, events: event === null ? [] : [event] };
    } catch (error) {
      // Guidance is on the task as well, so a full inbox, or one that is gone, takes nothing away.
      if (!isUndeliverable(error)) throw error;
    }
  }
  return null;
}

/** What a chain waits for once its question was sent; null for another course, or where nobody heard. */
export function helpOf(
  chain: Chain,
  judged: Task,
  course: Course,
  message_id: MessageId | null,
  helpMs: number,
  act: Act,
): HelpWanted | null {
  if (course.kind !== "help" || message_id === null) return null;
  const until = new Date(Date.parse(act.now) + helpMs).toISOString();
  const report_id = reportIdOf(judged.id, judged.reports);
  const { question } = course;
  return { message_id, report_id, link: chain.at, question, asked_at: act.now, until };
}

function messageOf(chain: Chain, judged: Task, course: Course, act: Act): NewMessage | null {
  const about = { task_id: judged.id, chain_id: chain.id, link: judged.link };
  const from = { id: act.by.id, name: act.by.name, role: "leader" };
  if (course.kind === "help") {
    return { ...about, from, type: "help", to: "everyone", content: course.question };
  }
  const worker = InstanceId.safeParse(judged.completed_by);
  if (course.kind !== "redo" || !worker.success) return null;
  const content = `${course.decision} on ${judged.link ?? chain.at}: ${course.guidance}`;
  return { ...about, from, type: "report", to: [worker.data], content };
}

function isUndeliverable(error: unknown): boolean {
  return error instanceof OrchestratorError &&
    ["MEMBER_NOT_FOUND", "INBOX_FULL", "TOO_LARGE"].includes(error.code);
}
