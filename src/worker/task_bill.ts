import { BillKeeper, type Failure } from "../agent/bill_keeper.ts";
import { terminalLine } from "../agent/terminal_text.ts";
import { isLoss } from "../coordination/losses.ts";
import type { TokenHolder } from "../coordination/task_queue.ts";
import { OrchestratorError } from "../domain/errors.ts";
import type { TaskId } from "../domain/ids.ts";
import type { WorkerContext } from "./context.ts";
import { isClaimGone } from "./settle.ts";

/** Notes beside a claim what its runs use; `lost` is called where somebody else has ended it. */
export function taskBill(
  { team, clock, settings, show }: WorkerContext,
  id: TaskId,
  holder: TokenHolder,
  lost: () => void,
): BillKeeper {
  const bill = team.tasks.bill(id, holder);
  let told = "";
  const failed = (error: unknown): Failure => {
    if (error instanceof OrchestratorError && error.code === "CLAIM_LOST") lost();
    if (isClaimGone(error)) return "over";
    if (!isLoss(error) && String(error) !== told) {
      told = String(error);
      show(terminalLine(`Warning: what ${id} uses cannot be noted: ${error}`));
    }
    return "again";
  };
  return new BillKeeper({
    clock,
    everyMs: settings.waits.billMs,
    note: (spent) => bill.note(spent),
    failed,
  });
}
