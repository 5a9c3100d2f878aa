import type { Chain, HelpWanted } from "../../domain/chain.ts";
import { OrchestratorError } from "../../domain/errors.ts";
import type { NewEvent } from "../../domain/event.ts";
import { InstanceId, type MessageId } from "../../domain/ids.ts";
import type { Course } from "../../domain/ruling.ts";
import type { Act } from "../../domain/step.ts";
import type { Task } from "../../domain/task.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { type NewMessage, planSending, type SendingNeeds } from "../message_sending.ts";

/** A message that is sent in the transaction of a course. */
export interface PlannedMessage {
  /** null where nobody is there to get it. */
  readonly id: MessageId | null;
  readonly ops: readonly Op[];
  readonly events: readonly NewEvent[];
}

/** What is said of a course: a question to everybody, guidance to who did the link last. */
export async function planMessage(
  needs: SendingNeeds,
  chain: Chain,
  judged: Task,
  course: Course,
  act: Act,
): Promise<PlannedMessage | null> {
  const message = messageOf(chain, judged, course, act);
  if (message === null) return null;
  try {
    const { ops, event, sent } = await planSending(needs, message, act.nonce);
    const id = sent.sent_to.length === 0 ? null : sent.id;
    return { id, ops, events: event === null ? [] : [event] };
  } catch (error) {
    // Guidance is on the task as well, so a full inbox, or one that is gone, takes nothing away.
    if (course.kind !== "help" && isUndeliverable(error)) return null;
    throw error;
  }
}

/** What a chain waits for once its question was sent; null for another course, or where nobody heard. */
export function helpOf(
  chain: Chain,
  course: Course,
  message_id: MessageId | null,
  helpMs: number,
  act: Act,
): HelpWanted | null {
  if (course.kind !== "help" || message_id === null) return null;
  const until = new Date(Date.parse(act.now) + helpMs).toISOString();
  return { message_id, link: chain.at, question: course.question, asked_at: act.now, until };
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
