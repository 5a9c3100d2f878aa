import * as z from "zod";
import { OrchestratorError } from "../domain/errors.ts";
import type { NewEvent } from "../domain/event.ts";
import type { ChainId, TaskId } from "../domain/ids.ts";
import { idOf, InstanceId, MessageId } from "../domain/ids.ts";
import { lazyObject } from "../domain/lazy_object.ts";
import { MAX_PAYLOAD_BYTES, MAX_TEXT_BYTES } from "../domain/limits.ts";
import type { Message, MessageType } from "../domain/message.ts";
import { InboxOwner } from "../domain/message.ts";
import type { Spent } from "../domain/spent.ts";
import type { Link } from "../domain/task.ts";
import { requireFits } from "../domain/text.ts";
import type { Op } from "../zookeeper/zookeeper.ts";
import type { Ground } from "./commit_once.ts";
import { encodePayload } from "./payload.ts";
import { readSerials, takeSerials } from "./serial_counter.ts";
import type { ServerTime } from "./server_time.ts";

/** What a sender gives; the store adds the rest. */
export interface NewMessage {
  /**
   * `direct` to somebody, `broadcast` to everybody, `help` for a question, `report` for what came
   * of one; Workers never run a report.
   */
  readonly type: MessageType;
  /** Inboxes; or everybody who is registered, but for the sender. */
  readonly to: readonly InstanceId[] | "everyone";
  /** The sender, as receivers see it; an empty id and name for somebody without an identity. */
  readonly from: { readonly id: InstanceId | ""; readonly name: string; readonly role?: string };
  /** At most 512 KiB as UTF-8. */
  readonly content: string;
  /** The task that it is about. */
  readonly task_id?: TaskId | null;
  /** The chain that it is about. */
  readonly chain_id?: ChainId | null;
  /** The link of the chain that it is about. */
  readonly link?: Link | null;
  /** A file that describes the task, as the sender names it; nobody opens it. */
  readonly task_doc_path?: string | null;
  /** A file with a result, as the sender names it; nobody opens it. */
  readonly result_path?: string | null;
  /** The message that it answers: `MessageFilter.replyTo` finds it by that. */
  readonly reply_to?: MessageId | null;
  /** ms, by the server's clock, after which nobody is to act on it any more. */
  readonly expires_in_ms?: number | null;
  /** Structured facts of a report, such as `status` and `cost_usd`; the sender's own shape. */
  readonly data?: Record<string, unknown> | null;
  /** What the run that it answers with has cost; told by the journal. */
  readonly spent?: Spent | undefined;
}

/** A message that was sent: the same id in the inbox of each receiver. */
export interface SentMessage {
  /** Id of the message, in each inbox. */
  readonly id: MessageId;
  /** Members whose inbox has it now; none where nobody was left to send it to. */
  readonly sent_to: InstanceId[];
  /** Of a message to everyone: members whose inbox is full, or who have none any more. */
  readonly skipped: InstanceId[];
}

/** Operations that send one message, to be committed as they are, or not at all. */
export interface Sending {
  readonly ops: Op[];
  readonly event: NewEvent | null;
  readonly sent: SentMessage;
}

/** What sending needs beside the ground. */
export interface SendingNeeds extends Ground {
  readonly serverTime: ServerTime;
  /** Ids of everybody who is registered. */
  readonly everyone: () => Promise<InstanceId[]>;
  readonly maxUnread: number;
}

const SentData = lazyObject(() => ({
  message_id: MessageId,
  to: z.array(InstanceId),
  skipped: z.array(InstanceId),
}));

interface Receiver {
  readonly id: InstanceId;
  readonly name: string;
  readonly state: "open" | "full" | "missing";
}

/**
 * Decides how a message is sent now. The counter is read before the inboxes: every send changes it,
 * so a transaction that finds it unchanged finds no inbox fuller than was read.
 *
 * @throws OrchestratorError MEMBER_NOT_FOUND, INBOX_FULL, TOO_LARGE, CORRUPT_DATA
 */
