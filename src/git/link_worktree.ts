import { join, resolve } from "node:path";
import { OrchestratorError } from "../domain/errors.ts";
import { TaskId } from "../domain/ids.ts";
import type { Task } from "../domain/task.ts";
import { terminalLine } from "../domain/terminal_text.ts";
import type { Files } from "../platform/files.ts";
import { resultBranch } from "./branch_names.ts";
import type { CommitId } from "./commit_id.ts";
import type { Repository } from "./repository.ts";
import type { Worktree } from "./worktrees.ts";

/** Characters of a title in the first line of a commit message. */
const MAX_SUBJECT = 100;

/** The work that was begun in a work tree and not handed in yet. */
interface Unfinished {
  readonly task: TaskId;
  readonly from: string;
}

/**
 * A Worker's own work tree as the place where its links are worked on: each begins from the commit that the
 * one before it reported, and ends in a commit that its evidence names. See docs/worktrees.md.
 */
export class LinkWorktree {
  /** Where agents are started: the work tree, or the directory in it that was asked for. */
  readonly directory: string;
  readonly #repository: Repository;
  readonly #worktree: Worktree;
  readonly #name: string;
  readonly #files: Files;
  /** Names what is unfinished, also for the next process; in git's own directory of the work tree. */
  readonly #mark: string;

  private constructor(
    repository: Repository,
    { worktree, name }: { readonly worktree: Worktree; readonly name: string },
    files: Files,
    mark: string,
  ) {
    this.directory = join(worktree.path, repository.prefix);
    this.#repository = repository;
    this.#worktree = worktree;
    this.#name = name;
    this.#files = files;
    this.#mark = mark;
  }

  /** The work tree of a member; throws as `ensureWorktree` does. */
  static async open(repository: Repository, files: Files, name: string): Promise<LinkWorktree> {
    const worktree = await repository.ensureWorktree(name);
    const gitDir = await repository.gitDirOf(worktree);
    files.makeDirectory(join(worktree.path, repository.prefix));
    const mark = resolve(gitDir, "orchestrator-task");
    return new LinkWorktree(repository, { worktree, name }, files, mark);
  }

  /** The branch that it is on. */
  get branch(): string {
    return this.#worktree.branch;
  }

  /** @throws OrchestratorError GIT_FAILED, also for a commit that is not in this repository */
  async begin({ task, earlier }: { task: Task; earlier: readonly Task[] }, mayGoOn: boolean) {
    if (this.#files.status(this.#worktree.path) === null) {
      // Deleted by hand while the Worker runs.
      await this.#repository.ensureWorktree(this.#name);
    }
    const unfinished = this.#unfinished();
    const resumed = mayGoOn && unfinished?.task === task.id ? unfinished.from : null;
    const from = await this.#startOf(task, earlier, resumed);
    if (resumed === from) {
      return { goesOn: true, displaced: null, notes: [] };
    }
    const rescued = await this.#repository.startFrom(this.#worktree, from);
    this.#files.makeDirectory(this.directory);
    this.#files.replace(this.#mark, `${task.id} ${from}\n`, 0o600);
    const notes = rescued.map((branch) => `What was left in the work tree is kept on ${branch}`);
    return { goesOn: false, displaced: unfinished?.task ?? null, notes };
  }

  async keep(task: Task): Promise<Record<string, string>> {
    await this.#repository.commitAll(this.#worktree, messageOf(task));
    const commit = await this.#repository.headOf(this.#worktree);
    const branch = resultBranch(task.chain_id, task.id);
    return commit === null ? {} : { commit, branch };
  }

  async handedIn(task: Task, facts: Readonly<Record<string, string>>): Promise<string[]> {
    this.#files.remove(this.#mark);
    const commit = await this.#repository.find(facts["commit"]);
    const branch = resultBranch(task.chain_id, task.id);
    if (commit === null) return [];
    // Of a link that is done again, its chain's branch may have come to something else since: that is given up.
    const kept = wasHandedIn(task)
      ? await this.#repository.moveBranch(branch, commit) ? null : undefined
      : await this.#repository.moveResult(branch, commit);
    if (kept === undefined) return [`${branch} is checked out, and was not moved to ${commit}`];
    return kept === null
      ? []
      : [`${branch} was that of another chain: its work is kept on ${kept}`];
  }

  /**
   * Its own former work, unless an earlier link was done again since; else what the nearest link before it
   * came to; else the commit of the user's work tree, where a run that is resumed keeps to the one that it
   * was begun from.
   */
  async #startOf(
    task: Task,
    earlier: readonly Task[],
    resumed: string | null,
  ): Promise<CommitId> {
    const repository = this.#repository;
    const before = await this.#reportedBy(earlier);
    const own = await this.#ownOf(task);
    if (own !== null && (before === null || await repository.isAncestor(before, own))) return own;
    const start = before ?? await repository.find(resumed) ?? await repository.head();
    if (start === null) {
      throw new OrchestratorError("GIT_FAILED", "There is no commit to begin from");
    }
    return start;
  }

  /** What the link came to before, or the merge of it that did not fit and is to be mended. */
  async #ownOf(task: Task): Promise<CommitId | null> {
    const repository = this.#repository;
    // A branch of that name is then one of a team that was here before: ids begin anew with each.
    if (!wasHandedIn(task)) return null;
    const told = await repository.find(task.evidence["commit"]);
    const tip = await repository.tipOf(resultBranch(task.chain_id, task.id));
    if (told === null || tip === null || tip === told) return told ?? tip;
    const isMerged = await repository.isMerge(tip) && await repository.isAncestor(told, tip);
    return isMerged ? tip : told;
  }

  async #reportedBy(earlier: readonly Task[]): Promise<CommitId | null> {
    const told = earlier.find(({ evidence }) => evidence["commit"] !== undefined);
    if (told === undefined) return null;
    const name = told.evidence["commit"];
    const commit = await this.#repository.find(name);
    if (commit !== null) return commit;
    throw new OrchestratorError(
      "GIT_FAILED",
      `The commit ${JSON.stringify(name)} of ${told.id} is not in "${this.#repository.root}"`,
      { hint: "All links of a chain have to be worked on in one repository" },
    );
  }

  #unfinished(): Unfinished | null {
    const [id, from] = this.#files.read(this.#mark)?.trim().split(" ") ?? [];
    const task = TaskId.safeParse(id);
    return task.success && from !== undefined ? { task: task.data, from } : null;
  }
}

/** Whether a link was completed before; of a history that was cut nobody knows, and it may have been. */
function wasHandedIn({ evidence, history, history_dropped }: Task): boolean {
  return evidence["commit"] !== undefined || history_dropped > 0 ||
    history.some(({ action }) => action === "complete");
}

/** The message of a link's commit: its title, then where it comes from. */
export function messageOf({ id, title, link, chain_id }: Task): string {
  const origin = [`Task: ${id}`, ...chain_id === null ? [] : [`Chain: ${chain_id}`]];
  const subject = terminalLine(title, MAX_SUBJECT);
  return `${subject === "" ? `${link ?? "task"} ${id}` : subject}\n\n${origin.join("\n")}\n`;
}
