// `npm start`: builds, then shows a whole team at work on one small requirement, from here to its end, in
// a repository that is made for it in a temporary directory: nothing of this checkout is touched.
// `npm start -- "…"` takes another requirement. Needs Node and git; who has no Claude Code sees a rehearsal.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const wanted = process.argv.slice(2).join(" ") || "Add a greet function, with a test";

/** What runs now, and has to end before this does. */
let running = null;
let isStopped = false;

/** Runs a program on this terminal to its end; its exit status, 130 where it was interrupted. */
function runHere(program, args, cwd) {
  return new Promise((resolve, reject) => {
    running = spawn(program, args, { cwd, stdio: "inherit" });
    running.once("error", reject);
    running.once("exit", (status) => resolve(isStopped ? 130 : status ?? 130));
  });
}

/** A repository with one commit; its path. */
function makeRepository() {
  const directory = mkdtempSync(join(tmpdir(), "claude-orchestrator-start-"));
  const git = (...args) => execFileSync("git", ["-C", directory, ...args], { stdio: "inherit" });
  writeFileSync(join(directory, "README.md"), "# A place to try a team\n");
  git("init", "--quiet", "--initial-branch=main");
  git("add", "README.md");
  const who = ["-c", "user.name=claude-orchestrator", "-c", "user.email=team@localhost"];
  git(...who, "-c", "commit.gpgSign=false", "commit", "--quiet", "--message=Begin");
  return directory;
}

// What is to stop this stops the team, which ends in order, and what is left to do here comes after it. Ctrl+C
// goes to everybody in front of the terminal, and is not to reach the team twice: that would be a second wish.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    isStopped = true;
    if (signal !== "SIGINT" || !process.stdin.isTTY) running?.kill(signal);
  });
}

const built = await runHere(process.execPath, [join(root, "scripts/build.mjs")], root);
if (built !== 0) process.exit(built);
const directory = makeRepository();
console.error(`The team works in ${directory}: ${JSON.stringify(wanted)}`);
const program = join(root, "dist/claude-orchestrator.cjs");
process.exitCode = await runHere(process.execPath, [program, "run", "--", wanted], directory);
console.error(`\nWhat it made: git -C ${directory} log --stat --graph --all`);
