import { OrchestratorError } from "../domain/errors.ts";
import type { InstanceId, MessageId } from "../domain/ids.ts";
import { DeadLetter, Message } from "../domain/message.ts";
import type { Op } from "../zookeeper/zookeeper.ts";
import { commitOnce, commitUntilDone, type Plan, type Settled } from "./commit_once.ts";
import { type Begun, type Finishing, type MessageRun, MessageRuns, sound } from "./message_runs.ts";
import {
  type NewMessage,
  planSending,
  recallSending,
  type SendingNeeds,
  type SentMessage,
} from "./message_sending.ts";
import { encodePayload } from "./payload.ts";
import { readings, readPatiently } from "./readings.ts";
import type { Corrupt } from "./tree.ts";

export type { Begun, Finishing, MessageRun } from "./message_runs.ts";
export type { NewMessage, SentMessage } from "./message_sending.ts";

/** Messages read at once. */
const BATCH = 100;

/** Which messages of an inbox are meant. */
export interface MessageFilter {
  /** Sender. */
  readonly from?: InstanceId;
  /** Answers to this message. */
  readonly replyTo?: MessageId;
}

/** Which messages are given, of those that the filter names. */
export interface PollOptions extends MessageFilter {
  /** Those already read too. */
  readonly all?: boolean;
  /** At most so many, the oldest first. */
  readonly limit?: number;
}

/** Messages in the order in which they were sent, and the nodes that are none. */
export interface Polled {
  /** Those that match, oldest first. */
  readonly messages: Message[];
  /** Nodes of the inbox that do not parse: left where they are. */
  readonly corrupt: Corrupt[];
}

/**
 * The inboxes. One message has one id in all of them, and in each the order of the ids is the order
 * in which the messages were sent. An inbox belongs to a name on the team, not to a connection: who
 * is away finds everything later.
 *
 * `/messages/{id}/new` holds what is unread, `read` what was read (until retention), `dead` what was
 * given up, `processing` the marks of runs. Promises delivery at least once to whoever polls; exactly
 * once only to a member that uses `begin` and `finish`.
 */
export class Inbox {
  readonly #needs: SendingNeeds;
  readonly #runs: MessageRuns;

  /** Made by `openTeam`. */
  constructor(needs: SendingNeeds) {
    this.#needs = needs;
    this.#runs = new MessageRuns(needs);
  }

