import { OrchestratorError } from "../domain/errors.ts";
import type { Actor } from "../domain/member.ts";
import { FleetPause as PauseRecord } from "../domain/pause.ts";
import type { Stat } from "../zookeeper/zookeeper.ts";
import { commitUntilDone, type Ground, type Plan, type Settled } from "./commit_once.ts";
import { encodePayload } from "./payload.ts";
import { readings } from "./readings.ts";
import { standingPause } from "./standing_pause.ts";

/** Longest wait for the end of a pause without looking at the clock again, in ms. */
const LONGEST_TIMER_MS = 60_000;

/**
 * One pause for the whole team: a rate limit that one member meets stops everybody until it is over.
 * `until` is a moment of the world's clock, and each reader compares it with its own.
 */
export class FleetPause {
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /**
   * Pauses the team until a moment (ms since 1970). One that lasts longer already stays as it is.
   * Gives the pause that stands. Throws CORRUPT_DATA, CONTENTION; ZooKeeperError.
   */
  async pause(until: number, reason: string, by: Actor): Promise<PauseRecord> {
    const record: PauseRecord = {
      v: 1,
      until: new Date(until).toISOString(),
      reason,
      by: by.id,
      by_name: by.name,
      set_at: new Date(this.#ground.clock.now()).toISOString(),
    };
    const decide = async (): Promise<Plan<PauseRecord> | Settled<PauseRecord>> => {
      const read = await this.#read();
      if (read !== null && Date.parse(read.record.until) >= Date.parse(record.until)) {
        return { settled: read.record };
      }
      const path = this.#path();
      const data = encodePayload(record);
      return {
        ops: [
          read === null
            ? { type: "create", path, data }
            : { type: "set", path, data, version: read.stat.version },
        ],
        event: {
          type: "fleet_paused",
          by: by.id,
          by_name: by.name,
          reason,
          data: { until: record.until },
        },
        result: () => record,
      };
    };
    return await commitUntilDone(this.#ground, decide, () => Promise.resolve(null));
  }

  /** Ends a pause before its time. True where there was one. */
  async resume(by: Actor): Promise<boolean> {
    let tried = false;
    const decide = async (): Promise<Plan<boolean> | Settled<boolean>> => {
      const read = await this.#read();
      if (read === null || this.#isOver(read.record)) return { settled: tried };
      tried = true;
      return {
        ops: [{ type: "delete", path: this.#path(), version: read.stat.version }],
        event: { type: "fleet_resumed", by: by.id, by_name: by.name },
        result: () => true,
      };
    };
    return await commitUntilDone(this.#ground, decide, () => Promise.resolve(null));
  }

  /** The pause that stands, if one does; see `standingPause`. */
  current(): Promise<PauseRecord | null> {
    const { tree, clock, onCorrupt } = this.#ground;
    return standingPause(tree, clock, onCorrupt);
  }

  /**
   * The pause that stands (null: none) now, and after each change, its end by time among them, until
   * the signal is aborted.
   */
  async *watch(signal: AbortSignal): AsyncGenerator<PauseRecord | null, void, void> {
    let told: string | null | undefined;
    const pauses = readings(this.#ground.tree, this.#ground.clock, signal, {
      targets: [{ path: this.#path() }],
      read: () => this.current(),
      validMs: (pause) => this.#msLeft(pause),
    });
    for await (const pause of pauses) {
      const now = pause === null ? null : `${pause.until} ${pause.reason}`;
      if (now === told) continue;
      told = now;
      yield pause;
    }
  }

  #msLeft(pause: PauseRecord | null): number | undefined {
    if (pause === null) return undefined;
    const left = Date.parse(pause.until) - this.#ground.clock.now();
    return Math.min(Math.max(left, 0), LONGEST_TIMER_MS);
  }

  #isOver(record: PauseRecord): boolean {
    return Date.parse(record.until) <= this.#ground.clock.now();
  }

  async #read(): Promise<{ record: PauseRecord; stat: Stat } | null> {
    const read = await this.#ground.tree.read(this.#path(), PauseRecord);
    if (read.kind === "missing") return null;
    if (read.kind === "found") return { record: read.value, stat: read.stat };
    throw new OrchestratorError("CORRUPT_DATA", `Cannot read "${read.path}": ${read.problem}`, {
      hint: "Delete that node, which ends every pause",
      details: { path: read.path },
    });
  }

  #path(): string {
    return this.#ground.tree.path("pause");
  }
}
