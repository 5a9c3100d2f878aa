import type { Clock, Timer } from "../platform/clock.ts";
import { frameDiff } from "./frame_diff.ts";
import type { Frame } from "./view.ts";

/** ms between two frames at least. */
const FRAME_MS = 100;

export interface PainterOptions {
  readonly clock: Clock;
  readonly colours: boolean;
  /** The picture as of now. */
  readonly draw: () => Frame;
  /** Resolves when the terminal has taken the text, and so takes more. */
  readonly write: (text: string) => Promise<void>;
}

/**
 * Keeps a terminal at what `draw` shows: writes what has changed, at most ten times a second, when
 * somebody says that something has, or when the frame says that time has changed it. While the terminal
 * is busy with one frame no other is drawn, so nothing piles up for one that is slow or has stopped.
 */
export class Painter {
  readonly #options: PainterOptions;
  #shown: Frame | null = null;
  #timer: Timer | undefined;
  /** When the timer fires, by the monotonic clock. */
  #due = Infinity;
  #paintedAt = -Infinity;
  #isWriting = false;
  #isAsked = false;
  #isClosed = false;

  constructor(options: PainterOptions) {
    this.#options = options;
  }

  /** Something has changed: draws soon. */
  ask(): void {
    this.#isAsked = true;
    this.#schedule(this.#paintedAt + FRAME_MS);
  }

  /** The terminal no longer shows what was written: draws everything anew. */
  repaint(): void {
    this.#shown = null;
    this.ask();
  }

  /** Draws no more. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #schedule(at: number): void {
    if (this.#isClosed || this.#isWriting || at >= this.#due) return;
    const { clock } = this.#options;
    this.#timer?.cancel();
    this.#due = at;
    this.#timer = clock.timer(Math.max(0, at - clock.monotonic()), () => this.#paint());
  }

  #paint(): void {
    const { clock, colours, draw, write } = this.#options;
    this.#due = Infinity;
    this.#isAsked = false;
    this.#paintedAt = clock.monotonic();
    const frame = draw();
    const text = frameDiff(this.#shown, frame, { colours });
    this.#shown = frame;
    if (text === "") return this.#next(frame);
    this.#isWriting = true;
    void write(text).then(() => {
      this.#isWriting = false;
      this.#next(frame);
    });
  }

  #next({ validMs }: Frame): void {
    if (this.#isAsked) this.#schedule(this.#paintedAt + FRAME_MS);
    else if (validMs < Infinity) this.#schedule(this.#paintedAt + Math.max(validMs, FRAME_MS));
  }
}
