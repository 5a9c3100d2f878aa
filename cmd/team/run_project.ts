import { basename, dirname } from "node:path";
import { configPath, loadConfig } from "../../src/config/load.ts";
import { updateConfig, withValue } from "../../src/config/store.ts";
import { openRepository, type Repository } from "../../src/git/repository.ts";
import type { Ready } from "../../src/git/tree_state.ts";
import { nodeProcesses } from "../../src/platform/node/processes.ts";
import type { Deps } from "../cli/command.ts";

/** Where a whole team works. */
export interface Project {
  /** The top of the repository, or the directory itself. */
  readonly directory: string;
  /** null: not a git repository. */
  readonly git: { readonly repository: Repository; readonly ready: Ready } | null;
}

/**
 * Finds the project, and gives it a part of ZooKeeper of its own where none is configured: two projects on one
 * machine share a server, not a team. The choice is kept in the project's configuration, so that every
 * command that is given there means this team. Nothing is written where the repository is not fit.
 *
 * @throws OrchestratorError TREE_DIRTY, REPOSITORY_BUSY, UNSUITABLE_REPOSITORY; INVALID_CONFIG
 */
export async function prepareProject(deps: Deps, wantsMerge: boolean): Promise<Project> {
  const [files, clock, random] = await Promise.all([deps.files(), deps.clock(), deps.random()]);
  const { cwd, home, env } = deps.host;
  const needs = { processes: nodeProcesses, clock, env, files, random };
  const repository = await openRepository(cwd, needs);
  repository?.excludeOwnFiles();
  const ready = wantsMerge ? await repository?.requireReady() : await readyAtAll(repository);
  const directory = repository?.root ?? cwd;
  const before = loadConfig({ cwd, home, env, flags: {}, files });
  if (before.origin("zookeeper.root_path").source === "default") {
    const path = before.project === null ? configPath(directory) : before.paths.project;
    const slug = basename(directory).toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 40);
    const root = `/claude-orchestrator-${slug.replace(/^-+|-+$/g, "") || "team"}-${
      random.id().slice(0, 8)
    }`;
    files.makeDirectory(dirname(path));
    await updateConfig(
      { files, clock, random },
      path,
      (json) => withValue(json, ["zookeeper", "root_path"], root),
    );
  }
  if (repository === null || ready === undefined) return { directory, git: null };
  return { directory, git: { repository, ready } };
}

/** Work that stays on its branch needs no clean tree, only a commit to begin from. */
async function readyAtAll(repository: Repository | null): Promise<Ready | undefined> {
  const commit = await repository?.head();
  return commit === undefined || commit === null ? undefined : { branch: "HEAD", commit };
}
