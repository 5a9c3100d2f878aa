import type { NewEvent } from "../../domain/event.ts";
import type { ChainId, RequirementId } from "../../domain/ids.ts";
import { type Billable, billed, type QuestionCost, restOf } from "../../domain/question_bill.ts";
import { isNothing } from "../../domain/spent.ts";
import { commitUntilDone, type Ground, type Plan, type Settled } from "../commit_once.ts";
import { changeRecord, requireRecord, type Shelf } from "./records.ts";

/** A chain, or a requirement. */
interface Asked extends Billable {
  readonly id: ChainId | RequirementId;
  readonly updated_at: string;
}

/**
 * Bills what a question about a record has cost until now, while it is being asked: what is not billed
 * of it yet, which the event tells. To bill it again, as after a lost reply, changes nothing.
 */
export async function billQuestion<T extends Asked>(
  ground: Ground,
  shelf: Shelf<T>,
  id: T["id"],
  cost: Required<QuestionCost>,
  event: NewEvent,
): Promise<void> {
  const decide = async (): Promise<Plan<void> | Settled<void>> => {
    const found = await requireRecord(ground.tree, shelf, id);
    const rest = restOf(found.value, cost);
    if (isNothing(rest)) return { settled: undefined };
    const updated_at = new Date(ground.clock.now()).toISOString();
    const after = { ...found.value, ...billed(found.value, cost), updated_at };
    return {
      ops: changeRecord(ground.tree, shelf, found, after),
      event: { ...event, data: { ...event.data, spent: rest } },
      result: () => undefined,
    };
  };
  await commitUntilDone(ground, decide, () => Promise.resolve(null));
}
