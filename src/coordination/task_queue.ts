import { OrchestratorError } from "../domain/errors.ts";
import type { InstanceId, TaskId } from "../domain/ids.ts";
import { MAX_REASON_BYTES, MAX_RESULT_BYTES } from "../domain/limits.ts";
import type { Actor } from "../domain/member.ts";
import type { Holder } from "../domain/ownership.ts";
import type { Act, Step } from "../domain/step.ts";
import { billRest } from "../domain/running_bill.ts";
import type { Spent } from "../domain/spent.ts";
import type { NewTask, Task, TaskStatus } from "../domain/task.ts";
import { requireFits } from "../domain/text.ts";
import * as transitions from "../domain/transitions.ts";
import { readAgain } from "./losses.ts";
import type { Recovery } from "./recovery.ts";
import type { SweepOptions, Swept } from "./retention.ts";
import type { ChainAudit } from "./chains/audit.ts";
import type { TaskAudit } from "./tasks/audit.ts";
import { BillWriter, type TokenHolder } from "./tasks/bill_writer.ts";
import { change } from "./tasks/change.ts";
import { claimNext } from "./tasks/claim.ts";
import { claimById } from "./tasks/claim_one.ts";
import type { ClaimState, ClaimStatistics } from "./tasks/claim_state.ts";
import { ClaimWindow } from "./tasks/claim_window.ts";
import { countTasks, listTasks, type TaskFilter, type TaskList } from "./tasks/list.ts";
import { pushAll } from "./tasks/push.ts";
import { requeue } from "./tasks/requeue.ts";
import type { Found, TaskStore } from "./tasks/store.ts";
import type { Claimer, ClaimOptions } from "./tasks/survey.ts";
import { sweepFinished } from "./tasks/sweep.ts";
import { waitForWork } from "./tasks/wait.ts";
import { wakeIfPossible } from "./tasks/wake.ts";

/** What was found wrong in the tree. */
export type Audit = TaskAudit & ChainAudit;

export type { Claimer, ClaimOptions, ClaimStatistics, Holder, TaskFilter, TaskList, TokenHolder };

/** Reports of whoever lost the claim are kept for these steps. */
const REPORTING = ["complete", "block", "fail"] as const;

/**
 * The team's tasks. Every change is one transaction on the task's record, its index entry and the
 * journal; see docs/coordination.md for why no crash loses or doubles a task. All methods return the
 * task as it is afterwards. Beside the errors named, each throws `OrchestratorError` TASK_NOT_FOUND,
 * CORRUPT_DATA and CONTENTION, and `ZooKeeperError` where the connection stays away.
 *
 * Does not promise that a task's work is done once: an owner that dies has its task run again by
 * somebody else. It promises that one claim at a time is valid, and one completion ever.
 */
export class TaskQueue {
  readonly #store: TaskStore;
  readonly #claims: ClaimState;
  #pushing: Promise<unknown> = Promise.resolve();

