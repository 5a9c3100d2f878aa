/** One of the two streams a command writes to. */
export interface Sink {
  write(text: string): void;
  /** Resolves when the reader has kept up, so that a long stream does not pile up in memory. */
  ready(): Promise<void>;
  readonly isTerminal: boolean;
  /** Width of the terminal in columns; undefined where it is none. */
  readonly columns: number | undefined;
}

/** The process as the commands see it; `main.ts` makes the real one, tests their own. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdinIsTerminal: boolean;
  stdin(): AsyncIterable<Uint8Array>;
  /** Words with which this very program is started again; its arguments follow. */
  readonly program: readonly string[];
  /** Aborted by SIGINT, SIGTERM and SIGHUP, and when the reader of stdout has gone. */
  readonly signal: AbortSignal;
  /** Aborted by the second SIGINT or SIGTERM: whatever still runs is to be stopped. */
  readonly urgent: AbortSignal;
}

/** Reason of an abort: nobody reads stdout any more (`| head -1`). The command ends with status 0. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}
