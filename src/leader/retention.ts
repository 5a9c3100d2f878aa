import { isLoss } from "../coordination/losses.ts";
import { terminalLine } from "../agent/terminal_text.ts";
import type { Swept } from "../coordination/retention.ts";
import { sleep } from "../platform/clock.ts";
import type { LeaderContext } from "./context.ts";

/** Things removed in one batch, and ms between two batches: retention is never in anybody's way. */
const BATCH = 200;
const PAUSE_MS = 200;

/** Removes what has been over for long enough, in small batches, now and every ten minutes. */
export async function keepRetention(context: LeaderContext): Promise<void> {
  const { term, clock, settings, show } = context;
  while (!term.signal.aborted) {
    try {
      await term.untilMayAct();
      await sweepOnce(context);
    } catch (error) {
      if (term.signal.aborted) return;
      if (!isLoss(error)) show(terminalLine(`Retention: ${error}`));
    }
    await sleep(clock, settings.waits.sweepMs, term.signal).catch(() => {});
  }
}

/** What the agents have cost is summed up before the events that tell of it may go. */
async function sweepOnce({ team, clock, settings, term }: LeaderContext): Promise<void> {
  await team.spent.checkpoint();
  const { tasksMs, messagesMs, journalMs } = settings.retention;
  const sweeps: readonly (() => Promise<Swept>)[] = [
    () => team.tasks.sweepFinished({ olderThanMs: tasksMs, limit: BATCH }),
    () => team.sweepChains({ olderThanMs: tasksMs, limit: BATCH }),
    () => team.sweepRequirements({ olderThanMs: tasksMs, limit: BATCH }),
    () => team.sweepMembers({ olderThanMs: tasksMs, limit: BATCH }),
    () => team.sweepReadMessages({ olderThanMs: messagesMs, limit: BATCH }),
    () => team.sweepJournal({ olderThanMs: journalMs, limit: BATCH }),
  ];
  for (const sweep of sweeps) {
    while ((await sweep()).more) await sleep(clock, PAUSE_MS, term.signal);
  }
}
