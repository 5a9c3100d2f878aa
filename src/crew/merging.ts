import type { Chain } from "../domain/chain.ts";
import { OrchestratorError } from "../domain/errors.ts";
import type { ChainId } from "../domain/ids.ts";
import { outOfRounds } from "../domain/ruling.ts";
import type { Task } from "../domain/task.ts";
import { terminalLine } from "../domain/terminal_text.ts";
import { resultBranch } from "../git/branch_names.ts";
import type { CommitId } from "../git/commit_id.ts";
import type { Repository } from "../git/repository.ts";
import type { Integrate, Integration } from "../leader/integration.ts";
import { conflicting, failing, type Refused, unresolved } from "./refusals.ts";

/**
 * `auto`: the work is merged into the branch that was begun from. `branch`: it is merged and checked in the
 * same way, and the chain's own branch gets the result, to which the other one can go forward. `none`: it
 * stays on the chain's branch as it is.
 */
export type MergeWish = "auto" | "branch" | "none";

/** Where the work of a chain is. */
export interface Delivery {
  readonly chain_id: ChainId;
  /** The chain's own branch. */
  readonly branch: string;
  /** Its last commit; null where nothing was changed. */
  readonly commit: CommitId | null;
  /** The branch that it was merged into, and the commit that holds it there; null: it was not. */
  readonly merged: { readonly into: string; readonly commit: CommitId } | null;
  /** Why it was not merged, though it was to be. */
  readonly reason: string | null;
}

/** Looks at a merged tree in a directory of its own; throws where the signal is aborted before it is done. */
export type CheckMerged = (
  directory: string,
  signal: AbortSignal,
) => Promise<{ passed: boolean; output: string }>;

export interface MergingOptions {
  readonly repository: Repository;
  /** The branch that the work is for. */
  readonly base: string;
  readonly wish: MergeWish;
  readonly check?: CheckMerged;
  readonly onDelivery: (delivery: Delivery) => void;
}

/** Merges that somebody else's commits were faster than, before it is left. */
const MAX_MOVES = 5;
/** Failures of git that end the attempt to merge; the work stays on its branch. */
const GIT_FAILURES: readonly string[] = ["GIT_FAILED", "GIT_NOT_FOUND", "TIMED_OUT"];

/**
 * Merges the work of accepted chains with the branch that it is for. What does not fit goes back to the
 * builder, who begins from the merge as it is, with the marks of the conflict in its files; what the user's
 * own changes are in the way of stays on its branch.
 */
export function mergingInto(options: MergingOptions): Integrate {
  return async (chain, tasks, signal) => {
    const branch = resultBranch(chain.id, "");
    const told: Told = { branch, commit: await workOf(options.repository, chain, tasks) };
    const deliver = (facts: Partial<Delivery>): Integration => {
      const delivery = { chain_id: chain.id, ...told, merged: null, reason: null, ...facts };
      options.onDelivery(delivery);
      return { kind: "integrated", commit: delivery.merged?.commit ?? delivery.commit };
    };
    if (told.commit === null || options.wish === "none") return deliver({});
    try {
      const end = await merged(options, chain, { branch, commit: told.commit }, signal);
      if (end.kind === "delivered") return deliver(end.facts);
      deliver({ reason: end.reason });
      return end;
    } catch (error) {
      if (!(error instanceof OrchestratorError) || !GIT_FAILURES.includes(error.code)) throw error;
      return deliver({ reason: terminalLine(error.message, 2000) });
    }
  };
}

interface Told {
  readonly branch: string;
  readonly commit: CommitId | null;
}

type End = { readonly kind: "delivered"; readonly facts: Partial<Delivery> } | Refused;

/**
 * What the last link of a chain came to. Its report names it; the branch may be behind, where the Worker was
 * killed after it had reported, and is brought there.
 */
async function workOf(
  repository: Repository,
  chain: Chain,
  tasks: readonly Task[],
): Promise<CommitId | null> {
  const branch = resultBranch(chain.id, "");
  for (const { task_id } of chain.links.toReversed()) {
    const named = tasks.find(({ id }) => id === task_id)?.evidence["commit"];
    const commit = await repository.find(named);
    if (commit === null) continue;
    await repository.moveResult(branch, commit);
    return commit;
  }
  return await repository.tipOf(branch);
}

async function merged(
  { repository, base, wish, check }: MergingOptions,
  chain: Chain,
  { branch, commit }: { readonly branch: string; readonly commit: CommitId },
  signal: AbortSignal,
): Promise<End> {
  const left = (reason: string): End => ({ kind: "delivered", facts: { reason } });
  const target = wish === "branch" ? branch : base;
  for (let moves = 0; moves < MAX_MOVES; moves++) {
    const before = await repository.tipOf(base);
    if (before === null) return left(`The branch "${base}" is gone`);
    const marked = await repository.markedFiles(before, commit);
    if (marked.length > 0) return unresolved(marked, branch);
    const result = await repository.mergeInto({
      branch: base,
      commit,
      how: "auto",
      message: messageOf(chain),
      ...(wish === "branch" ? { onto: branch } : {}),
      ...(check === undefined ? {} : { check: (directory) => check(directory, signal) }),
    });
    switch (result.kind) {
      case "moved":
        continue;
      case "nothing_to_do":
        return { kind: "delivered", facts: { merged: { into: base, commit: result.commit } } };
      case "merged": {
        const { commit: tip } = result;
        const facts = wish === "branch" ? { commit: tip } : { merged: { into: base, commit: tip } };
        return { kind: "delivered", facts };
      }
      case "conflict":
      case "check_failed": {
        const end = result.kind === "conflict"
          ? conflicting(result, base, branch)
          : failing(result.output, base, branch);
        // Who merges by hand after the last round wants the work without the marks.
        const goesOn = outOfRounds(chain, end.reason) === null;
        if (goesOn && result.commit !== commit) await repository.moveBranch(branch, result.commit);
        return end;
      }
      case "checkout_dirty":
        return left(
          `"${target}" is checked out in "${result.path}", which is in the way: ${result.reason}`,
        );
      case "checkout_failed":
        return left(
          `"${target}" is checked out in "${result.path}", where git failed: ${result.reason}`,
        );
      case "not_forward":
        return left(`"${base}" has gone on meanwhile`);
    }
  }
  return left(`"${target}" kept moving`);
}

function messageOf({ id, title }: Chain): string {
  return `${title}\n\nChain: ${id}`;
}