  /**
   * Sends one message to all its receivers, or to none. A message to everyone leaves out members
   * whose inbox is full, and says which; with nobody left it is not sent (`sent_to` is empty).
   *
   * @throws OrchestratorError MEMBER_NOT_FOUND, INBOX_FULL, TOO_LARGE, CONTENTION; ZooKeeperError
   */
  async send(message: NewMessage): Promise<SentMessage> {
    const nonce = this.#needs.random.id();
    const decide = async (): Promise<Plan<SentMessage> | Settled<SentMessage>> => {
      const { ops, event, sent } = await planSending(this.#needs, message, nonce);
      return ops.length === 0 ? { settled: sent } : { ops, event, result: () => sent };
    };
    return await commitOnce(this.#needs, nonce, decide, recallSending);
  }

  /** Unread messages, oldest first. Expired ones are moved to the dead letters when met. */
  async poll(owner: InstanceId, options: PollOptions = {}): Promise<Polled> {
    const { all = false, limit = Infinity } = options;
    await this.#needs.tree.sync();
    const [fresh, read] = await Promise.all([
      this.#names(owner, "new"),
      all ? this.#names(owner, "read") : [],
    ]);
    const polled: Polled = { messages: [], corrupt: [] };
    const places = [
      ...fresh.map((name) => ({ name, box: "new" as const })),
      ...read.map((name) => ({ name, box: "read" as const })),
    ].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (let start = 0; start < places.length && polled.messages.length < limit; start += BATCH) {
      const batch = places.slice(start, start + BATCH);
      const found = await Promise.all(batch.map(({ name, box }) => this.#read(owner, box, name)));
      for (const item of found) {
        if (item === null) continue;
        if ("kind" in item) polled.corrupt.push(item);
        else if (polled.messages.length < limit && matches(item, options)) {
          polled.messages.push(item);
        }
      }
    }
    return polled;
  }

  /**
   * Marks a message read, whoever runs it. True where it was unread, false where it was read before.
   * Throws MESSAGE_NOT_FOUND.
   */
  async markRead(owner: InstanceId, id: MessageId): Promise<boolean> {
    let tried = false;
    const decide = async (): Promise<Plan<boolean> | Settled<boolean>> => {
      const [fresh, read] = await Promise.all([
        this.#needs.tree.read(this.#path(owner, "new", id), Message),
        this.#needs.tree.read(this.#path(owner, "read", id), Message),
      ]);
      const message = sound(fresh)?.value;
      if (message === undefined) {
        if (read.kind === "missing") throw notFound(id);
        return { settled: tried };
      }
      tried = true;
      const read_at = new Date(this.#needs.clock.now()).toISOString();
      const data = encodePayload({ ...message, read: true, read_at });
      const ops: Op[] = [
        { type: "delete", path: this.#path(owner, "new", id) },
        { type: "create", path: this.#path(owner, "read", id), data },
      ];
      return { ops, event: null, result: () => true };
    };
    return await commitUntilDone(this.#needs, decide, () => Promise.resolve(null));
  }

  /**
   * Removes a message, read, unread or dead. False where there is none. A run of it goes on, and can
   * be finished.
   */
  async dismiss(owner: InstanceId, id: MessageId): Promise<boolean> {
    let tried = false;
    const decide = async (): Promise<Plan<boolean> | Settled<boolean>> => {
      const paths = (["new", "read", "dead"] as const).map((box) => this.#path(owner, box, id));
      const stats = await Promise.all(paths.map((path) => this.#needs.tree.zk.exists(path)));
      const ops = paths.flatMap((path, index): Op[] =>
        stats[index] === null ? [] : [{ type: "delete", path }]
      );
      if (ops.length === 0) return { settled: tried };
      tried = true;
      return { ops, event: null, result: () => true };
    };
    return await commitUntilDone(this.#needs, decide, () => Promise.resolve(null));
  }

  /**
   * The unread messages that match, as soon as there is one: at once where some are there already.
   * Rejects with the signal's reason.
   */
  async wait(
    owner: InstanceId,
    filter: MessageFilter & { readonly limit?: number },
    signal: AbortSignal,
  ): Promise<Message[]> {
    for await (const message of this.follow(owner, signal)) {
      if (!matches(message, filter)) continue;
      // Those that came with it: whoever waits for one takes them all.
      const { messages } = await this.poll(owner, filter);
      return messages.length > 0 ? messages : [message];
    }
    throw signal.reason;
  }

  /**
   * Every unread message once, in order, those that are there first, until the signal is aborted.
   * What arrives while the connection is away follows after it. Nodes that are no message are left
   * out (`poll` reports them).
   */
  async *follow(owner: InstanceId, signal: AbortSignal): AsyncGenerator<Message, void, void> {
    const { tree, clock } = this.#needs;
    let seen: ReadonlySet<string> = new Set();
    const lists = readings(tree, clock, signal, {
      targets: [{ path: tree.path("messages", owner, "new") }],
      read: () => this.#names(owner, "new"),
    });
    for await (const names of lists) {
      const fresh = names.filter((name) => !seen.has(name));
      for (let start = 0; start < fresh.length; start += BATCH) {
        const batch = fresh.slice(start, start + BATCH);
        const read = () => Promise.all(batch.map((name) => this.#read(owner, "new", name)));
        for (const item of await readPatiently(clock, signal, read)) {
          if (signal.aborted) return;
          if (item !== null && !("kind" in item)) yield item;
        }
      }
      seen = new Set(names);
    }
  }

  /** See `MessageRuns.begin`. */
  begin(owner: InstanceId, id: MessageId, session: string): Promise<Begun> {
    return this.#runs.begin(owner, id, session);
  }

  /** See `MessageRuns.finish`. */
  finish(run: MessageRun, finishing: Finishing = {}): Promise<SentMessage | null> {
    return this.#runs.finish(run, finishing);
  }

  /** See `MessageRuns.putBack`. */
  putBack(run: MessageRun, options: { counted: boolean }): Promise<void> {
    return this.#runs.putBack(run, options);
  }

  /** What was given up, oldest first. */
  async deadLetters(owner: InstanceId): Promise<{ letters: DeadLetter[]; corrupt: Corrupt[] }> {
    const names = await this.#names(owner, "dead");
    const letters: DeadLetter[] = [];
    const corrupt: Corrupt[] = [];
    for (let start = 0; start < names.length; start += BATCH) {
      const found = await Promise.all(
        names.slice(start, start + BATCH).map((name) =>
          this.#needs.tree.read(this.#path(owner, "dead", name), DeadLetter)
        ),
      );
      for (const read of found) {
        if (read.kind === "found") letters.push(read.value);
        else if (read.kind === "corrupt") corrupt.push(read);
      }
    }
    return { letters, corrupt };
  }

  /** One message; null where it has gone, or has expired and was moved away. */
  async #read(
    owner: InstanceId,
    box: "new" | "read",
    name: string,
  ): Promise<Message | Corrupt | null> {
    const read = await this.#needs.tree.read(this.#path(owner, box, name), Message);
    if (read.kind === "missing") return null;
    if (read.kind === "corrupt") return read;
    if (box === "read" || !await this.#runs.isExpired(read.value)) return read.value;
    await this.#runs.expire(owner, read.value.id);
    return null;
  }

  #names(owner: InstanceId, box: "new" | "read" | "dead"): Promise<string[]> {
    return this.#needs.tree.children(this.#needs.tree.path("messages", owner, box));
  }

  #path(owner: InstanceId, box: "new" | "read" | "dead", name: string): string {
    return this.#needs.tree.path("messages", owner, box, name);
  }
}

function matches(message: Message, { from, replyTo }: MessageFilter): boolean {
  return (from === undefined || message.from_instance === from) &&
    (replyTo === undefined || message.reply_to === replyTo);
}

function notFound(id: MessageId): OrchestratorError {
  return new OrchestratorError("MESSAGE_NOT_FOUND", `Cannot find message "${id}"`, {
    hint: "poll-messages --all lists what is in the inbox",
    details: { message_id: id },
  });
}
