import { OrchestratorError } from "../domain/errors.ts";
import type { NewEvent } from "../domain/event.ts";
import type { InstanceId, MessageId } from "../domain/ids.ts";
import { MAX_MESSAGE_ATTEMPTS } from "../domain/limits.ts";
import { DeadLetter, type DeadReason, Message, ProcessingMark } from "../domain/message.ts";
import type { Op, OpResult, Stat } from "../zookeeper/zookeeper.ts";
import { commitUntilDone, type Plan, type Settled } from "./commit_once.ts";
import { findCommitted, journalBucket } from "./journal_witness.ts";
import {
  type NewMessage,
  planSending,
  recallSending,
  type SendingNeeds,
  type SentMessage,
} from "./message_sending.ts";
import { encodePayload } from "./payload.ts";
import type { Read } from "./tree.ts";

/** One run of one message, between `begin` and `finish`; `finish` may be called again after an error. */
export interface MessageRun {
  /** Whose inbox the message is in. */
  readonly owner: InstanceId;
  /** The message as it was when the run began. */
  readonly message: Message;
  /** 1 for the first run. */
  readonly attempt: number;
  /** Names this run: its finish is recognised by it where the reply was lost. */
  readonly nonce: string;
  /** Journal bucket at the beginning. */
  readonly since: number;
}

/** What `begin` came to. */
export type Begun =
  | { readonly kind: "begun"; readonly run: MessageRun }
  /** This session runs it already. */
  | { readonly kind: "running" }
  /** It was given up, now or before. */
  | { readonly kind: "dead"; readonly reason: DeadReason; readonly attempts: number }
  /** Read or dismissed meanwhile. */
  | { readonly kind: "gone" };

/** What ends a run besides the mark that the message was read. */
export interface Finishing {
  /** Sent in the transaction that ends the run. */
  readonly reply?: NewMessage;
  /** Further operations of that transaction. */
  readonly ops?: readonly Op[];
}

/**
 * Processing of messages, each once, even across a crash of the member that runs them: `begin`
 * counts the attempt before the run, `finish` ends it together with what came of it. The mark stays
 * until then, also when the message is dismissed during the run, so that a mark that is gone means a
 * finish that happened.
 */
export class MessageRuns {
  readonly #needs: SendingNeeds;

  constructor(needs: SendingNeeds) {
    this.#needs = needs;
  }

