import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, symlinkSync } from "node:fs";
import { text } from "node:stream/consumers";
import { join, relative, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freePorts } from "../support/free_port.ts";
import { git, gitEnv } from "../support/git_bench.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

const root = resolve(import.meta.dirname, "../..");

/** What is made in a checkout, or is no part of what is built. */
const NOT_COPIED = new Set(["node_modules", "dist", ".git"]);

/** A checkout of this project as it is, installed, and not built yet. */
function checkout(directory: string): string {
  const copy = join(directory, "checkout");
  cpSync(root, copy, { recursive: true, filter: (path) => !NOT_COPIED.has(relative(root, path)) });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

test(
  "npm start builds, and takes a requirement to its end in a repository made for it",
  async () => {
    const directory = temporaryDirectory({ "home/.keep": "", "tmp/.keep": "" });
    const cwd = checkout(directory);
    const [port] = await freePorts(1);
    const env = {
      ...gitEnv(),
      HOME: join(directory, "home"),
      TMPDIR: join(directory, "tmp"),
      CLAUDE_ORCHESTRATOR_COORDINATOR_PORT: String(port),
    };
    onTestFinished(() => {
      spawnSync(join(cwd, "dist/claude-orchestrator"), ["coordinator", "stop"], {
        cwd: directory,
        env,
      });
    });
    const started = spawn("npm", ["start"], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const [stdout, stderr, [status]] = await Promise.all([
      text(started.stdout),
      text(started.stderr),
      once(started, "exit"),
    ]);

    expect(status, stderr).toBe(0);
    // The checkout's own Claude Code is found, and has not been logged in.
    expect(stderr).toMatch(/rehearsal/);
    const outcome = JSON.parse(stdout.slice(stdout.indexOf("\n{\n")));
    expect(outcome).toMatchObject({
      type: "run_outcome",
      outcome: "completed",
      requirement: { content: "Add a greet function, with a test" },
      deliveries: [{ merged: { into: "main" } }],
    });
    const [, repository] = /git -C (\S+) log/.exec(stderr) ?? [];
    expect(repository).toContain(join(directory, "tmp"));
    expect(git(String(repository), "log", "-1", "--format=%H")).toBe(
      outcome.deliveries[0].merged.commit,
    );
  },
  180_000,
);
