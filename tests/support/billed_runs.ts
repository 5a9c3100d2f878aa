import { expect } from "vitest";
import { spentOf } from "../../src/coordination/spent_total.ts";
import type { TokenHolder } from "../../src/coordination/task_queue.ts";
import { addSpent, NOTHING_SPENT, type Spent } from "../../src/domain/spent.ts";
import type { Task } from "../../src/domain/task.ts";
import { claimer, type TaskTeam } from "./task_team.ts";

export const tom = claimer("tom");
export const jerry = claimer("jerry");

/** What one run has cost that has used so many tokens. */
export const used = (tokens: number): Spent => ({
  ...NOTHING_SPENT,
  input_tokens: tokens,
  runs: 1,
});

/** A task at work, and who holds it. */
export interface Begun {
  readonly task: Task;
  readonly holder: TokenHolder;
}

/** A claim of the one task there is, in progress. */
export async function begun(team: TaskTeam, who = tom): Promise<Begun> {
  const claimed = await team.queue.claim(who);
  if (claimed?.claim == null) throw new Error("Nothing to claim");
  const holder = { by: who, token: claimed.claim.token };
  return { task: await team.queue.start(claimed.id, holder), holder };
}

/** What a task has cost, which is what the journal says that its runs have cost. */
export async function costOf({ queue, journal }: TaskTeam, id: Task["id"]): Promise<Spent> {
  const { spent } = await queue.get(id);
  const events = await journal.read({ taskId: id });
  expect(addSpent(...events.map(spentOf)), "what the journal says").toEqual(spent);
  return spent;
}