  /**
   * Counts one more attempt at a message. `session` names the process: one that finds its own mark is
   * told `running`; the mark of another is that of a predecessor which died, since of one id only one
   * process is attached. After three attempts, and past its expiry, a message goes to the dead letters.
   *
   * @throws OrchestratorError CORRUPT_DATA, CONTENTION; ZooKeeperError
   */
  async begin(owner: InstanceId, id: MessageId, session: string): Promise<Begun> {
    const nonce = this.#needs.random.id();
    const since = journalBucket(this.#needs.tree);
    since.catch(() => {});
    const decide = () => this.#decideBegin(owner, id, session, nonce, since);
    return await commitUntilDone(this.#needs, decide, () => Promise.resolve(null));
  }

  async #decideBegin(
    owner: InstanceId,
    id: MessageId,
    session: string,
    nonce: string,
    since: Promise<number>,
  ): Promise<Plan<Begun> | Settled<Begun>> {
    const [fresh, marked, dead] = await Promise.all([
      this.#needs.tree.read(this.#path(owner, "new", id), Message),
      this.#needs.tree.read(this.#path(owner, "processing", id), ProcessingMark),
      this.#needs.tree.read(this.#path(owner, "dead", id), DeadLetter),
    ]);
    const message = sound(fresh);
    const mark = sound(marked);
    if (message === null) return { settled: goneOrDead(dead) };
    const run = { owner, message: message.value, nonce, since: await since };
    if (mark?.value.nonce === nonce) {
      return { settled: { kind: "begun", run: { ...run, attempt: mark.value.attempt } } };
    }
    if (mark?.value.session === session) return { settled: { kind: "running" } };
    const attempts = mark?.value.attempt ?? 0;
    const reason = attempts >= MAX_MESSAGE_ATTEMPTS
      ? "attempts"
      : await this.isExpired(message.value)
      ? "expired"
      : null;
    if (reason !== null) return this.#burial(owner, message.value, mark?.stat, attempts, reason);
    const attempt = attempts + 1;
    const path = this.#path(owner, "processing", id);
    const time = new Date(this.#needs.clock.now()).toISOString();
    const data = encodePayload({ v: 1, attempt, time, session, nonce } satisfies ProcessingMark);
    return {
      ops: [
        { type: "check", path: this.#path(owner, "new", id) },
        mark === null
          ? { type: "create", path, data }
          : { type: "set", path, data, version: mark.stat.version },
      ],
      event: null,
      result: () => ({ kind: "begun", run: { ...run, attempt } }),
    };
  }

  /**
   * Ends a run: its mark goes, the message is read, and the reply is sent, all at once. Calling it
   * again after an error never does it twice.
   *
   * @throws OrchestratorError CLAIM_LOST where another process has taken the message over;
   *   INBOX_FULL, MEMBER_NOT_FOUND, TOO_LARGE for the reply; CONTENTION; ZooKeeperError
   */
  async finish(run: MessageRun, finishing: Finishing = {}): Promise<SentMessage | null> {
    return await commitUntilDone(
      this.#needs,
      () => this.#decideFinish(run, finishing),
      () => this.#finished(run, finishing),
    );
  }

  async #decideFinish(
    run: MessageRun,
    finishing: Finishing,
  ): Promise<Plan<SentMessage | null> | Settled<SentMessage | null>> {
    const { owner, message: { id }, nonce } = run;
    const [marked, fresh] = await Promise.all([
      this.#needs.tree.read(this.#path(owner, "processing", id), ProcessingMark),
      this.#needs.tree.read(this.#path(owner, "new", id), Message),
    ]);
    const mark = sound(marked);
    const message = sound(fresh);
    if (mark?.value.nonce !== nonce) {
      const done = await this.#finished(run, finishing);
      if (done !== null) return { settled: done.result };
      throw new OrchestratorError("CLAIM_LOST", `Cannot finish "${id}": another process runs it`, {
        details: { message_id: id },
      });
    }
    const sending = finishing.reply === undefined
      ? null
      : await planSending(this.#needs, finishing.reply, nonce);
    const moved = message === null ? [] : this.#toRead(owner, message.value, nonce);
    const unmark: Op = {
      type: "delete",
      path: this.#path(owner, "processing", id),
      version: mark.stat.version,
    };
    return {
      ops: [unmark, ...moved, ...sending?.ops ?? [], ...finishing.ops ?? []],
      event: sending?.event ?? null,
      result: () => sending?.sent ?? null,
    };
  }

  /** Whether a finish of this run was carried out; with a reply, the journal knows. */
  async #finished(
    run: MessageRun,
    finishing: Finishing,
  ): Promise<{ result: SentMessage | null } | null> {
    const { owner, message: { id }, nonce } = run;
    if (finishing.reply !== undefined) {
      const event = await findCommitted(this.#needs.tree, nonce, run.since);
      return event === null ? null : { result: recallSending(event) };
    }
    const [marked, read] = await Promise.all([
      this.#needs.tree.read(this.#path(owner, "processing", id), ProcessingMark),
      this.#needs.tree.read(this.#path(owner, "read", id), Message),
    ]);
    if (marked.kind !== "missing") return null;
    return read.kind !== "found" || read.value.finished_by === nonce ? { result: null } : null;
  }

  /**
   * Ends a run without a result, so that the message is run again. An attempt that is not `counted`
   * (a rate limit, a stop asked for) costs the message nothing. Does nothing where the run was taken over.
   */
  async putBack(run: MessageRun, options: { counted: boolean }): Promise<void> {
    const path = this.#path(run.owner, "processing", run.message.id);
    const decide = async (): Promise<Plan<void> | Settled<void>> => {
      const mark = sound(await this.#needs.tree.read(path, ProcessingMark));
      if (mark?.value.nonce !== run.nonce) return { settled: undefined };
      const { version } = mark.stat;
      const attempt = mark.value.attempt - (options.counted ? 0 : 1);
      const left = { ...mark.value, attempt, session: "", nonce: "" };
      const op: Op = attempt === 0
        ? { type: "delete", path, version }
        : { type: "set", path, data: encodePayload(left), version };
      return { ops: [op], event: null, result: () => undefined };
    };
    await commitUntilDone(this.#needs, decide, () => Promise.resolve(null));
  }

  /** Whether nobody is to act on a message any more, by the server's clock. */
  async isExpired(message: Message): Promise<boolean> {
    if (message.expires_at === null) return false;
    return Date.parse(message.expires_at) <= await this.#needs.serverTime.now();
  }

  /** Moves an unread message that has expired, and that nobody runs, to the dead letters. */
  async expire(owner: InstanceId, id: MessageId): Promise<void> {
    const decide = async (): Promise<Plan<void> | Settled<void>> => {
      const [fresh, marked] = await Promise.all([
        this.#needs.tree.read(this.#path(owner, "new", id), Message),
        this.#needs.tree.read(this.#path(owner, "processing", id), ProcessingMark),
      ]);
      if (fresh.kind !== "found" || marked.kind !== "missing") return { settled: undefined };
      const burial = this.#burial(owner, fresh.value, undefined, 0, "expired");
      return { ...burial, result: () => undefined };
    };
    await commitUntilDone(this.#needs, decide, () => Promise.resolve(null));
  }

  #burial(
    owner: InstanceId,
    message: Message,
    mark: Stat | undefined,
    attempts: number,
    reason: DeadReason,
  ): Plan<Begun> {
    const letter: DeadLetter = {
      ...message,
      dead_reason: reason,
      dead_at: new Date(this.#needs.clock.now()).toISOString(),
      attempts,
    };
    const path = this.#path(owner, "processing", message.id);
    const unmark: Op[] = mark === undefined
      ? []
      : [{ type: "delete", path, version: mark.version }];
    const data = encodePayload(letter);
    const event: NewEvent = {
      type: "message_dead",
      by: owner,
      by_name: message.to_name,
      task_id: message.task_id,
      chain_id: message.chain_id,
      reason,
      data: { message_id: message.id, attempts },
    };
    return {
      ops: [
        { type: "delete", path: this.#path(owner, "new", message.id) },
        ...unmark,
        { type: "create", path: this.#path(owner, "dead", message.id), data },
      ],
      event,
      result: (_: OpResult[]) => ({ kind: "dead", reason, attempts }),
    };
  }

  #toRead(owner: InstanceId, message: Message, nonce: string): Op[] {
    const read_at = new Date(this.#needs.clock.now()).toISOString();
    const data = encodePayload({ ...message, read: true, read_at, finished_by: nonce });
    return [
      { type: "delete", path: this.#path(owner, "new", message.id) },
      { type: "create", path: this.#path(owner, "read", message.id), data },
    ];
  }

  #path(owner: InstanceId, box: "new" | "read" | "dead" | "processing", id: MessageId): string {
    return this.#needs.tree.path("messages", owner, box, id);
  }
}

/** What was read, null where there is nothing. Throws CORRUPT_DATA. */
export function sound<T>(read: Read<T>): { value: T; stat: Stat } | null {
  if (read.kind === "missing") return null;
  if (read.kind === "found") return read;
  throw new OrchestratorError("CORRUPT_DATA", `Cannot read "${read.path}": ${read.problem}`, {
    details: { path: read.path },
  });
}

function goneOrDead(dead: Read<DeadLetter>): Begun {
  if (dead.kind !== "found") return { kind: "gone" };
  return { kind: "dead", reason: dead.value.dead_reason, attempts: dead.value.attempts };
}