  /**
   * Made by `openTeam`; it learns from its own conflicts how to spread claims.
   */
  constructor(store: TaskStore, recovery: Recovery) {
    this.#store = store;
    this.#claims = {
      window: new ClaimWindow(),
      statistics: { claims: 0, tries: 0 },
      recovery,
      suspects: new Map(),
      hasScanned: false,
    };
  }

  /** Claims of this object, and transactions tried for them. */
  get statistics(): Readonly<ClaimStatistics> {
    return this.#claims.statistics;
  }

  /** Creates a task. Throws as `pushMany`. */
  async push(spec: NewTask, by: Actor): Promise<Task> {
    const [task] = await this.pushMany([spec], by);
    if (task === undefined) throw new OrchestratorError("INTERNAL", "A push returned no task");
    return task;
  }

  /**
   * Creates tasks, which may depend on each other by `key`. What belongs together (by dependency or
   * chain) is pushed whole or not at all.
   *
   * @throws OrchestratorError INVALID_INPUT, TOO_LARGE, DEPENDENCY_NOT_FOUND, DEPENDENCY_CYCLE,
   *   DEPENDENCY_FAILED; where some were pushed before, `details.pushed` lists their ids
   */
  pushMany(specs: readonly NewTask[], by: Actor): Promise<Task[]> {
    // One at a time from here: all take their ids from one counter, and would only meet there.
    const pushed = this.#pushing.then(() => pushAll(this.#store, specs, by));
    this.#pushing = pushed.catch(() => {});
    return pushed;
  }

  /**
   * Claims the next task that the claimer may take, or the one named; null where there is none, or
   * while the team is paused.
   *
   * @throws OrchestratorError MEMBER_NOT_FOUND; for a task that is named also NOT_CLAIMABLE,
   *   FLEET_PAUSED
   */
  async claim(claimer: Claimer, options: ClaimOptions = {}): Promise<Task | null> {
    if (options.taskId === undefined) {
      return await claimNext(this.#store, this.#claims, claimer, options);
    }
    return await claimById(this.#store, claimer, options.taskId, options);
  }

  /** Claims the next task, waiting for one until the signal is aborted. Throws as `claim`. */
  waitForWork(
    claimer: Claimer,
    options: Omit<ClaimOptions, "taskId">,
    signal: AbortSignal,
  ): Promise<Task> {
    const claim = () => this.claim(claimer, options);
    return waitForWork(this.#store, claim, claimer, options, signal);
  }

  /** claimed → in_progress. Throws NOT_OWNER, CLAIM_LOST, INVALID_TRANSITION. */
  start(id: TaskId, holder: Holder): Promise<Task> {
    return this.#step(id, holder.by, ({ task }, act) => transitions.start(task, holder, act));
  }

  /** What notes beside the claim what its run has used, while the run goes on. */
  bill(id: TaskId, holder: TokenHolder): BillWriter {
    return new BillWriter(this.#store, id, holder);
  }

  /**
   * Bills what a run under a claim that is over has cost (`spent`, all of it) beyond what was billed when
   * the claim was ended. Does nothing where that is nothing, or was done before.
   */
  billLate(id: TaskId, { by, token }: TokenHolder, spent: Spent): Promise<Task> {
    return this.#step(id, by, ({ task }, act) => billRest(task, token, spent, act));
  }

  /** claimed, in_progress → completed. Throws NOT_OWNER, CLAIM_LOST, INVALID_TRANSITION, TOO_LARGE. */
  complete(
    id: TaskId,
    holder: Holder,
    done: transitions.Completion & { force?: boolean | undefined },
  ): Promise<Task> {
    const evidence = Object.entries(done.evidence ?? {}).flat().join("");
    requireFits("Result and evidence", done.result + evidence, MAX_RESULT_BYTES);
    const who = done.force === true ? { ...holder, force: true } : holder;
    return this.#report(
      id,
      who,
      "complete",
      done.result,
      (task, act) => transitions.complete(task, who, done, act),
    );
  }

  /**
   * claimed, in_progress → blocked; `spent` is what the attempt has cost. Throws NOT_OWNER, CLAIM_LOST,
   * INVALID_TRANSITION, TOO_LARGE.
   */
  block(id: TaskId, holder: Holder, reason: string, spent?: Spent): Promise<Task> {
    requireFits("Reason", reason, MAX_REASON_BYTES);
    return this.#report(
      id,
      holder,
      "block",
      reason,
      (task, act) => transitions.block(task, holder, reason, act, spent),
    );
  }

  /**
   * claimed, in_progress → failed; with `again`, and while the task allows it, → pending with one retry
   * counted, not before a time (ISO 8601); `spent` is what the attempt has cost. Throws NOT_OWNER,
   * CLAIM_LOST, INVALID_TRANSITION, TOO_LARGE.
   */
  fail(
    id: TaskId,
    holder: Holder,
    reason: string,
    again?: { notBefore?: string | undefined },
    spent?: Spent,
  ): Promise<Task> {
    requireFits("Reason", reason, MAX_REASON_BYTES);
    return this.#report(
      id,
      holder,
      "fail",
      reason,
      (task, act) => transitions.fail(task, holder, reason, act, again, spent),
    );
  }

  /**
   * claimed, in_progress → pending; `notBefore` (ISO 8601) keeps it back until then, `spent` is what
   * the attempt has cost.
   */
  release(
    id: TaskId,
    holder: Holder,
    reason?: string,
    options: { notBefore?: string | undefined; spent?: Spent | undefined } = {},
  ): Promise<Task> {
    requireFits("Reason", reason ?? "", MAX_REASON_BYTES);
    return this.#step(
      id,
      holder.by,
      ({ task }, act) => transitions.release(task, holder, act, { reason, ...options }),
    );
  }

  /** blocked → pending. Throws INVALID_TRANSITION, DEPENDENCY_FAILED. */
  unblock(id: TaskId, by: Actor): Promise<Task> {
    return requeue(
      this.#store,
      id,
      by,
      (task, unmet, act) => transitions.unblock(task, unmet, act),
    );
  }

  /** blocked, failed → pending. Throws INVALID_TRANSITION, RETRIES_EXHAUSTED, DEPENDENCY_FAILED. */
  retry(
    id: TaskId,
    by: Actor,
    options: { reset?: boolean | undefined; notBefore?: string | undefined } = {},
  ): Promise<Task> {
    return requeue(
      this.#store,
      id,
      by,
      (task, unmet, act) => transitions.retry(task, unmet, act, options),
    );
  }

  /** pending, blocked, failed (held: by force) → cancelled. Throws INVALID_TRANSITION. */
  cancel(
    id: TaskId,
    by: Actor,
    reason?: string,
    options: { force?: boolean | undefined } = {},
  ): Promise<Task> {
    requireFits("Reason", reason ?? "", MAX_REASON_BYTES);
    return this.#step(
      id,
      by,
      ({ task }, act) => transitions.cancel(task, act, { reason, force: options.force }),
    );
  }

  /** The task as it is now. */
  async get(id: TaskId): Promise<Task> {
    return (await readAgain(this.#store, () => this.#store.fresh(id))).task;
  }

  /** Tasks in the order of their ids; records that do not parse apart. */
  list(filter: TaskFilter = {}): Promise<TaskList> {
    return readAgain(this.#store, () => listTasks(this.#store, filter));
  }

  /** How many tasks there are in each state; counted from the index, no record is read. */
  counts(): Promise<Record<TaskStatus, number>> {
    return readAgain(this.#store, () => countTasks(this.#store));
  }

  /** What an instance holds, oldest first. */
  heldBy(instance: InstanceId): Promise<Task[]> {
    return readAgain(this.#store, () => this.#readHeld(instance));
  }

  async #readHeld(instance: InstanceId): Promise<Task[]> {
    await this.#store.tree.sync();
    const named = await this.#claims.recovery.held(instance);
    const reads = await Promise.all(named.map(({ id }) => this.#store.read(id)));
    return reads
      .flatMap((read) => read.kind === "found" ? [read.value] : [])
      .filter((task) => task.claim?.owner === instance)
      .sort((a, b) => a.id < b.id ? -1 : 1);
  }

  /** One batch of the retention of completed and cancelled tasks, by whole days. */
  sweepFinished(options: SweepOptions): Promise<Swept> {
    return sweepFinished(this.#store, options);
  }

  /**
   * Compares every record with every index entry, chains and requirements among them; slow on a large
   * tree, and reads only.
   */
  async audit(): Promise<Audit> {
    // Loaded by the one command that asks for it, and by tests.
    const [{ auditTasks }, { auditChains }] = await Promise.all([
      import("./tasks/audit.ts"),
      import("./chains/audit.ts"),
    ]);
    const tasks = await auditTasks(this.#store);
    const { findings, corrupt, ...chains } = await auditChains(this.#store);
    return {
      ...tasks,
      ...chains,
      findings: [...tasks.findings, ...findings],
      corrupt: [...tasks.corrupt, ...corrupt],
    };
  }

  async #step(
    id: TaskId,
    by: Actor,
    decide: (found: Found, act: Act) => Step | null,
  ): Promise<Task> {
    const act = this.#store.act(by);
    const { task, owesWake } = await change(this.#store, id, act, (found) => decide(found, act));
    if (owesWake) await wakeIfPossible(this.#store, [id]);
    return task;
  }

  /** A step with something to say, which is kept as a late report where the claim was lost. */
  async #report(
    id: TaskId,
    holder: Holder,
    action: (typeof REPORTING)[number],
    text: string,
    take: (task: Task, act: Act) => Step,
  ): Promise<Task> {
    try {
      return await this.#step(id, holder.by, ({ task }, act) => take(task, act));
    } catch (error) {
      if (error instanceof OrchestratorError && error.code === "CLAIM_LOST") {
        await this.#step(
          id,
          holder.by,
          ({ task }, act) => transitions.lateReport(task, holder, { action, text }, act),
        );
      }
      throw error;
    }
  }
}
