import { basename } from "node:path";
import type { CommandOutcome } from "../platform/processes.ts";
import { type Check, fail, ok, warn } from "./check.ts";

/** Runs a short command. */
export type Run = (words: readonly string[]) => Promise<CommandOutcome>;

/** The machine, as far as it decides whether the agent's flags are accepted. */
export interface AgentSurroundings {
  /** Numeric user id; null where the system has none. */
  readonly uid: number | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Words from the program on: without `env` and the variables that it sets. */
function fromProgram(words: readonly string[]): readonly string[] {
  const rest = basename(words[0] ?? "") === "env" ? words.slice(1) : words;
  const start = rest.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  return rest.slice(Math.max(start, 0));
}

/** Whether a command runs Claude Code, by its words alone. */
export function isClaudeCommand(words: readonly string[]): boolean {
  return isClaude(fromProgram(words)[0] ?? "");
}

function isClaude(program: string): boolean {
  return /^claude(\.exe|\.cmd)?$/.test(basename(program));
}

/** Whether the flags make Claude Code run without asking for any permission. */
function skipsPermissions(words: readonly string[]): boolean {
  return words.some((word, index) =>
    word === "--dangerously-skip-permissions" ||
    word === "--permission-mode=bypassPermissions" ||
    (word === "--permission-mode" && words[index + 1] === "bypassPermissions")
  );
}

const SHELL_WORDS = ["|", "||", "&", "&&", ";", ">", ">>", "<"];

/** What the configured command will do by its words alone, without running anything. */
export function checkCommand(
  words: readonly string[],
  { uid, env }: AgentSurroundings,
): Check {
  const [program = "", ...rest] = fromProgram(words);
  const change = 'Run: claude-orchestrator config set command "…"';
  const shell = words.find((word) => SHELL_WORDS.includes(word));
  if (shell !== undefined) {
    return fail(
      "command",
      `The command contains "${shell}", but no shell runs it`,
      `${change}, or put the line into a script and name that`,
    );
  }
  if (!isClaude(program)) {
    return ok("command", `The agent is "${program}", judged by its exit status`);
  }
  if (rest.includes("--version")) {
    return fail(
      "command",
      '"--version" makes claude print its version and run nothing',
      `${change} without --version`,
    );
  }
  if (skipsPermissions(rest) && uid === 0 && env["IS_SANDBOX"] !== "1") {
    return fail(
      "command",
      "claude refuses to skip permissions for root",
      "Run as another user, or, inside a container only, set IS_SANDBOX=1",
    );
  }
  if (rest.includes("-v")) {
    return warn(
      "command",
      '"-v" makes claude print its version and run nothing; a Worker reads it as --verbose',
      `${change} without -v`,
    );
  }
  if (skipsPermissions(rest)) {
    return warn(
      "command",
      "The agent runs without asking for any permission: whoever can push a task can run commands",
      `${change} with --permission-mode acceptEdits and the --allowedTools that it needs`,
    );
  }
  return ok("command", "Nothing in the agent's command is refused");
}

/** Whether the agent's program is there. */
export async function checkAgent(words: readonly string[], run: Run): Promise<Check> {
  const program = fromProgram(words)[0] ?? "";
  if (!isClaude(program)) {
    const found = await run(["sh", "-c", 'command -v -- "$1"', "sh", program]);
    return found.kind === "ended" && found.exitCode === 0
      ? ok("agent", `"${program}" is at ${found.stdout.trim()}`)
      : fail("agent", `"${program}" was not found`, "Install it, or configure another command");
  }
  const outcome = await run([program, "--version"]);
  if (outcome.kind === "missing") {
    return fail(
      "agent",
      `"${program}" was not found`,
      "Install Claude Code: npm install -g @anthropic-ai/claude-code",
    );
  }
  if (outcome.kind === "timed_out" || outcome.exitCode !== 0) {
    return fail("agent", `"${program} --version" does not work`, "Install Claude Code again");
  }
  return ok("agent", `Claude Code ${outcome.stdout.trim().split(" ")[0]}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What `claude auth status` says, as JSON with `loggedIn`; null for an agent that is not Claude. */
export async function checkLogin(words: readonly string[], run: Run): Promise<Check | null> {
  const program = fromProgram(words)[0] ?? "";
  if (!isClaude(program)) return null;
  const outcome = await run([program, "auth", "status"]);
  if (outcome.kind === "missing") return null;
  const status = outcome.kind === "ended" ? parseJson(outcome.stdout) : null;
  if (typeof status !== "object" || status === null || !("loggedIn" in status)) {
    return warn(
      "login",
      "claude does not say whether it is logged in",
      "Update Claude Code, or try: claude -p hello",
    );
  }
  if (status.loggedIn !== true) {
    return fail(
      "login",
      "claude is not logged in",
      "Run: claude auth login, or set ANTHROPIC_API_KEY",
    );
  }
  const method = "authMethod" in status ? String(status.authMethod) : "unknown";
  return ok("login", `claude is logged in (${method})`);
}

/**
 * Why an agent cannot be used on this machine: the first of doctor's checks of it that fails, with its
 * remedy; null where it can be. Asks `claude auth status`, which starts it.
 */
export async function whyAgentUnusable(
  words: readonly string[],
  run: Run,
  surroundings: AgentSurroundings,
): Promise<Check | null> {
  const checks = [
    () => checkCommand(words, surroundings),
    () => checkAgent(words, run),
    () => checkLogin(words, run),
  ];
  for (const check of checks) {
    const found = await check();
    if (found?.status === "fail") return found;
  }
  return null;
}
