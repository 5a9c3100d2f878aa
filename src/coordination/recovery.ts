import { OrchestratorError } from "../domain/errors.ts";
import type { NewEvent } from "../domain/event.ts";
import { InstanceId } from "../domain/ids.ts";
import { type Actor, Member, NOBODY } from "../domain/member.ts";
import { parseEntryName } from "../domain/place.ts";
import { hasStep } from "../domain/step.ts";
import type { Task } from "../domain/task.ts";
import { recover } from "../domain/transitions.ts";
import { sleep } from "../platform/clock.ts";
import type { Op } from "../zookeeper/zookeeper.ts";
import { isConflict } from "./commit_once.ts";
import { leavingOwner } from "./inbox_owner.ts";
import type { ServerTime } from "./server_time.ts";
import { change } from "./tasks/change.ts";
import { setAside } from "./tasks/set_aside.ts";
import type { Named, TaskStore } from "./tasks/store.ts";
import { wakeIfPossible } from "./tasks/wake.ts";

/**
 * ms between seeing an owner gone and taking its work: a Worker whose session was replaced by a new
 * one registers again in that time and keeps what it has.
 */
export const GRACE_MS = 1_000;

/** Whether an owner is there; where it is not, what must still hold when its work is taken. */
type Liveness = { readonly isAlive: true } | { readonly isAlive: false; readonly guards: Op[] };

const GONE: Liveness = { isAlive: false, guards: [] };

/**
 * Gives the work of owners that are gone back to the queue: pending with one retry counted, or past
 * the limit failed. Anybody may do it, several at once, and again after a crash: each task goes back in
 * one transaction that names the version of its record.
 */
export class Recovery {
  readonly #store: TaskStore;
  readonly #time: ServerTime;

  constructor(store: TaskStore, time: ServerTime) {
    this.#store = store;
    this.#time = time;
  }

  /** The tasks that owners which are gone, and stay gone for the grace period, have left. */
  async recoverOrphans(
    options: { by?: Actor; graceMs?: number; signal?: AbortSignal } = {},
  ): Promise<Task[]> {
    const { by = NOBODY, graceMs = GRACE_MS, signal } = options;
    if ((await this.findOrphans()).length === 0) return [];
    await sleep(this.#store.clock, graceMs, signal);
    const recovered: Task[] = [];
    for (const owner of await this.findOrphans()) {
      recovered.push(...await this.recoverInstance(owner, by));
    }
    return recovered;
  }

  /** Owners of tasks that are gone now. */
  async findOrphans(): Promise<InstanceId[]> {
    const { tree } = this.#store;
    const [, owners, members] = await Promise.all([
      tree.sync(),
      tree.children(this.#store.path("held")),
      tree.children(tree.path("instances")),
    ]);
    const orphans = await Promise.all(owners.map(async (name) => {
      const owner = InstanceId.safeParse(name);
      if (!owner.success) return [];
      if (members.includes(name) && (await this.#liveness(owner.data)).isAlive) return [];
      return (await this.held(owner.data)).length > 0 ? [owner.data] : [];
    }));
    return orphans.flat();
  }

  /** The tasks of one owner, if it is gone now: no grace period. */
  async recoverInstance(owner: InstanceId, by: Actor = NOBODY): Promise<Task[]> {
    const liveness = await this.#liveness(owner);
    if (liveness.isAlive) return [];
    // First, so that whoever goes on after a crash between the two finds work of its owner left.
    if (liveness === GONE) await this.#tellLeft(owner);
    const tasks: Task[] = [];
    for (const named of await this.held(owner)) {
      const task = await this.#recoverTask(named, owner, by, () => this.#liveness(owner));
      if (task !== null) tasks.push(task);
    }
    return tasks;
  }

  /**
   * What a former process of a member held, for the process that follows it under the same id: the
   * member is there, but whoever worked on those tasks is gone.
   */
  async recoverPredecessor(owner: InstanceId, by: Actor): Promise<Task[]> {
    const tasks: Task[] = [];
    for (const named of await this.held(owner)) {
      const task = await this.#recoverTask(named, owner, by, () => Promise.resolve(GONE));
      if (task !== null) tasks.push(task);
    }
    return tasks;
  }

  /** Index entries of what an instance holds. */
  async held(owner: InstanceId): Promise<Named[]> {
    const directories = ["claimed", "in_progress"].map((status) =>
      this.#store.path("held", owner, status)
    );
    const lists = await Promise.all(directories.map((path) => this.#store.tree.children(path)));
    return directories.flatMap((directory, index) =>
      (lists[index] ?? []).flatMap((name) => {
        const parsed = parseEntryName(name);
        return parsed === null ? [] : [{ id: parsed.id, entry: `${directory}/${name}` }];
      })
    );
  }

  async #recoverTask(
    named: Named,
    owner: InstanceId,
    by: Actor,
    look: () => Promise<Liveness>,
  ): Promise<Task | null> {
    const act = this.#store.act(by);
    const read = await this.#store.read(named.id);
    if (read.kind !== "found") {
      await setAside(this.#store, named, read);
      return null;
    }
    try {
      const { task, owesWake } = await change(this.#store, named.id, act, async ({ task }) => {
        const step = recover(task, owner, act);
        const liveness = await look();
        return liveness.isAlive ? null : { ...step, guards: liveness.guards };
      });
      if (owesWake) await wakeIfPossible(this.#store, [named.id]);
      return hasStep(task, act.nonce) ? task : null;
    } catch (error) {
      // Somebody else recovered it, or its owner came back and went on.
      const isSettled = error instanceof OrchestratorError &&
        ["INVALID_TRANSITION", "TASK_NOT_FOUND", "CONTENTION"].includes(error.code);
      if (!isSettled) throw error;
      return null;
    }
  }

  /** Tells the journal that a member went without leaving: once, and only while it is not back. */
  async #tellLeft(owner: InstanceId): Promise<void> {
    const { tree, ledger } = this.#store;
    const leaving = await leavingOwner(tree, owner);
    if (leaving === null) return;
    const path = tree.path("instances", owner);
    const { name, role } = leaving.owner;
    const event: NewEvent = {
      type: "member_left",
      by: owner,
      by_name: name,
      reason: "its session ended",
      data: { role },
    };
    try {
      // Created and deleted again, which fails where there is a node: a member that is back has not left.
      await ledger.commit([{ type: "create", path }, { type: "delete", path }, leaving.op], event);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }

  /**
   * An attached member lives as long as its ephemeral node; a leased one as long as its lease, by the
   * server's clock, and a renewal until the very transaction that takes its work saves it.
   */
  async #liveness(owner: InstanceId): Promise<Liveness> {
    const path = this.#store.tree.path("instances", owner);
    const read = await this.#store.tree.read(path, Member);
    if (read.kind === "missing") return GONE;
    if (read.kind === "corrupt") {
      this.#store.onProblem(read);
      return { isAlive: true };
    }
    const { kind, lease_ms } = read.value;
    if (kind === "attached" || lease_ms === null) return { isAlive: true };
    if (read.stat.mtime + lease_ms > await this.#time.now()) return { isAlive: true };
    return { isAlive: false, guards: [{ type: "check", path, version: read.stat.version }] };
  }
}
