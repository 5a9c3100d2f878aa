/** How a short command went. */
export type CommandOutcome =
  | {
    readonly kind: "ended";
    /** 128 where a signal ended it. */
    readonly exitCode: number;
    readonly stdout: string;
    readonly stderr: string;
    /** Whether more was printed than was to be kept. */
    readonly truncated?: boolean;
  }
  | { readonly kind: "missing" }
  | { readonly kind: "timed_out" };

export interface CommandOptions {
  readonly cwd: string;
  readonly timeoutMs: number;
  /** The whole environment; by default that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  /** Bytes that are kept of each stream, 1 MiB by default; the rest is read and dropped. */
  readonly maxOutputBytes?: number;
}

/** Runs short commands and asks for their output; nothing is given to a shell. */
export interface Processes {
  run(words: readonly string[], options: CommandOptions): Promise<CommandOutcome>;
}
