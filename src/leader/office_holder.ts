import { terminalLine } from "../agent/terminal_text.ts";
import type { Election, LeaderProfile, Term } from "../coordination/election.ts";
import type { Fence } from "../coordination/fence.ts";
import { isLoss } from "../coordination/losses.ts";
import { onceAborted } from "../platform/aborted.ts";
import { sleep } from "../platform/clock.ts";
import { lead, type LeaderNeeds } from "./leader.ts";
import type { LeaderTeam } from "./ports.ts";

/** ms after a broken connection before a former Leader stands again. */
const AGAIN_MS = 500;

/** ms that stepping down may take before it is left to the end of the session. */
const STEPPING_MS = 2_000;

/** ms that the work of a term may take to end once it is told to leave, as where ZooKeeper is away. */
const ENDING_MS = 15_000;

export interface OfficeNeeds extends Omit<LeaderNeeds, "team" | "term"> {
  readonly election: Pick<Election, "campaign">;
  readonly profile: LeaderProfile;
  /** The team, every write of which is refused once the fence no longer holds. */
  readonly fencedTeam: (fence: Fence) => LeaderTeam;
  /** Queue behind whoever leads, and again after each term. */
  readonly standby: boolean;
  /** A term that was taken already: the first one. */
  readonly first?: Term | undefined;
  /** Told when a term begins, and with null when it is over. */
  readonly onTerm: (term: Term | null) => void;
  /** Aborted when the Leader is to step down and go. */
  readonly leave: AbortSignal;
}

/** What one process did as a Leader. */
export interface LeaderSummary {
  /** Terms that it held. */
  readonly terms: number;
  /** Epoch of the last one; null where there was none. */
  readonly epoch: number | null;
}

/**
 * Stands for office and leads, term after term, until it is told to leave. A term that ends by itself (a
 * lost session, a process that was stopped for long) is followed by another try: as a standby in the queue,
 * else only where nobody has taken over.
 *
 * @throws OrchestratorError LEADER_EXISTS, CORRUPT_DATA; ZooKeeperError CLOSED
 */
export async function holdOffice(needs: OfficeNeeds): Promise<LeaderSummary> {
  let summary: LeaderSummary = { terms: 0, epoch: null };
  for (let first = needs.first; first !== undefined || !needs.leave.aborted; first = undefined) {
    const term = first ?? await campaign(needs, summary.terms > 0);
    if (term === null) break;
    summary = { terms: summary.terms + 1, epoch: term.epoch };
    await serve(needs, term);
    if (term.end !== "resigned") {
      needs.show(terminalLine(`Term ${term.epoch} is over: ${term.signal.reason}`));
    }
    if (term.end === "closed") term.signal.throwIfAborted();
  }
  return summary;
}

/**
 * A term; null where it was told to leave while it waited. Who has led already waits for a connection
 * that is away; the first time, and without a queue, that is an error.
 */
async function campaign(needs: OfficeNeeds, hasLed: boolean): Promise<Term | null> {
  const { election, profile, standby, leave, clock } = needs;
  for (;;) {
    try {
      return await election.campaign({ profile, standby, signal: leave });
    } catch (error) {
      if (leave.aborted) return null;
      if (!hasLed || !isLoss(error)) throw error;
    }
    await sleep(clock, AGAIN_MS, leave).catch(() => {});
  }
}

/** Leads until the term is over, or it is told to leave: then it steps down. */
async function serve(needs: OfficeNeeds, term: Term): Promise<void> {
  let stepping: Promise<void> = Promise.resolve();
  const resign = () => {
    stepping = term.resign("told to stop").catch((error: unknown) => {
      needs.show(terminalLine(`Left without stepping down: ${error}`));
    });
  };
  needs.leave.addEventListener("abort", resign, { once: true });
  if (needs.leave.aborted) resign();
  needs.onTerm(term);
  const ended = new AbortController();
  const tooLate = onceAborted(needs.leave).then(() => sleep(needs.clock, ENDING_MS, ended.signal));
  try {
    const leading = lead({ ...needs, team: needs.fencedTeam(term.fence), term });
    await Promise.race([leading, tooLate]);
  } catch (error) {
    await term.resign("met an error").catch(() => {});
    throw error;
  } finally {
    ended.abort();
    tooLate.catch(() => {});
    needs.leave.removeEventListener("abort", resign);
    needs.onTerm(null);
    // Where ZooKeeper is away the office goes with the session; nobody waits at the terminal for that.
    await Promise.race([stepping, sleep(needs.clock, STEPPING_MS)]);
  }
}
