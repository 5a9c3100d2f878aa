import { createHash } from "node:crypto";
import type { VirtualClock } from "../../src/platform/simulated/virtual_clock.ts";

/** What happened in a run: lines for people, and a sum over these and over every byte that was sent. */
export class Trace {
  readonly lines: string[] = [];
  readonly #clock: VirtualClock;
  readonly #sum = createHash("sha256");

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Adds a line: when, who, what. */
  tell(who: string, what: string): void {
    const line = `${timeOf(this.#clock.monotonic())} ${who.padEnd(10)} ${what}`;
    this.lines.push(line);
    this.#sum.update(`${line}\n`);
  }

  /** Adds something that is only summed: too much for people. */
  note(what: string, bytes: Uint8Array): void {
    this.#sum.update(`${this.#clock.monotonic()} ${what}\n`).update(bytes);
  }

  /** The sum, in hexadecimal: equal where two runs were equal byte for byte. To be asked once. */
  digest(): string {
    return this.#sum.digest("hex");
  }
}

/** `07:32.125`: minutes, seconds and ms of virtual time. */
function timeOf(ms: number): string {
  const seconds = (ms / 1000).toFixed(3);
  const minutes = Math.floor(ms / 60_000);
  const rest = (Number(seconds) - minutes * 60).toFixed(3);
  return `${String(minutes).padStart(2, "0")}:${rest.padStart(6, "0")}`;
}
