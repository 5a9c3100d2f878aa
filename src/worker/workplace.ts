import type { TaskId } from "../domain/ids.ts";
import type { Task } from "../domain/task.ts";

/** A task, and those that it builds on, the nearest first. */
export interface Work {
  readonly task: Task;
  readonly earlier: readonly Task[];
}

/** How a task was begun. */
export interface Begun {
  /** Whether what a run of the same task has left is still in its place, to be gone on with. */
  readonly goesOn: boolean;
  /** Task whose unfinished work had to give way: its conversation has no ground any more. */
  readonly displaced: TaskId | null;
  /** What is to be told of it, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * The directory in which a Worker's links are worked on, where it is more than a directory: each begins with
 * what the links before it came to, and what it comes to is kept for the next. One task at a time.
 */
export interface Workplace {
  /** Prepares it for a run. `mayGoOn`: the run resumes a conversation. Throws OrchestratorError. */
  begin(work: Work, mayGoOn: boolean): Promise<Begun>;
  /** Keeps what a run has changed that is about to be handed in; facts for its evidence. Throws so. */
  keep(task: Task): Promise<Readonly<Record<string, string>>>;
  /** The task was handed in with these facts; what is to be told of it. Throws so. */
  handedIn(task: Task, facts: Readonly<Record<string, string>>): Promise<readonly string[]>;
}
