/** What a run asks of the agent beyond its configured command; Claude Code only. */
export interface RunOptions {
  /** JSON Schema that the answer must follow. */
  readonly jsonSchema?: unknown;
  readonly maxTurns?: number;
  /** US dollars; a smaller amount in the user's own command stands. */
  readonly budgetUsd?: number;
  /** Directories besides the working one that its tools may use. */
  readonly directories?: readonly string[];
  /** Session to go on with. */
  readonly resume?: string;
  /** Without the tools that change something, unless the command says itself which it may use. */
  readonly readOnly?: boolean;
}

/**
 * Tools that a run which only answers does not get. Measured on 2.1.330: to deny one wins over
 * `--allowedTools` and over every permission mode, and takes `StructuredOutput` from nobody.
 */
const CHANGING_TOOLS = ["Bash", "Edit", "Write", "NotebookEdit"];

/** A command ready to be started, and how what it prints is to be read. */
export interface AgentCommand {
  /** `claude` prints one JSON event a line; `plain` prints what it likes and is judged by its exit. */
  readonly kind: "claude" | "plain";
  readonly argv: readonly string[];
  /** What was changed in, or is wrong with, the configured command: one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * The command of one run. To a `claude` command (also `/path/to/claude`, and behind `env NAME=value`)
 * it adds what is needed to read the outcome; any other command is left as it is, but for the `-p` of
 * `gemini`.
 */
export function agentCommand(words: readonly string[], options: RunOptions = {}): AgentCommand {
  const at = programIndex(words);
  if (!isClaude(words[at])) return plainCommand(words, at);
  const warnings: string[] = [];
  const given = withinBudget(ownFlags(words.slice(at + 1), warnings), options.budgetUsd);
  const has = (...flags: string[]) =>
    given.some((word) => flags.some((flag) => word === flag || word.startsWith(`${flag}=`)));
  const added = ["-p", "--output-format", "stream-json", "--verbose"];
  if (options.jsonSchema !== undefined && !has("--json-schema")) {
    added.push("--json-schema", JSON.stringify(options.jsonSchema));
  }
  if (options.maxTurns !== undefined && !has("--max-turns")) {
    added.push("--max-turns", String(options.maxTurns));
  }
  if (options.budgetUsd !== undefined && !has("--max-budget-usd")) {
    added.push("--max-budget-usd", String(options.budgetUsd));
  }
  for (const directory of options.directories ?? []) added.push(`--add-dir=${directory}`);
  if (options.resume !== undefined && !has("--resume", "-r", "--continue", "-c", "--session-id")) {
    added.push("--resume", options.resume);
  }
  if (options.readOnly === true && !has("--tools", "--disallowedTools", "--disallowed-tools")) {
    // In one word: the flag takes every word up to the next flag.
    added.push(`--disallowedTools=${CHANGING_TOOLS.join(",")}`);
  }
  if (has("--bare")) {
    warnings.push("--bare never reads the login of a plan: the agent may find itself logged out");
  }
  return { kind: "claude", argv: [...words.slice(0, at + 1), ...added, ...given], warnings };
}

/**
 * The `-p` of Gemini CLI takes the prompt as its value and ends with an error without one ("Not enough
 * arguments following: p"); with its input from a pipe it needs no `-p` (geminicli.com, "Headless mode").
 */
function plainCommand(words: readonly string[], at: number): AgentCommand {
  const isBare = baseName(words[at]) === "gemini" && /^(-p|--prompt)$/.test(words.at(-1) ?? "");
  if (!isBare) return { kind: "plain", argv: words, warnings: [] };
  const flag = words.at(-1);
  const warnings = [`${flag} without a prompt is left out: gemini reads it from standard input`];
  return { kind: "plain", argv: words.slice(0, -1), warnings };
}

function programIndex(words: readonly string[]): number {
  if (baseName(words[0]) !== "env") return 0;
  const at = words.findIndex((word, index) => index > 0 && !/^[A-Za-z_]\w*=/.test(word));
  return at === -1 ? 0 : at;
}

function baseName(word: string | undefined): string {
  return word?.slice(word.lastIndexOf("/") + 1) ?? "";
}

function isClaude(word: string | undefined): boolean {
  return baseName(word) === "claude" || baseName(word) === "claude.exe";
}

/** The user's own flags, without a budget of theirs that is larger than what the run may cost. */
function withinBudget(words: readonly string[], budgetUsd = Infinity): readonly string[] {
  const flag = "--max-budget-usd";
  const at = words.findIndex((word) => word === flag || word.startsWith(`${flag}=`));
  const isApart = words[at] === flag;
  const own = isApart ? words[at + 1] : words[at]?.slice(flag.length + 1);
  if (at === -1 || Number(own) <= budgetUsd) return words;
  return words.toSpliced(at, isApart ? 2 : 1);
}

/** The user's own flags, without those that the runner sets itself or that would stop the run. */
function ownFlags(words: readonly string[], warnings: string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word === "-v") {
      warnings.push("-v prints the version and runs nothing: taken as --verbose");
    } else if (word === "--output-format" || word.startsWith("--output-format=")) {
      const format = word.includes("=") ? word.slice(word.indexOf("=") + 1) : words[++index];
      if (format !== "stream-json") {
        warnings.push(`--output-format ${format} replaced by stream-json, to read the outcome`);
      }
    } else if (!["-p", "--print", "--verbose"].includes(word)) kept.push(word);
  }
  return kept;
}
