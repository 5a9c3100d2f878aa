/** How a process ended: its own status, or the signal that ended it. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A process that was started, and is to be ended by who started it. */
export interface Child {
  readonly pid: number;
  readonly ended: Promise<ChildEnd>;
  /** Does nothing once it has ended. */
  kill(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): void;
}

export interface ChildOptions {
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** File that gets what it prints, on both streams; made 0600. */
  readonly logPath: string;
}

/**
 * Starts processes that live beside this one; no shell sees the words. Their standard input is a pipe that
 * ends when this process does, however it ends: who is to go with it reads that.
 */
export interface Children {
  /** Throws `OrchestratorError` IO_FAILED where it cannot be started or its log cannot be written. */
  start(words: readonly string[], options: ChildOptions): Promise<Child>;
}
