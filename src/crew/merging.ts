import type { Chain } from "../domain/chain.ts";
import type { ChainId } from "../domain/ids.ts";
import { MAX_REASON_BYTES } from "../domain/limits.ts";
import { truncateUtf8 } from "../domain/text.ts";
import { resultBranch } from "../git/branch_names.ts";
import type { CommitId } from "../git/commit_id.ts";
import type { MergeResult } from "../git/merge.ts";
import type { Repository } from "../git/repository.ts";
import type { Integrate, Integration } from "../leader/integration.ts";

/** `auto`: into the branch that was begun from; `branch`, `none`: the work stays on the chain's branch. */
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

export interface MergingOptions {
  readonly repository: Repository;
  /** The branch that the work is for. */
  readonly base: string;
  readonly wish: MergeWish;
  /** Looks at a merged tree in a directory of its own. */
  readonly check?: (directory: string) => Promise<{ passed: boolean; output: string }>;
  readonly onDelivery: (delivery: Delivery) => void;
}

/** Merges that somebody else's commits were faster than, before it is left. */
const MAX_MOVES = 5;

/**
 * Takes the work of accepted chains into the branch that it is for. What does not fit goes back to the
 * builder with what is in the way; what the user's own changes are in the way of stays on its branch.
 */
export function mergingInto(options: MergingOptions): Integrate {
  const { repository, base, wish, onDelivery } = options;
  return async (chain) => {
    const branch = resultBranch(chain.id, "");
    const commit = await repository.tipOf(branch);
    const deliver = (merged: Delivery["merged"], reason: string | null): Integration => {
      onDelivery({ chain_id: chain.id, branch, commit, merged, reason });
      return { kind: "integrated", commit: merged?.commit ?? commit };
    };
    if (commit === null || wish !== "auto") return deliver(null, null);
    for (let moves = 0; moves < MAX_MOVES; moves++) {
      const result = await repository.mergeInto({
        branch: base,
        commit,
        how: "auto",
        message: messageOf(chain),
        ...(options.check === undefined ? {} : { check: options.check }),
      });
      switch (result.kind) {
        case "moved":
          continue;
        case "merged":
        case "nothing_to_do":
          return deliver({ into: base, commit: result.commit }, null);
        case "conflict":
          return conflicting(result, base);
        case "check_failed":
          return failing(result.output, base);
        case "checkout_dirty":
          return deliver(null, `${result.path} is in the way: ${result.reason}`);
        case "not_forward":
          return deliver(null, `"${base}" has gone on meanwhile`);
      }
    }
    return deliver(null, `"${base}" kept moving`);
  };
}

function messageOf({ id, title }: Chain): string {
  return `${title}\n\nChain: ${id}`;
}

function conflicting(
  { conflicts, total }: Extract<MergeResult, { kind: "conflict" }>,
  base: string,
): Integration {
  const paths = conflicts.map(({ path }) => path).join(", ");
  const hunks = conflicts.map(({ hunks }) => hunks).join("\n");
  return {
    kind: "refused",
    reason: `The work does not merge into "${base}": ${total} files in conflict: ${paths}`,
    guidance: truncateUtf8(
      `"${base}" was changed in the same places meanwhile. Change your files so that both changes ` +
        `hold: take over what "${base}" has at these places, and keep what the task asks for.\n\n` +
        hunks,
      MAX_REASON_BYTES,
    ),
  };
}

function failing(output: string, base: string): Integration {
  return {
    kind: "refused",
    reason: `The check fails on the work as merged into "${base}"`,
    guidance: truncateUtf8(
      `Merged into "${base}", the project's check fails. Mend it. It printed:\n\n${output}`,
      MAX_REASON_BYTES,
    ),
  };
}
