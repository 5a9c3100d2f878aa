import type { Random } from "../../src/platform/random.ts";
import type { VirtualClock } from "../../src/platform/simulated/virtual_clock.ts";

/** What is sent: bytes, something that happens at the other end, or the end of all. */
type Item = Uint8Array | (() => void) | null;

/** Why nothing comes out for a while. */
type Hold = "cut" | "paused";

/** One direction of a connection: what goes in comes out in order, each item after a while. */
export class Pipe {
  /** Told of what comes out. The bytes are the taker's for the duration of the call. */
  onData: (bytes: Uint8Array) => void = () => {};
  onEnd: () => void = () => {};
  readonly #time: VirtualClock;
  readonly #latency: () => number;
  readonly #note: (bytes: Uint8Array) => void;
  readonly #holds = new Set<Hold>();
  #items: Item[] = [];
  /** Items at the front that would be out if nothing held them. */
  #ready = 0;
  #lastAt = 0;
  #isEnded = false;

  /** `latency` gives the ms of one item; `note` is told of all bytes that come out. */
  constructor(
    time: VirtualClock,
    latency: () => number,
    note: (bytes: Uint8Array) => void,
  ) {
    this.#time = time;
    this.#latency = latency;
    this.#note = note;
  }

  /** Puts something in; after the end nothing more goes in. */
  send(item: Item): void {
    if (this.#isEnded) return;
    if (item === null) this.#isEnded = true;
    this.#items.push(item);
    const now = this.#time.monotonic();
    this.#lastAt = Math.max(this.#lastAt, now + this.#latency());
    this.#time.timer(this.#lastAt - now, () => {
      this.#ready++;
      this.#drain();
    });
  }

  /** Holds back what would come out, or no longer. */
  hold(why: Hold, isHeld: boolean): void {
    if (isHeld) this.#holds.add(why);
    else this.#holds.delete(why);
    if (!isHeld && this.#ready > 0) this.#time.timer(0, () => this.#drain());
  }

  /** The connection breaks: some of what is under way is lost, and the other end hears of it. */
  breakOff(random: Random): void {
    const kept = Math.floor(random.next() * (this.#items.length + 1));
    this.#items = this.#items.slice(0, kept);
    this.#ready = Math.min(this.#ready, kept);
    this.#isEnded = false;
    this.send(null);
  }

  #drain(): void {
    // One at a time: between two of them the promises of whoever takes them settle.
    if (this.#ready === 0 || this.#holds.size > 0) return;
    this.#ready--;
    const item = this.#items.shift();
    if (this.#ready > 0) this.#time.timer(0, () => this.#drain());
    if (item === null) this.onEnd();
    else if (typeof item === "function") item();
    else if (item !== undefined) {
      this.#note(item);
      this.onData(item);
    }
  }
}
