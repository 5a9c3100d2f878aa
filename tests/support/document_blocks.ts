import { spawn } from "node:child_process";

/** A shell block of a document, and the output that the document shows below it. */
export interface Block {
  readonly line: number;
  readonly script: string;
  /** null where the document shows none. */
  readonly output: string | null;
}

/** What a block printed. */
export interface Printed {
  readonly line: number;
  readonly output: string;
}

const BLOCK = /^```sh\n(.*?)^```$(?:\n```output\n(.*?)^```$)?/gms;
/** Commands that stay until they are stopped: each would have a terminal of its own. */
const STAYING = /^(claude-orchestrator (?:leader\b|register .*--work-dir\b).*[^&\n])$/gm;
/** Starts such a command beside the others, and waits until it has said that it is there. */
const STAY = `stay() {
  local said; said=$(mktemp "$HOME/stays.XXXXXX")
  "$@" >"$said" 2>&1 </dev/null &
  until [ -s "$said" ]; do
    kill -0 $! 2>/dev/null || { echo "It did not stay: $*" >&2; return 1; }
    sleep 0.1
  done
  ! grep '^{"error"' "$said" >&2
}
`;
/** Ends the shell and all that it has started when the pipe breaks: the test was killed. */
const TETHER = "(read -r _ <&3 || kill -KILL 0) & exec 3<&-\n";
const MARK = /^# line (\d+)$/m;
/** ms for all blocks of a document. */
const TIMEOUT_MS = 240_000;

/** The shell blocks of a document, in order; what is not to be run there is fenced otherwise. */
export function shellBlocks(text: string): Block[] {
  return [...text.matchAll(BLOCK)].map((match) => ({
    line: text.slice(0, match.index).split("\n").length,
    script: match[1] ?? "",
    output: match[2] ?? null,
  }));
}

/** The document without its shell blocks, each line in its place: what it shows, and nobody runs. */
export function besideShellBlocks(text: string): string {
  return text.replace(BLOCK, (block) => block.replace(/[^\n]/g, ""));
}

/**
 * Runs a document's blocks in one shell, as a reader would type them, stopping at what fails. What
 * stays is ended with the shell, and the shell with the test.
 */
export async function runBlocks(
  blocks: readonly Block[],
  env: Readonly<Record<string, string>>,
  cwd: string,
): Promise<{ printed: Printed[]; errors: string; status: number | null }> {
  const script = TETHER + STAY +
    blocks.map(({ line, script }) => `echo "# line ${line}"\n${script.replace(STAYING, "stay $1")}`)
      .join("\n");
  const shell = spawn("bash", ["--norc", "-eu", "-c", script], {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let [output, errors] = ["", ""];
  shell.stdout?.setEncoding("utf8").on("data", (text: string) => output += text);
  shell.stderr?.setEncoding("utf8").on("data", (text: string) => errors += text);
  const group = -(shell.pid ?? 0);
  const late = setTimeout(() => endGroup(group), TIMEOUT_MS);
  const status = await new Promise<number | null>((resolve, reject) => {
    shell.on("error", reject).on("exit", (code) => {
      endGroup(group);
      shell.on("close", () => resolve(code));
    });
  });
  clearTimeout(late);
  const [, ...parts] = output.split(MARK);
  const printed = parts.flatMap((part, index) =>
    index % 2 === 0 ? [{ line: Number(part), output: parts[index + 1]?.slice(1) ?? "" }] : []
  );
  return { printed, errors, status };
}

function endGroup(group: number): void {
  try {
    process.kill(group, "SIGKILL");
  } catch {
    // Nothing was left.
  }
}

/** Whether what was printed is what is shown: `…` stands for any text, in a line of its own for lines. */
export function isAsShown(printed: string, shown: string): boolean {
  const pattern = shown.split("\n").map((line) =>
    line === "…"
      ? "(?:.*\n)*?"
      : `${line.split("…").map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join(".*")}\n`
  ).join("").slice(0, -1);
  return new RegExp(`^${pattern}$`).test(printed);
}