export async function planSending(
  needs: SendingNeeds,
  message: NewMessage,
  nonce: string,
): Promise<Sending> {
  requireFits("Message", message.content, MAX_TEXT_BYTES);
  const serials = await readSerials(needs.tree, "messages");
  const ids = message.to === "everyone"
    ? (await needs.everyone()).filter((id) => id !== message.from.id)
    : [...new Set(message.to)];
  const receivers = await Promise.all(ids.map((id) => readReceiver(needs, id)));
  if (message.to !== "everyone") refuseUnlessOpen(receivers, needs.maxUnread);
  const open = receivers.filter((receiver) => receiver.state === "open");
  const id = idOf("msg", serials.next);
  const sent = {
    id,
    sent_to: open.map((receiver) => receiver.id),
    skipped: receivers.filter(({ state }) => state !== "open").map((receiver) => receiver.id),
  };
  if (open.length === 0) return { ops: [], event: null, sent };
  const expiresAt = await expiry(needs, message);
  const bodies = open.map((receiver) => ({
    receiver,
    data: encodePayload(bodyOf(needs, message, receiver, { id, nonce, expiresAt })),
  }));
  requirePayloadsFit(bodies.map((body) => body.data.length));
  const ops = bodies.flatMap(({ receiver, data }): Op[] => [
    { type: "check", path: needs.tree.path("messages", receiver.id) },
    { type: "create", path: needs.tree.path("messages", receiver.id, "new", id), data },
  ]);
  return { ops: [takeSerials(serials, 1), ...ops], event: eventOf(message, sent, nonce), sent };
}

/** The result of a send, from the journal entry that it wrote. */
export function recallSending(event: NewEvent): SentMessage {
  const { message_id, to, skipped } = SentData.parse(event.data);
  return { id: message_id, sent_to: to, skipped };
}

async function readReceiver(needs: SendingNeeds, id: InstanceId): Promise<Receiver> {
  const [owner, unread] = await Promise.all([
    needs.tree.read(needs.tree.path("messages", id), InboxOwner),
    needs.tree.count(needs.tree.path("messages", id, "new")),
  ]);
  const name = owner.kind === "found" ? owner.value.name : "";
  const state = owner.kind === "missing" ? "missing" : unread >= needs.maxUnread ? "full" : "open";
  return { id, name, state };
}

function refuseUnlessOpen(receivers: readonly Receiver[], maxUnread: number): void {
  const missing = receivers.filter(({ state }) => state === "missing").map(({ id }) => id);
  if (missing.length > 0) {
    throw new OrchestratorError("MEMBER_NOT_FOUND", `Cannot send to "${missing.join('", "')}"`, {
      hint: "list-instances shows who is here",
      details: { not_found: missing },
    });
  }
  const full = receivers.filter(({ state }) => state === "full").map(({ id }) => id);
  if (full.length > 0) {
    const names = full.join('", "');
    throw new OrchestratorError("INBOX_FULL", `Cannot send to "${names}": the inbox is full`, {
      hint: "Wait until it has been read, or have it dismissed",
      details: { full, limit: maxUnread },
    });
  }
}

async function expiry(needs: SendingNeeds, message: NewMessage): Promise<string | null> {
  if (message.expires_in_ms === undefined || message.expires_in_ms === null) return null;
  return new Date(await needs.serverTime.now() + message.expires_in_ms).toISOString();
}

function bodyOf(
  needs: SendingNeeds,
  message: NewMessage,
  receiver: Receiver,
  made: { id: MessageId; nonce: string; expiresAt: string | null },
): Message {
  return {
    v: 1,
    id: made.id,
    type: message.type,
    from_instance: message.from.id,
    from_name: message.from.name,
    from_role: message.from.role ?? "",
    to_instance: receiver.id,
    to_name: receiver.name,
    content: message.content,
    task_id: message.task_id ?? null,
    chain_id: message.chain_id ?? null,
    link: message.link ?? null,
    task_doc_path: message.task_doc_path ?? null,
    result_path: message.result_path ?? null,
    reply_to: message.reply_to ?? null,
    created_at: new Date(needs.clock.now()).toISOString(),
    expires_at: made.expiresAt,
    read: false,
    read_at: null,
    data: message.data ?? null,
    nonce: made.nonce,
    finished_by: null,
  };
}

function requirePayloadsFit(sizes: readonly number[]): void {
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes <= MAX_PAYLOAD_BYTES) return;
  const what = sizes.length === 1 ? "Message" : `Message to ${sizes.length} receivers`;
  throw new OrchestratorError(
    "TOO_LARGE",
    `${what} is too large: ${bytes} bytes as stored, at most ${MAX_PAYLOAD_BYTES} are allowed`,
    {
      hint: "Put the text into a file, or into the shared context, and send where it is",
      details: { bytes, limit: MAX_PAYLOAD_BYTES, receivers: sizes.length },
    },
  );
}

function eventOf(message: NewMessage, sent: SentMessage, nonce: string): NewEvent {
  return {
    type: "message_sent",
    by: message.from.id,
    by_name: message.from.name,
    task_id: message.task_id ?? null,
    chain_id: message.chain_id ?? null,
    data: {
      message_id: sent.id,
      type: message.type,
      to: sent.sent_to,
      skipped: sent.skipped,
      nonce,
      ...(message.spent === undefined ? {} : { spent: message.spent }),
    },
  };
}
