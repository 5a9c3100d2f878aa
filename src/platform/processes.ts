/** How a short command went. */
export type CommandOutcome =
  | {
    readonly kind: "ended";
    readonly exitCode: number;
    readonly stdout: string;
    readonly stderr: string;
  }
  | { readonly kind: "missing" }
  | { readonly kind: "timed_out" };

/** Runs short commands and asks for their output; nothing is given to a shell, stdin is closed. */
export interface Processes {
  run(
    words: readonly string[],
    options: { readonly cwd: string; readonly timeoutMs: number },
  ): Promise<CommandOutcome>;
}
