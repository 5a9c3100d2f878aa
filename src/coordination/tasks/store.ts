import { OrchestratorError } from "../../domain/errors.ts";
import type { TaskId } from "../../domain/ids.ts";
import type { Actor } from "../../domain/member.ts";
import type { Act } from "../../domain/step.ts";
import { Task } from "../../domain/task.ts";
import { type Clock, sleep } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import type { Ledger } from "../ledger.ts";
import type { Read, Tree } from "../tree.ts";

/** Something in the tree that is not as it should be; work goes on around it. */
export interface Problem {
  readonly path: string;
  readonly problem: string;
}

/** A record that was read, and the version that a step on it must name. */
export interface Found {
  readonly task: Task;
  readonly version: number;
}

/** A task that an index entry names. */
export interface Named {
  readonly id: TaskId;
  /** Full path of the entry. */
  readonly entry: string;
}

export interface TaskStoreOptions {
  readonly tree: Tree;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly onProblem?: (problem: Problem) => void;
}

/** What the parts of the task queue share: where tasks lie, and how one is read. */
export class TaskStore {
  readonly tree: Tree;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  readonly onProblem: (problem: Problem) => void;

  constructor(options: TaskStoreOptions) {
    this.tree = options.tree;
    this.ledger = options.ledger;
    this.clock = options.clock;
    this.random = options.random;
    this.onProblem = options.onProblem ?? (() => {});
  }

  /** Full path of an index entry or directory below `/tasks`. */
  path(...segments: readonly string[]): string {
    return this.tree.path("tasks", ...segments);
  }

  recordPath(id: TaskId): string {
    return this.path("records", id);
  }

  /** A new mark for a step by this actor, now. */
  act(by: Actor): Act {
    return { by, now: new Date(this.clock.now()).toISOString(), nonce: this.random.id() };
  }

  read(id: TaskId): Promise<Read<Task>> {
    return this.tree.read(this.recordPath(id), Task);
  }

  /**
   * The record as of now, not as of a lagging server.
   *
   * @throws OrchestratorError TASK_NOT_FOUND, CORRUPT_DATA
   */
  async fresh(id: TaskId): Promise<Found> {
    const [, read] = await Promise.all([this.tree.sync(), this.read(id)]);
    return this.require(id, read);
  }

  /** The record of a reading; throws TASK_NOT_FOUND or CORRUPT_DATA where there is none. */
  require(id: TaskId, read: Read<Task>): Found {
    if (read.kind === "found") return { task: read.value, version: read.stat.version };
    if (read.kind === "missing") {
      throw new OrchestratorError("TASK_NOT_FOUND", `Task "${id}" does not exist`, {
        details: { task_id: id },
      });
    }
    this.onProblem(read);
    throw new OrchestratorError("CORRUPT_DATA", `Cannot read task "${id}": ${read.problem}`, {
      hint: `Look at ${read.path}`,
      details: { task_id: id, path: read.path },
    });
  }

  /** Waits a little, longer with each try, so that those who met do not meet again. */
  backOff(tries: number, signal?: AbortSignal): Promise<void> {
    const ms = this.random.next() * Math.min(2 ** tries, 100);
    return sleep(this.clock, ms, signal);
  }
}
