/**
 * Records a team at work as frames of text: the executable, in a terminal of tmux, with the rehearsal
 * agent, in a repository of its own. Writes them into the README, between the two comments that name them.
 * Run after a build, with tmux and git: npx deno run -A scripts/recording.ts
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePorts } from "../tests/support/free_port.ts";
import { TmuxTerminal } from "../tests/support/tmux.ts";

const SIZE = { columns: 96, rows: 18 };
/** What is told of each frame, and what is on it. */
const FRAMES: readonly (readonly [caption: string, seen: RegExp])[] = [
  ["The requirement has become a chain, and the builder has its first link", /● build builder/],
  ["What was built is verified", /● verify verifier/],
  ["The review wants one point shown, and is done again", /round 2 of 4/],
  ["Accepted: the check has passed, and your branch has the work", /✓ Add a greet.*accepted/],
];
const PATIENCE_MS = 60_000;
const REQUIREMENT = "Add a greet function, with a test";
const README = resolve("README.md");
const [BEGIN, END] = ["<!-- recording: scripts/recording.ts -->\n", "<!-- end of recording -->"];

const directory = mkdtempSync(join(tmpdir(), "recording-"));
const program = resolve("dist/claude-orchestrator");
const [port] = await freePorts(1);
const env = [`HOME=${directory}`, `CLAUDE_ORCHESTRATOR_COORDINATOR_PORT=${port}`];
const terminal = new TmuxTerminal(SIZE);
try {
  const repository = join(directory, "greeter");
  const git = (...args: string[]) => execFileSync("git", ["-C", repository, ...args]);
  execFileSync("git", ["init", "--quiet", "--initial-branch=main", repository]);
  git("config", "user.name", "Ada");
  git("config", "user.email", "ada@example.org");
  git("commit", "--quiet", "--allow-empty", "--message=Begin");
  const options = `--keep --rehearse time=2s,feedback@review#1 --check "git diff --check HEAD~1"`;
  terminal.type(
    `cd ${repository}; env ${env.join(" ")} ${program} run ${options} "${REQUIREMENT}"`,
  );
  const frames: string[] = [];
  for (const [caption, seen] of FRAMES) {
    const screen = await terminal.until(seen, PATIENCE_MS);
    frames.push(`${caption}:\n\n\`\`\`\n${screen.trimEnd()}\n\`\`\`\n\n`);
  }
  const readme = readFileSync(README, "utf8");
  const [before, after] = [readme.indexOf(BEGIN) + BEGIN.length, readme.indexOf(END)];
  if (before < BEGIN.length || after < before) throw new Error("README.md has no place for it");
  writeFileSync(README, `${readme.slice(0, before)}\n${frames.join("")}${readme.slice(after)}`);
  terminal.keys("C-c");
  await terminal.until(/INTERRUPTED[^]*ready>/, PATIENCE_MS);
} finally {
  terminal.close();
  spawnSync(program, ["coordinator", "stop"], {
    env: { ...process.env, ...Object.fromEntries(env.map((each) => each.split("="))) },
  });
  rmSync(directory, { recursive: true, force: true });
}
