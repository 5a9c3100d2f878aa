import { parse } from "node:path";
import { OrchestratorError } from "../domain/errors.ts";
import { terminalText } from "../domain/terminal_text.ts";
import { type Clock, sleep } from "../platform/clock.ts";
import type { Processes } from "../platform/processes.ts";
import { gitEnvironment } from "./git_environment.ts";

export interface GitNeeds {
  readonly processes: Processes;
  readonly clock: Clock;
  /** Of this process; what git gets of it is in `gitEnvironment`. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface GitOptions {
  readonly input?: string;
  /** ms; by default 60 s. */
  readonly timeoutMs?: number;
  /** Exit statuses that are answers, not failures; by default 0 alone. */
  readonly answers?: readonly number[];
  /** Bytes of output that are kept; by default 16 MiB. */
  readonly maxOutputBytes?: number;
}

export interface GitAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}

const TIMEOUT_MS = 60_000;
/** ms for commands that write a whole work tree. */
export const CHECKOUT_TIMEOUT_MS = 600_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** ms between the tries of a command that another one was in the way of. */
const WAITS = [20, 50, 100, 200, 400, 800, 1500, 2000];

/**
 * Settings of every command. No hook and no monitor of the repository is run, nothing is signed and no
 * editor, pager or prompt can appear; paths are printed as they are; the repository is not packed while
 * others work in it. Merge conflicts are written in the form that everybody knows.
 */
const SETTINGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.quotePath=false",
  "core.editor=true",
  "commit.gpgSign=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "rerere.enabled=false",
  "merge.conflictStyle=merge",
  "submodule.recurse=false",
  "color.ui=false",
].flatMap((setting) => ["-c", setting]);

/** The git executable: argument vectors only, never a shell, in an environment of its own. */
export class Git {
  readonly #needs: GitNeeds;
  readonly #env: Readonly<Record<string, string>>;

  constructor(needs: GitNeeds) {
    this.#needs = needs;
    this.#env = gitEnvironment(needs.env);
  }

  get clock(): Clock {
    return this.#needs.clock;
  }

  /**
   * Runs one command in a directory, again while another process holds a lock that it needs, or is about
   * to make a work tree. It has to be one that may be tried again where it failed.
   *
   * @throws OrchestratorError GIT_NOT_FOUND, TIMED_OUT; GIT_FAILED for an exit status that is no answer
   */
  async run(
    directory: string,
    args: readonly string[],
    options: GitOptions = {},
  ): Promise<GitAnswer> {
    const { answers = [0] } = options;
    for (let tries = 0;; tries++) {
      const answer = await this.#once(directory, args, options);
      const wait = WAITS[tries];
      const isObstructed = answer.exitCode !== 0 && wait !== undefined &&
        IN_THE_WAY.test(answer.stderr);
      if (!isObstructed) {
        if (answers.includes(answer.exitCode)) return answer;
        throw failure(args, directory, answer);
      }
      await sleep(this.#needs.clock, wait);
    }
  }

  /** Standard output of a command, without the line feed at its end. */
  async line(directory: string, ...args: readonly string[]): Promise<string> {
    return (await this.run(directory, args)).stdout.replace(/\r?\n$/, "");
  }

  /** The same, or null where the command says no. */
  async lineOrNull(directory: string, ...args: readonly string[]): Promise<string | null> {
    const { exitCode, stdout } = await this.run(directory, args, { answers: [0, 1, 128] });
    return exitCode === 0 ? stdout.replace(/\r?\n$/, "") : null;
  }

  /** Whether a command exits with 0 rather than 1. */
  async says(directory: string, ...args: readonly string[]): Promise<boolean> {
    return (await this.run(directory, args, { answers: [0, 1] })).exitCode === 0;
  }

  async #once(directory: string, args: readonly string[], options: GitOptions): Promise<GitAnswer> {
    const { timeoutMs = TIMEOUT_MS, input, maxOutputBytes = MAX_OUTPUT_BYTES } = options;
    // Started at the root, since a work directory that is gone would look like a missing program.
    const outcome = await this.#needs.processes.run(
      ["git", ...SETTINGS, "-C", directory, ...args],
      {
        cwd: parse(directory).root,
        timeoutMs,
        env: this.#env,
        maxOutputBytes,
        ...(input === undefined ? {} : { input }),
      },
    );
    if (outcome.kind === "missing") {
      throw new OrchestratorError("GIT_NOT_FOUND", "git was not found", {
        hint: "Install git, or work without it: one directory for all",
      });
    }
    if (outcome.kind === "timed_out") {
      throw new OrchestratorError("TIMED_OUT", `git ${verbOf(args)} took over ${timeoutMs} ms`, {
        details: { directory, arguments: args.slice(0, 10) },
      });
    }
    return { ...outcome, truncated: outcome.truncated ?? false };
  }
}

/**
 * What git says where another process was in the way for a moment. `commondir`: of a work tree that is
 * being made, git writes the file in place, and every command that lists work trees dies while it is empty
 * (measured with git 2.39).
 */
const IN_THE_WAY =
  /\.lock': File exists|could not lock config file .*: File exists|failed to read .*\/commondir/i;

/** The command among its arguments: what follows settings of its own. */
function verbOf(args: readonly string[]): string {
  const at = args.findIndex((word, index) => word !== "-c" && args[index - 1] !== "-c");
  return args[at] ?? "";
}

function failure(
  args: readonly string[],
  directory: string,
  { exitCode, stdout, stderr }: GitAnswer,
): OrchestratorError {
  const said = terminalText(stderr.trim() || stdout.trim()).slice(0, 2000);
  const reason = said === "" ? `it exited with ${exitCode}` : said.replace(/\s*\n\s*/g, "; ");
  const hint = /dubious ownership/.test(stderr)
    ? `The repository belongs to another user: git config --global --add safe.directory "${directory}"`
    : "The message is git's own; nothing of yours was changed by the command that failed";
  return new OrchestratorError("GIT_FAILED", `git ${verbOf(args)} failed: ${reason}`, {
    hint,
    details: { directory, arguments: args.slice(0, 10), exit_code: exitCode },
  });
}
