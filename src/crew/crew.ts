import { terminalLine } from "../agent/terminal_text.ts";
import type { Child, ChildEnd, Children } from "../platform/children.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { Post } from "./roles.ts";

/** ms before a Worker that ended by itself is started again; doubled each time in a row. */
const RESTART_MS = 1_000;
const LONGEST_RESTART_MS = 60_000;
/** ms after which a Worker counts as having worked, so that its next end is the first again. */
const STEADY_MS = 60_000;

export interface CrewOptions {
  readonly posts: readonly Post[];
  readonly children: Children;
  readonly clock: Clock;
  /** The words, directory, environment and log of one Worker. */
  readonly command: (post: Post) => {
    readonly words: readonly string[];
    readonly cwd: string;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly logPath: string;
  };
  /** Shows a line of terminal text. */
  readonly show: (line: string) => void;
}

/**
 * Workers as processes of their own. One that ends by itself is started again, later each time in a row;
 * what it held goes back to the queue by the rules for lost Workers.
 */
export class Crew {
  readonly #options: CrewOptions;
  readonly #ending = new AbortController();
  readonly #running = new Map<Post, Child>();
  readonly #keeping: Promise<unknown>;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#keeping = Promise.all(options.posts.map((post) => this.#keep(post)));
  }

  /**
   * Ends everybody: they may finish the run in progress. What still runs after `withinMs`, or when `urgent`
   * is aborted, is interrupted once more, and killed after as long again.
   */
  async end(withinMs: number, urgent: AbortSignal): Promise<void> {
    this.#ending.abort();
    const { clock } = this.#options;
    const done = new AbortController();
    const gone = this.#keeping.finally(() => done.abort());
    const hurried = AbortSignal.any([done.signal, urgent]);
    const steps = [["SIGINT", hurried], ["SIGINT", done.signal], ["SIGKILL", done.signal]] as const;
    for (const [signal, awake] of steps) {
      for (const child of this.#running.values()) child.kill(signal);
      await Promise.race([gone, sleep(clock, withinMs, awake).catch(() => {})]);
      if (done.signal.aborted) break;
    }
    await gone;
  }

  async #keep(post: Post): Promise<void> {
    const { clock, show } = this.#options;
    let waitMs = RESTART_MS;
    while (!this.#ending.signal.aborted) {
      const begun = clock.monotonic();
      const how = await this.#run(post);
      if (this.#ending.signal.aborted) return;
      if (clock.monotonic() - begun >= STEADY_MS) waitMs = RESTART_MS;
      show(terminalLine(`Worker ${post.name} ended ${how}; starting it again in ${waitMs} ms`));
      await sleep(clock, waitMs, this.#ending.signal).catch(() => {});
      waitMs = Math.min(waitMs * 2, LONGEST_RESTART_MS);
    }
  }

  /** One life of a Worker; says how it ended. */
  async #run(post: Post): Promise<string> {
    const { words, ...options } = this.#options.command(post);
    try {
      const child = await this.#options.children.start(words, options);
      this.#running.set(post, child);
      // It may have been told to end in the moment in which it was started.
      if (this.#ending.signal.aborted) child.kill("SIGINT");
      const end = await child.ended;
      return described(end);
    } catch (error) {
      return `before it began: ${error instanceof Error ? error.message : error}`;
    } finally {
      this.#running.delete(post);
    }
  }
}

function described({ code, signal }: ChildEnd): string {
  return signal === null ? `with status ${code}` : `by ${signal}`;
}
