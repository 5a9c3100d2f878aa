import { Writer } from "../zookeeper/protocol/writer.ts";
import { Expectation } from "./expectation.ts";
import { SnapshotWriter } from "./state_snapshot.ts";
import type { Effect, State } from "./state.ts";
import { type Storage, StorageError } from "./storage.ts";
import type { Transaction } from "./transaction.ts";
import { transaction as transactionCodec } from "./transaction_codec.ts";

/** Whoever has asked for a transaction. One of the two is called, once. */
export interface Requester {
  /** It is on disk and carried out; its watches have fired. */
  carriedOut(transaction: Transaction, effect: Effect): void;
  /** It could not be kept: nothing of it has happened, or ever will. */
  refused(transaction: Transaction): void;
}

/** What waits in a group: a transaction, or something to do in the order of the transactions. */
type Step =
  | { readonly transaction: Transaction; readonly requester: Requester }
  | (() => void);

/** Transactions that reach the disk together. */
class Group {
  readonly number: number;
  readonly records: Uint8Array[] = [];
  readonly steps: Step[] = [];
  bytes = 0;

  constructor(number: number) {
    this.number = number;
  }
}

export interface PipelineOptions {
  readonly storage: Storage;
  readonly state: State;
  /** Bytes of log after which a snapshot is taken. */
  readonly snapshotAfterBytes: number;
  /** Called when a group is through, and everything that waited may be sent. */
  readonly onSettled: () => void;
  /** Nobody knows any more what is on disk: the server must end. */
  readonly onBroken: (error: unknown) => void;
}

/**
 * From decision to reply, as `SyncRequestProcessor` and `FinalRequestProcessor` of ZooKeeper 3.8: a
 * transaction joins the open group; while one group is being written, the next one gathers; when a
 * group is on disk its transactions are carried out in order, and each is answered.
 */
export class Pipeline {
  readonly expectation: Expectation;
  /** Why the storage refuses to write, null while it does not. */
  refusal: string | null = null;
  readonly #options: PipelineOptions;
  readonly #writer = new Writer();
  #nextZxid: number;
  #open = new Group(1);
  #inFlight: Group | null = null;
  #snapshots = 0;
  #snapshot: Promise<void> | null = null;
  #nextSnapshotAt: number;
  #broken = false;
  #idle: (() => void) | null = null;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.expectation = new Expectation(options.state.tree);
    this.#nextZxid = options.state.lastZxid + 1;
    this.#nextSnapshotAt = options.snapshotAfterBytes;
  }

  /** Bytes of records that wait for their group to be written. */
  get waitingBytes(): number {
    return this.#open.bytes;
  }

  /** Transactions that are not carried out yet. */
  get outstanding(): number {
    return this.#open.records.length + (this.#inFlight?.records.length ?? 0);
  }

  /** The zxid of the next transaction; it must be submitted before the next one is taken. */
  takeZxid(): number {
    return this.#nextZxid++;
  }

  /** Gives back the zxid that was taken last, for nothing came of it. */
  giveBack(zxid: number): void {
    this.#nextZxid = zxid;
  }

  /** Adds a transaction to the open group; returns the number of the group. */
  submit(transaction: Transaction, requester: Requester): number {
    transactionCodec.write(this.#writer, transaction);
    const record = this.#writer.take();
    const group = this.#open;
    group.records.push(record);
    group.bytes += record.length;
    group.steps.push({ transaction, requester });
    return group.number;
  }

  /** Runs a step behind the transactions of a group and before later ones; at once if it is through. */
  behind(group: number, step: () => void): void {
    if (this.#open.number === group) this.#open.steps.push(step);
    else if (this.#inFlight?.number === group) this.#inFlight.steps.push(step);
    else step();
  }

  /** The group after which all that was submitted is through. */
  get lastGroup(): number {
    if (this.#open.records.length > 0) return this.#open.number;
    return this.#inFlight?.number ?? 0;
  }

  /** Whether a group is through: its steps have been run. */
  isThrough(group: number): boolean {
    return group !== this.#open.number && group !== this.#inFlight?.number;
  }

  /** Writes the open group, unless one is being written. To be called when input has been read. */
  start(): void {
    if (this.#broken || this.#inFlight !== null || this.#open.records.length === 0) return;
    const group = this.#open;
    this.#inFlight = group;
    this.#open = new Group(group.number + 1);
    this.#options.storage.commit(group.records)
      .then(() => this.#carryOut(group), (error: unknown) => this.#fail(group, error))
      .catch((error: unknown) => this.#break(error));
  }

  /** Resolves when all that was submitted is through, and no snapshot is being written. */
  async settled(): Promise<void> {
    while (!this.#broken && this.outstanding > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    await this.#snapshot;
  }

  #carryOut(group: Group): void {
    const { state } = this.#options;
    this.refusal = null;
    for (const step of group.steps) {
      if (typeof step === "function") step();
      else step.requester.carriedOut(step.transaction, state.apply(step.transaction));
    }
    this.expectation.settle(state.lastZxid);
    this.#inFlight = null;
    this.#takeSnapshotIfDue();
    this.#goOn();
  }

  /** What was decided on the basis of the lost group is lost with it. */
  #fail(group: Group, error: unknown): void {
    if (!(error instanceof StorageError) || error.kind !== "refused") return this.#break(error);
    const steps = [...group.steps, ...this.#open.steps];
    this.refusal = error.message;
    this.#inFlight = null;
    this.#open = new Group(this.#open.number + 1);
    this.expectation.clear();
    this.#nextZxid = this.#options.state.lastZxid + 1;
    for (const step of steps) {
      if (typeof step === "function") step();
      else step.requester.refused(step.transaction);
    }
    this.#goOn();
  }

  #goOn(): void {
    this.#options.onSettled();
    this.start();
    if (this.outstanding === 0) this.#wake();
  }

  #break(error: unknown): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#wake();
    this.#options.onBroken(error);
  }

  #wake(): void {
    this.#idle?.();
    this.#idle = null;
  }

  #takeSnapshotIfDue(): void {
    const { storage, state, snapshotAfterBytes } = this.#options;
    if (this.#snapshot !== null || storage.logBytes < this.#nextSnapshotAt) return;
    const writer = new SnapshotWriter(state, ++this.#snapshots);
    this.#snapshot = storage.snapshot(writer.chunks()).then(
      () => {
        // A big tree is written again only when the log has grown by as much.
        this.#nextSnapshotAt = Math.max(snapshotAfterBytes, writer.bytes);
      },
      (error: unknown) => {
        if (!(error instanceof StorageError) || error.kind !== "refused") return this.#break(error);
        this.refusal = error.message;
        this.#nextSnapshotAt = storage.logBytes + snapshotAfterBytes;
      },
    ).finally(() => {
      writer.stop();
      this.#snapshot = null;
    });
  }
}
