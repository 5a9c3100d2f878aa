import { OrchestratorError } from "../../domain/errors.ts";
import type { FencingToken, TaskId } from "../../domain/ids.ts";
import { type Holder, requireHolder, requireStatus } from "../../domain/ownership.ts";
import type { RunningBill } from "../../domain/running_bill.ts";
import type { Spent } from "../../domain/spent.ts";
import type { Op } from "../../zookeeper/zookeeper.ts";
import { isConflict } from "../commit_once.ts";
import { encodePayload } from "../payload.ts";
import { contention } from "./change.ts";
import { billEntry } from "./running_bill.ts";
import type { TaskStore } from "./store.ts";

/** Conflicts met by one note: others change a held task rarely. */
const MAX_TRIES = 5;

/** Who holds a very claim. */
export type TokenHolder = Pick<Holder, "by"> & { readonly token: FencingToken };

/**
 * Notes what the run under one claim has used. Each note is a transaction that names the version of the
 * task's record, at which the claim is the writer's, and that of the note before it: so nothing is noted
 * for a claim that was lost, and no note that was delayed on its way undoes a later one.
 */
export class BillWriter {
  readonly #store: TaskStore;
  readonly #id: TaskId;
  readonly #holder: TokenHolder;
  #known: { readonly record: number; readonly entry: string; readonly version: number } | null =
    null;

  /** For the claim of the holder; made by `TaskQueue.bill`. */
  constructor(store: TaskStore, id: TaskId, holder: TokenHolder) {
    this.#store = store;
    this.#id = id;
    this.#holder = holder;
  }

  /**
   * Notes all that the run has used until now, in place of the note before.
   *
   * @throws OrchestratorError CLAIM_LOST, NOT_OWNER, INVALID_TRANSITION (the task is not in progress),
   *   TASK_NOT_FOUND, CORRUPT_DATA, CONTENTION; ZooKeeperError, where it may have been noted
   */
  async note(spent: Spent): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { record, entry, version } = this.#known ?? await this.#look();
      const bill: RunningBill = { v: 1, token: this.#holder.token, spent };
      const ops: Op[] = [
        { type: "check", path: this.#store.recordPath(this.#id), version: record },
        { type: "set", path: entry, data: encodePayload(bill), version },
      ];
      this.#known = null;
      try {
        await this.#store.ledger.commit(ops, null);
        this.#known = { record, entry, version: version + 1 };
        return;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
    throw contention(this.#id);
  }

  async #look() {
    const { task, version: record } = await this.#store.fresh(this.#id);
    requireHolder(task, this.#holder, "bill");
    requireStatus(task, "bill", "in_progress");
    const entry = this.#store.path(...billEntry(this.#holder.by.id, this.#id));
    const stat = await this.#store.tree.zk.exists(entry);
    if (stat === null) {
      throw new OrchestratorError("CORRUPT_DATA", `Cannot bill "${this.#id}": ${entry} is missing`);
    }
    return { record, entry, version: stat.version };
  }
}
