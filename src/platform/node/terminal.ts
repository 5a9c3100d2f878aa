import { write, writeSync } from "node:fs";
import process from "node:process";
import type { HeldTerminal, Terminal, TerminalEvents, TerminalModes } from "../terminal.ts";
import { systemClock } from "./system_clock.ts";

/** ms that a write may take before the terminal is given up on: at a stop, at the end. */
const PATIENCE_MS = 300;
/** ms after which a terminal that took nothing is tried again. */
const RETRY_MS = 20;

const FALLBACK = { columns: 80, rows: 24 };

/** Keys that a terminal in raw mode hands over instead of acting on them, and what they mean. */
const SIGNAL_KEYS: ReadonlyMap<string, NodeJS.Signals> = new Map([
  ["\x03", "SIGINT"],
  ["\x1c", "SIGQUIT"],
  ["\x1a", "SIGTSTP"],
]);

/**
 * The terminal at stdout, with the keyboard at stdin where that is a terminal too. SIGINT and SIGTERM are
 * left to the process: it releases the terminal, or exits.
 *
 * Writing goes through a thread of the runtime, not through `process.stdout`, which waits in the midst of
 * everything else where a terminal is a terminal: one that is stopped would stop the whole process.
 */
export const nodeTerminal: Terminal = {
  size() {
    const { columns, rows } = process.stdout;
    return { columns: columns || FALLBACK.columns, rows: rows || FALLBACK.rows };
  },
  take: (modes, events) => new Hold(modes, events),
};

class Hold implements HeldTerminal {
  readonly #modes: TerminalModes;
  readonly #events: TerminalEvents;
  readonly #keyboard = process.stdin.isTTY === true ? process.stdin : null;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  /** Its modes are entered. */
  #isIn = false;
  #isReleased = false;
  /** It was hung up: nobody will ever see it again. */
  #isGone = false;

  constructor(modes: TerminalModes, events: TerminalEvents) {
    this.#modes = modes;
    this.#events = events;
    process.on("exit", this.#leave).on("uncaughtExceptionMonitor", this.#leave);
    // A listener of ours alone would make a rejection that nobody handles harmless.
    if (process.listenerCount("unhandledRejection") > 0) {
      process.prependListener("unhandledRejection", this.#leave);
    }
    process.on("SIGTSTP", this.#onStop).on("SIGCONT", this.#onContinue);
    process.on("SIGHUP", this.#onHangup).on("SIGQUIT", this.#onQuit);
    process.stdout.on("resize", this.#onResize).on("error", ignore);
    // The runtime asks both for their size, and fails where the terminal is gone.
    process.stderr.on("error", ignore);
    this.#keyboard?.on("data", this.#onKeys).on("error", ignore);
    this.#enter();
  }

  write(text: string): Promise<void> {
    if (!this.#isIn) return Promise.resolve();
    this.#isWriting = true;
    this.#writing = this.#writing.then(() => writeAll(text)).finally(() => {
      this.#isWriting = false;
    });
    return this.#writing;
  }

  async release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    process.off("exit", this.#leave).off("uncaughtExceptionMonitor", this.#leave);
    process.off("unhandledRejection", this.#leave);
    process.off("SIGTSTP", this.#onStop).off("SIGCONT", this.#onContinue);
    process.off("SIGHUP", this.#onHangup).off("SIGQUIT", this.#onQuit);
    process.stdout.off("resize", this.#onResize).off("error", ignore);
    process.stderr.off("error", ignore);
    await this.#written();
    // One that takes nothing is told behind what it has not taken; waiting for it would be for ever.
    if (this.#isWriting) void writeAll(this.#modes.leave);
    else this.#leave();
    this.#isIn = false;
    this.#setRaw(false);
    this.#keyboard?.off("data", this.#onKeys).off("error", ignore).pause();
  }

  #enter(): void {
    this.#isIn = true;
    this.#setRaw(true);
    writeNow(this.#modes.enter);
  }

  /** At once, since the process may be about to end; whatever else is wrong, this is tried. */
  readonly #leave = (): void => {
    if (!this.#isIn) return;
    this.#isIn = false;
    // A frame that is half written would come out behind; it takes a moment at the most.
    if (this.#isWriting) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    writeNow(this.#modes.leave);
    this.#setRaw(false);
  };

  #setRaw(isRaw: boolean): void {
    try {
      this.#keyboard?.setRawMode(isRaw);
    } catch {
      // The terminal is gone: nothing is left to be set.
    }
  }

  /** What is under way, as far as the terminal takes it. */
  #written(): Promise<void> {
    return new Promise((resolve) => {
      const timer = systemClock.timer(PATIENCE_MS, resolve);
      void this.#writing.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Ctrl+Z: back to how the shell knows the terminal, and only then stopped as anybody is. */
  readonly #onStop = (): void => {
    void this.#written().then(() => {
      if (this.#isReleased) return;
      this.#leave();
      process.off("SIGTSTP", this.#onStop);
      // It returns when the process goes on, or at once where nobody could make it go on.
      process.kill(process.pid, "SIGTSTP");
      process.on("SIGTSTP", this.#onStop);
      this.#onContinue();
    });
  };

  readonly #onContinue = (): void => {
    // Who is hung up is made to go on as well, so that it can end.
    if (this.#isGone) return;
    this.#enter();
    // The runtime learns the size by this signal alone, which goes to whoever is in the foreground.
    process.kill(process.pid, "SIGWINCH");
    this.#events.resumed();
  };

  /** The terminal is gone, and so is whoever could end the process; where nobody else cares, this does. */
  readonly #onHangup = (): void => {
    this.#leave();
    this.#isGone = true;
    if (process.listenerCount("SIGHUP") === 1) process.kill(process.pid, "SIGTERM");
  };

  readonly #onQuit = (): void => {
    this.#leave();
    process.off("SIGQUIT", this.#onQuit);
    process.kill(process.pid, "SIGQUIT");
  };

  readonly #onResize = (): void => this.#events.resized();

  readonly #onKeys = (chunk: Uint8Array | string): void => {
    let typed = "";
    for (const key of String(chunk)) {
      const signal = SIGNAL_KEYS.get(key);
      // To the whole group, as the terminal itself would.
      if (signal !== undefined) process.kill(0, signal);
      else typed += key;
    }
    if (typed !== "") this.#events.typed(typed);
  };
}

function ignore(): void {}

/** Writes a text to stdout without holding anything up; gives up where nobody is there to read it. */
async function writeAll(text: string): Promise<void> {
  for (let rest: Uint8Array = new TextEncoder().encode(text); rest.length > 0;) {
    const written = await writeSome(rest);
    if (written === null) return;
    if (written === 0) await new Promise<void>((done) => void systemClock.timer(RETRY_MS, done));
    rest = rest.subarray(written);
  }
}

/** Bytes that were taken; 0 where there is no room now, null where there never will be. */
function writeSome(bytes: Uint8Array): Promise<number | null> {
  return new Promise((resolve) => {
    write(process.stdout.fd, bytes, 0, bytes.length, null, (error, written) => {
      resolve(error === null ? written : error.code === "EAGAIN" ? 0 : null);
    });
  });
}

/** Writes a short text at once. */
function writeNow(text: string): void {
  try {
    writeSync(process.stdout.fd, text);
  } catch {
    // A terminal that is gone, or that takes nothing, needs no restoring.
  }
}
