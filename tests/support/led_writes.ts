import type { JournalEvent } from "../../src/domain/event.ts";
import type { Team } from "../../src/coordination/team.ts";
import type { Term } from "../../src/coordination/election.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { isLoss } from "../../src/coordination/losses.ts";

/** What the Leaders of a test count up, each under its name and epoch. */
const COUNTER = "counter";

/** How one write of a Leader ended. */
export type Write = "done" | "refused" | "unknown";

/** Counts up by one, behind the fence of the team. Throws what a Leader must never meet. */
export async function countUp(team: Team, term: Term): Promise<Write> {
  const { instance_id: id, name } = term.record;
  try {
    await team.context.set(COUNTER, String(term.epoch), { id, name: `${name}#${term.epoch}` });
    return "done";
  } catch (error) {
    if (error instanceof OrchestratorError && error.code === "DEPOSED") return "refused";
    if (isLoss(error)) return "unknown";
    throw error;
  }
}

/** What a journal tells of the Leaders and of what they wrote. */
export interface Reigns {
  /** Epochs, in the order of the journal. */
  readonly epochs: number[];
  readonly writes: number;
  /** Writes that came when another one led already. */
  readonly strays: string[];
}

/** Follows who led, event by event, and who wrote. */
export function reignsIn(events: readonly JournalEvent[]): Reigns {
  const epochs: number[] = [];
  const strays: string[] = [];
  let leader = "";
  let writes = 0;
  for (const { type, by_name, data, id } of events) {
    if (type === "leader_elected") {
      epochs.push(Number(data?.["epoch"]));
      leader = `${by_name}#${epochs.at(-1)}`;
    } else if (type === "context_set" && data?.["key"] === COUNTER) {
      writes++;
      if (by_name !== leader) strays.push(`${id}: ${by_name} wrote when ${leader} led`);
    }
  }
  return { epochs, writes, strays };
}

/** 1, 2, … n. */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index + 1);
}
