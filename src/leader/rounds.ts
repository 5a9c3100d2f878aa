import { isLoss } from "../coordination/losses.ts";
import { terminalLine } from "../agent/terminal_text.ts";
import type { Chain } from "../domain/chain.ts";
import { sleep } from "../platform/clock.ts";
import type { LeaderContext } from "./context.ts";
import { reassignment } from "./dispatch.ts";

/**
 * The Leader's rounds: after each change of the members, and every few seconds, it gives back the work
 * of those who are gone, hands links that nobody takes to somebody else, and ends the waiting for help.
 */
export class Rounds {
  readonly #context: LeaderContext;
  #wake: () => void = () => {};
  /** When the team was last seen paused, in ms since 1970. */
  #pausedAt = -Infinity;

  constructor(context: LeaderContext) {
    this.#context = context;
  }

  /** Goes round until the term is over. */
  async run(): Promise<void> {
    const { term, clock, roster, settings, show } = this.#context;
    const end = roster.onChange(() => this.#wake());
    try {
      while (!term.signal.aborted) {
        const changed = new AbortController();
        this.#wake = () => changed.abort();
        try {
          await term.untilMayAct();
          await this.#goRound();
        } catch (error) {
          if (term.signal.aborted) return;
          if (!isLoss(error)) show(terminalLine(`Going round: ${error}`));
        }
        const signal = AbortSignal.any([term.signal, changed.signal]);
        await sleep(clock, settings.waits.roundsMs, signal).catch(() => {});
      }
    } finally {
      end();
    }
  }

  async #goRound(): Promise<void> {
    const { team, actor, term, clock } = this.#context;
    await team.recovery.recoverOrphans({ by: actor, signal: term.signal });
    if (await team.pause.current() !== null) this.#pausedAt = clock.now();
    for (const chain of await team.chains.open()) {
      if (chain.status === "waiting") await this.#endWaiting(chain);
      else await this.#lookAtLink(chain);
    }
  }

  async #endWaiting(chain: Chain): Promise<void> {
    const { team, actor, clock } = this.#context;
    if (chain.help === null || Date.parse(chain.help.until) > clock.now()) return;
    await team.chains.endWaiting(chain.id, chain.help.message_id, actor);
  }

  async #lookAtLink(chain: Chain): Promise<void> {
    const { team, actor, clock, roster, settings } = this.#context;
    const id = chain.links.find(({ link }) => link === chain.at)?.task_id;
    if (id === undefined || roster.workers().length === 0) return;
    const task = await team.tasks.get(id);
    if (task.status !== "pending" || task.waiting_on.length > 0 || !task.is_due) return;
    // While the team is paused nobody takes anything, so that time does not count.
    const since = Math.max(Date.parse(task.updated_at), this.#pausedAt);
    const waitedMs = clock.now() - since;
    const { openToAllMs } = settings.waits;
    const other = reassignment({ task, waitedMs, openToAllMs }, roster.workers());
    if (other !== null) await team.chains.reassign(id, other.terms, other.reason, actor);
  }
}
