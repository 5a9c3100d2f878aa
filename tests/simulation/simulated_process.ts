import type { Clock, Timer } from "../../src/platform/clock.ts";
import type { VirtualClock } from "../../src/platform/simulated/virtual_clock.ts";
import type { Trace } from "./trace.ts";

/**
 * How a process stands still: `stopped` as by SIGSTOP, while the machine's clocks go on, or `asleep`
 * with its machine, whose monotonic clock stands still too.
 */
export type Stillness = "stopped" | "asleep";

/** What becomes of a process at one of its writes. */
export type Fate =
  /** It dies, and only so much of the write (a fraction) has left. */
  | { readonly kind: "die"; readonly fraction: number }
  /** It stands still for so many ms, before the write leaves or right after. */
  | {
    readonly kind: "halt";
    readonly how: Stillness;
    readonly ms: number;
    readonly when: "before" | "after";
  }
  /** Its connections break once the write has left, so that it hears no answer. */
  | { readonly kind: "lose" };

export interface ProcessOptions {
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  /** ms by which its machine's wall clock is wrong. */
  readonly skewMs: number;
}

interface OwnTimer {
  /** By the monotonic clock of the process. */
  readonly due: number;
  readonly fire: () => void;
  underlying: Timer | null;
}

/**
 * One process of the simulation. All that ever wakes it comes through its clock or `deliver`, and all that
 * it does to others through `perform`: so one that is dead is dead between two lines of its code, wherever it
 * was, none of its promises ever settles, and one that stands still goes on where it was.
 */
export class SimulatedProcess {
  readonly name: string;
  readonly host: string;
  readonly pid: number;
  readonly clock: Clock;
  readonly #time: VirtualClock;
  readonly #trace: Trace;
  readonly #skewMs: number;
  readonly #timers = new Set<OwnTimer>();
  readonly #ends = new Set<() => void>();
  readonly #connections = new Set<() => void>();
  /** What it was about to do when it came to stand still, then what has reached it since. */
  #unfinished: (() => void)[] = [];
  #due: (() => void)[] = [];
  #arrived: (() => void)[] = [];
  #state: "running" | Stillness | "dead" = "running";
  /** ms for which its monotonic clock has stood still so far. */
  #slept = 0;
  #haltedAt = 0;
  #fate: { fate: Fate; inWrites: number } | null = null;

