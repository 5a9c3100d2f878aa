import { OrchestratorError } from "../domain/errors.ts";
import type { NewEvent } from "../domain/event.ts";
import type { Clock } from "../platform/clock.ts";
import { sleep } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { isZooKeeperError, MultiError } from "../zookeeper/errors.ts";
import type { Op, OpResult } from "../zookeeper/zookeeper.ts";
import { findCommitted, journalBucket } from "./journal_witness.ts";
import type { Ledger } from "./ledger.ts";
import { isLoss, MAX_LOSSES } from "./losses.ts";
import type { Tree } from "./tree.ts";

/** What the recipes share. */
export interface Ground {
  readonly tree: Tree;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of every node that does not parse and is therefore left out of an answer. */
  readonly onCorrupt: (node: CorruptNode) => void;
}

/** A node that does not parse: its full path, and what is wrong with it, for people. */
export type CorruptNode = Readonly<{ path: string; problem: string }>;

/** One transaction, decided from what was just read; its operations check that it still holds. */
export interface Plan<Result> {
  readonly ops: readonly Op[];
  readonly event: NewEvent | readonly NewEvent[] | null;
  /** What the caller is told once the transaction is carried out. */
  readonly result: (results: OpResult[]) => Result;
}

/** Nothing is to be done: what was read says so. */
export interface Settled<Result> {
  readonly settled: Result;
}

/** Conflicts met before a commit is given up; the pauses grow to `MAX_PAUSE_MS`. */
const MAX_CONFLICTS = 300;
const MAX_PAUSE_MS = 64;
const CONFLICTS = ["BAD_VERSION", "NO_NODE", "NODE_EXISTS", "NOT_EMPTY"] as const;

/** Whether a transaction was refused because somebody else was faster. */
export function isConflict(error: unknown): error is MultiError {
  return error instanceof MultiError && isZooKeeperError(error, ...CONFLICTS);
}

/**
 * Reads, decides and commits until it is done: a conflict is decided anew after a random pause; after
 * a lost reply `happened` says whether the transaction was carried out after all (its result), or
 * not (null). `happened` is asked after `decide` has read the versions that the next try depends on,
 * so that a first try which is still under way either is seen, or makes the next one fail.
 *
 * @throws whatever `decide` throws; CONTENTION; ZooKeeperError
 */
export async function commitUntilDone<Result>(
  ground: Ground,
  decide: () => Promise<Plan<Result> | Settled<Result>>,
  happened: () => Promise<{ result: Result } | null>,
): Promise<Result> {
  let lost = 0;
  for (let conflicts = 0; conflicts < MAX_CONFLICTS;) {
    try {
      const plan = await decide().catch(async (error: unknown) => {
        const done = lost > 0 && error instanceof OrchestratorError ? await happened() : null;
        if (done === null) throw error;
        return { settled: done.result };
      });
      const done = lost > 0 ? await happened() : null;
      if (done !== null) return done.result;
      if ("settled" in plan) return plan.settled;
      return plan.result(await ground.ledger.commit(plan.ops, plan.event));
    } catch (error) {
      if (isConflict(error)) {
        conflicts++;
        const longest = Math.min(2 ** conflicts, MAX_PAUSE_MS);
        await sleep(ground.clock, ground.random.next() * longest);
      } else if (isLoss(error) && lost < MAX_LOSSES) {
        lost++;
        await ground.tree.sync().catch(passLoss);
      } else throw error;
    }
  }
  throw new OrchestratorError("CONTENTION", "Cannot commit: others keep being faster", {
    hint: "Try again",
  });
}

/**
 * `commitUntilDone` for transactions whose event carries `data.nonce`: the journal tells whether one
 * was carried out, and `recall` makes the result from its entry.
 */
export async function commitOnce<Result>(
  ground: Ground,
  nonce: string,
  decide: () => Promise<Plan<Result> | Settled<Result>>,
  recall: (event: NewEvent) => Result,
): Promise<Result> {
  const since = journalBucket(ground.tree);
  since.catch(() => {});
  return await commitUntilDone(ground, decide, async () => {
    const event = await findCommitted(ground.tree, nonce, await since.catch(() => 0));
    return event === null ? null : { result: recall(event) };
  });
}

function passLoss(error: unknown): void {
  if (!isLoss(error)) throw error;
}
