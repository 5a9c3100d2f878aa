import { basename, dirname, join } from "node:path";
import { configPath, loadConfig } from "../../src/config/load.ts";
import { updateConfig, withValue } from "../../src/config/store.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { openRepository, type Repository } from "../../src/git/repository.ts";
import type { Ready } from "../../src/git/tree_state.ts";
import type { Files } from "../../src/platform/files.ts";
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
 * Finds the project, and gives it a part of ZooKeeper and a directory for logs of its own where none is
 * configured: two projects on one machine share a server, not a team. The choice is kept in the project's configuration, so that every
 * command that is given there means this team. Nothing is written where the repository is not fit.
 *
 * @throws OrchestratorError TREE_DIRTY, REPOSITORY_BUSY, UNSUITABLE_REPOSITORY; INVALID_CONFIG; GIT_NOT_FOUND where there is a repository
 */
export async function prepareProject(deps: Deps, wantsMerge: boolean): Promise<Project> {
  const [files, clock, random] = await Promise.all([deps.files(), deps.clock(), deps.random()]);
  const { cwd, home, env } = deps.host;
  const needs = { processes: nodeProcesses, clock, env, files, random };
  const repository = await openRepository(cwd, needs).catch((error: unknown) => {
    // Without git there is nothing to keep apart, as long as there is no repository either.
    const isMissing = error instanceof OrchestratorError && error.code === "GIT_NOT_FOUND";
    if (isMissing && !isInRepository(files, cwd)) return null;
    throw error;
  });
  const ready = wantsMerge ? await repository?.requireReady() : await readyAtAll(repository);
  repository?.excludeOwnFiles();
  const directory = repository?.root ?? cwd;
  const before = loadConfig({ cwd, home, env, flags: {}, files });
  if (before.origin("zookeeper.root_path").source === "default") {
    const path = before.project === null ? configPath(directory) : before.paths.project;
    const team = `${slugOf(directory)}-${random.id().slice(0, 8)}`;
    // Ids of tasks are counted by each team: in one directory their logs could not be told apart.
    const isCacheFree = before.origin("cache_dir").source === "default";
    const cacheDir = join(before.value("cache_dir"), team);
    files.makeDirectory(dirname(path));
    await updateConfig({ files, clock, random }, path, (json) => {
      const rooted = withValue(json, ["zookeeper", "root_path"], `/claude-orchestrator-${team}`);
      return isCacheFree ? withValue(rooted, ["cache_dir"], cacheDir) : rooted;
    });
  }
  if (repository === null || ready === undefined) return { directory, git: null };
  return { directory, git: { repository, ready } };
}

function isInRepository(files: Pick<Files, "status">, directory: string): boolean {
  if (files.status(join(directory, ".git")) !== null) return true;
  const parent = dirname(directory);
  return parent !== directory && isInRepository(files, parent);
}

/** Of a directory's name what goes into others: so that a person knows which project it was. */
function slugOf(directory: string): string {
  const slug = basename(directory).toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 40);
  return slug.replace(/^-+|-+$/g, "") || "team";
}

/** Work that stays on its branch needs no clean tree, only a commit to begin from. */
async function readyAtAll(repository: Repository | null): Promise<Ready | undefined> {
  const commit = await repository?.head();
  return commit === undefined || commit === null ? undefined : { branch: "HEAD", commit };
}
