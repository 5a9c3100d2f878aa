import type { Outcome } from "../agent/outcome.ts";
import { terminalLine } from "../agent/terminal_text.ts";
import { sleep } from "../platform/clock.ts";
import type { LeaderContext } from "./context.ts";

/** Waits out what keeps the Leader's agent from answering and is nobody's fault. */
export class Patience {
  readonly #context: LeaderContext;
  #unknownLimits = 0;
  #outages = 0;

  constructor(context: LeaderContext) {
    this.#context = context;
  }

  /** Waits for the end of a pause of the team. Rejects where the term ends first. */
  async waitOutPause(): Promise<void> {
    const { team, term, show } = this.#context;
    const pause = await team.pause.current();
    if (pause === null) return;
    show(terminalLine(`The Leader waits with the team until ${pause.until}: ${pause.reason}`));
    for await (const standing of team.pause.watch(term.signal)) if (standing === null) return;
    term.signal.throwIfAborted();
  }

  /**
   * True after a wait, where the same is to be asked again; false, at once, for any other outcome.
   * Rejects where the term ends first.
   */
  async waitOut(outcome: Outcome): Promise<boolean> {
    switch (outcome.kind) {
      case "rate_limited":
        await this.#pauseTeam(outcome.until, outcome.reason);
        return true;
      case "overloaded":
        await this.#sleep(this.#grown("backOff", this.#outages++), outcome.reason);
        return true;
      case "not_logged_in":
      case "out_of_credit":
      case "no_such_command":
      case "version_printed":
        await this.#sleep(this.#context.settings.waits.cannotRunMs, outcome.reason);
        return true;
      default:
        return false;
    }
  }

  /** A limit stops the whole team until it is over, and the Leader with it. */
  async #pauseTeam(until: number | null, reason: string): Promise<void> {
    const { clock, team, actor } = this.#context;
    const now = clock.now();
    const end = until !== null && until > now
      ? until
      : now + this.#grown("unknownLimit", this.#unknownLimits++);
    await team.pause.pause(end, reason, actor);
    await this.waitOutPause();
  }

  async #sleep(ms: number, reason: string): Promise<void> {
    const { show, clock, term } = this.#context;
    show(terminalLine(`The Leader's agent cannot answer, trying again in ${ms} ms: ${reason}`));
    await sleep(clock, ms, term.signal);
  }

  #grown(wait: "backOff" | "unknownLimit", times: number): number {
    const { firstMs, maxMs } = this.#context.settings.waits[wait];
    const whole = Math.min(maxMs, firstMs * 2 ** Math.min(times, 30));
    return Math.round(whole / 2 + this.#context.random.next() * whole / 2);
  }
}