  constructor(time: VirtualClock, trace: Trace, options: ProcessOptions) {
    this.#time = time;
    this.#trace = trace;
    this.name = options.name;
    this.host = options.host;
    this.pid = options.pid;
    this.#skewMs = options.skewMs;
    this.clock = {
      now: () => Math.floor(time.now() + this.#skewMs),
      monotonic: () => this.#monotonic(),
      timer: (ms, fire) => this.#timer(ms, fire),
    };
  }

  get isAlive(): boolean {
    return this.#state !== "dead";
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** Something reaches the process from outside: at once, when it goes on, or never. */
  deliver(happen: () => void): void {
    if (this.#state === "running") happen();
    else if (this.#state !== "dead") this.#arrived.push(happen);
  }

  /** The process does something to the world outside: at once, when it goes on, or never. */
  perform(act: () => void): void {
    if (this.#state === "running") act();
    else if (this.#state !== "dead") this.#unfinished.push(act);
  }

  /**
   * The process writes to a connection: `send` is given the fraction of it that leaves. Its fate, where one
   * was set, comes at the write that it was set for.
   */
  write(send: (fraction: number) => void): void {
    this.perform(() => {
      const fate = this.#nextFate();
      if (fate === null) return send(1);
      if (fate.kind === "die") {
        send(fate.fraction);
        return this.kill(`dies with ${Math.round(fate.fraction * 100)}% of a write sent`);
      }
      if (fate.kind === "lose") {
        send(1);
        this.#trace.tell(this.name, `[${this.pid}] hears no answer to a write`);
        return this.breakConnections();
      }
      if (fate.when === "after") send(1);
      else this.#unfinished.push(() => send(1));
      this.halt(fate.how, `${fate.when} a write`);
      this.#time.timer(fate.ms, () => this.goOn());
    });
  }

  /** Sets what becomes of it at its n-th write from now, n from 1. */
  destine(fate: Fate, inWrites: number): void {
    this.#fate = { fate, inWrites };
  }

  /** Takes back what was destined. */
  spare(): void {
    this.#fate = null;
  }

  kill(why: string): void {
    if (this.#state === "dead") return;
    this.#trace.tell(this.name, `[${this.pid}] ${why}`);
    this.#die();
  }

  /** Its own end, in order. */
  exit(): void {
    if (this.#state !== "dead") this.#die();
  }

  /** Calls back when it has ended, however. */
  onEnd(end: () => void): void {
    this.#ends.add(end);
  }

  /** Calls back when its connections are to break; the returned function ends that. */
  onBreak(shatter: () => void): () => void {
    this.#connections.add(shatter);
    return () => this.#connections.delete(shatter);
  }

  /** Breaks its connections, as soon as what it is about to do is done. */
  breakConnections(): void {
    for (const shatter of this.#connections) this.#time.timer(0, shatter);
  }

  halt(how: Stillness, why: string): void {
    if (this.#state !== "running") return;
    this.#trace.tell(this.name, `[${this.pid}] is ${how} ${why}`);
    this.#state = how;
    this.#haltedAt = this.#time.monotonic();
    if (how === "asleep") { for (const timer of this.#timers) timer.underlying?.cancel(); }
  }

  goOn(): void {
    if (this.#state === "running" || this.#state === "dead") return;
    const wasAsleep = this.#state === "asleep";
    if (wasAsleep) this.#slept += this.#time.monotonic() - this.#haltedAt;
    this.#state = "running";
    this.#trace.tell(this.name, `[${this.pid}] goes on`);
    const rest = this.#unfinished;
    const events = [...this.#due, ...this.#arrived];
    this.#unfinished = [];
    this.#due = [];
    this.#arrived = [];
    if (wasAsleep) {
      const timers = [...this.#timers].sort((one, other) => one.due - other.due);
      for (const timer of timers) this.#arm(timer);
    }
    for (const act of rest) this.perform(act);
    // As in an event loop: first the timers that are due, then what came in, each on its own.
    for (const event of events) this.#time.timer(0, () => this.deliver(event));
  }

  #die(): void {
    this.#state = "dead";
    for (const timer of this.#timers) timer.underlying?.cancel();
    this.#timers.clear();
    this.#unfinished = [];
    this.#due = [];
    this.#arrived = [];
    for (const end of this.#ends) end();
  }

  #nextFate(): Fate | null {
    if (this.#fate === null || --this.#fate.inWrites > 0) return null;
    const { fate } = this.#fate;
    this.#fate = null;
    return fate;
  }

  #monotonic(): number {
    const now = this.#state === "asleep" ? this.#haltedAt : this.#time.monotonic();
    return now - this.#slept;
  }

  #timer(ms: number, fire: () => void): Timer {
    if (this.#state === "dead") return { cancel: () => {} };
    const timer: OwnTimer = { due: this.#monotonic() + Math.max(0, ms), fire, underlying: null };
    this.#timers.add(timer);
    if (this.#state !== "asleep") this.#arm(timer);
    return {
      cancel: () => {
        timer.underlying?.cancel();
        this.#timers.delete(timer);
      },
    };
  }

  #arm(timer: OwnTimer): void {
    timer.underlying = this.#time.timer(timer.due - this.#monotonic(), () => {
      // One that was cancelled while it lay there is none any more.
      const fire = () => {
        if (this.#timers.delete(timer)) timer.fire();
      };
      if (this.#state === "running") fire();
      else if (this.#state !== "dead") this.#due.push(fire);
    });
  }
}
