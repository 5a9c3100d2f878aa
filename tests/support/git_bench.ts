import { execFileSync } from "node:child_process";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { nodeProcesses } from "../../src/platform/node/processes.ts";
import { openRepository, type Repository, type RepositoryNeeds } from "../../src/git/repository.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

/** An environment in which git finds one user and nothing of the machine's own configuration. */
export function gitEnv(more: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: "/nonexistent",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "Ada",
    GIT_AUTHOR_EMAIL: "ada@example.org",
    GIT_COMMITTER_NAME: "Ada",
    GIT_COMMITTER_EMAIL: "ada@example.org",
    ...more,
  };
}

export const NEEDS: RepositoryNeeds = {
  processes: nodeProcesses,
  clock: systemClock,
  random: systemRandom,
  files: nodeFiles,
  env: gitEnv(),
};

/** Runs git as a person would; what it prints, without the line feed at its end. */
export function git(directory: string, ...args: string[]): string {
  const text = execFileSync("git", ["-C", directory, ...args], {
    env: gitEnv(),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return text.replace(/\n$/, "");
}

/** Writes files below a directory. */
export function write(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}

/** A repository with one commit on `main`; its path. */
export function madeRepository(
  files: Readonly<Record<string, string>> = { "README.md": "hello\n" },
  name = "repo",
  parent = temporaryDirectory(),
): string {
  const directory = join(realpathSync(parent), name);
  mkdirSync(directory);
  git(directory, "init", "--quiet", "--initial-branch=main");
  write(directory, files);
  git(directory, "add", "--all");
  git(directory, "commit", "--quiet", "--allow-empty", "-m", "Begin");
  return directory;
}

/** The repository of a directory, which has to be one. */
export async function opened(
  directory: string,
  needs: Partial<RepositoryNeeds> = {},
): Promise<Repository> {
  const repository = await openRepository(directory, { ...NEEDS, ...needs });
  if (repository === null) throw new Error(`No repository in ${directory}`);
  return repository;
}
