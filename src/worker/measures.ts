import { terminalLine } from "../agent/terminal_text.ts";
import type { WorkerContext } from "./context.ts";
import type { Gate } from "./gate.ts";
import { backOffMs, type Measure } from "./reaction.ts";

/** Carries out what the Worker does besides settling its work, and counts the waits in a row. */
export class Measures {
  readonly #context: WorkerContext;
  readonly #gate: Gate;
  #backOffs = 0;
  #unknownLimits = 0;

  constructor(context: WorkerContext, gate: Gate) {
    this.#context = context;
    this.#gate = gate;
  }

  async take(measure: Measure): Promise<void> {
    if (measure.measure === "none") this.#backOffs = this.#unknownLimits = 0;
    else if (measure.measure === "pause_team") await this.#pauseTeam(measure);
    else if (measure.measure === "back_off") this.#backOff(measure.reason);
    else await this.#pauseSelf(measure);
  }

  async #pauseTeam({ until, reason }: Extract<Measure, { measure: "pause_team" }>): Promise<void> {
    const { clock, random, settings, team, actor, show } = this.#context;
    const now = clock.now();
    const end = until !== null && until > now
      ? until
      : now + backOffMs(this.#unknownLimits++, random.next(), settings.waits.unknownLimit);
    show(terminalLine(`The team pauses until ${new Date(end).toISOString()}: ${reason}`));
    await team.pause.pause(end, reason, actor);
  }

  #backOff(reason: string): void {
    const { random, settings, show } = this.#context;
    const ms = backOffMs(this.#backOffs++, random.next(), settings.waits.backOff);
    show(terminalLine(`Waiting ${Math.ceil(ms / 1000)} s: ${reason}`));
    this.#gate.pause(ms);
  }

  async #pauseSelf(
    { reason, remedy }: Extract<Measure, { measure: "pause_self" }>,
  ): Promise<void> {
    const { settings, show, team, identity } = this.#context;
    const minutes = Math.ceil(settings.waits.selfPauseMs / 60_000);
    const told = `Cannot run the agent: ${reason}. ${remedy}; trying again in ${minutes} min`;
    this.#gate.pause(settings.waits.selfPauseMs);
    show(terminalLine(told));
    const leader = await team.leader();
    if (leader === null) return;
    await team.inbox.send({
      type: "report",
      to: [leader.id],
      from: { id: identity.id, name: identity.name, role: identity.role },
      content: told,
      data: { v: 1, status: "worker_paused", reason },
    });
  }
}
