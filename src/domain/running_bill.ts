import * as z from "zod";
import { FencingToken } from "./ids.ts";
import { lazyObject } from "./lazy_object.ts";
import { fitRecord } from "./record.ts";
import { addSpent, isNothing, lessSpent, Spent } from "./spent.ts";
import { type Act, makeStep, type Step } from "./step.ts";
import { HELD, type Task } from "./task.ts";

/**
 * What the run under a claim has used so far, as its owner notes it while the run goes on. It is the
 * data of the claim's own index entry, so it is there as long as the claim is, and no longer.
 */
export const RunningBill = lazyObject(() => ({
  v: z.literal(1),
  /** Of the claim. */
  token: FencingToken,
  spent: Spent,
}));
export type RunningBill = z.infer<typeof RunningBill>;

/** Whether a step ends a claim and does not say what the run under it has cost. */
export function leavesBill(before: Task, { task, event }: Step): boolean {
  return before.claim !== null && task.claim === null && event.data?.["spent"] === undefined;
}

/** The step that ends a claim, with what was noted of the run that nobody reports on. */
export function withBill({ task, event }: Step, spent: Spent): Step {
  const history = task.history.map((transition, index) =>
    index === task.history.length - 1 ? { ...transition, spent } : transition
  );
  return {
    task: fitRecord({ ...task, spent: addSpent(task.spent, spent), history }),
    event: { ...event, data: { ...event.data, spent } },
  };
}

/**
 * Bills what a run has cost beyond what was billed of it when its claim was ended without it; null where
 * that is nothing, or cannot be told: the claim stands, or the record does not reach back to its end.
 */
export function billRest(task: Task, token: FencingToken, spent: Spent, act: Act): Step | null {
  const steps = task.history.filter((step) => step.token === token);
  const isOver = steps.some(({ from, to }) =>
    from !== null && HELD.includes(from) && !HELD.includes(to)
  );
  if (!isOver) return null;
  const rest = lessSpent(spent, addSpent(...steps.map((step) => step.spent)));
  if (isNothing(rest)) return null;
  return makeStep(task, act, {}, { action: "bill", type: "task_billed", token, spent: rest });
}
