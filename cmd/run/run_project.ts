import { basename, dirname, join, relative } from "node:path";
import { type Config, configPath, loadConfig } from "../../src/config/load.ts";
import { updateConfig, withValue } from "../../src/config/store.ts";
import type { MergeWish } from "../../src/crew/merging.ts";
import { type Post, postsFor } from "../../src/crew/roles.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { openRepository, type Repository } from "../../src/git/repository.ts";
import type { Ready } from "../../src/git/tree_state.ts";
import type { Files } from "../../src/platform/files.ts";
import { nodeProcesses } from "../../src/platform/node/processes.ts";
import { filesOfSetup } from "../../src/setup/setup.ts";
import type { Deps } from "../cli/command.ts";

/** Where a whole team is to work, as it is before anything is written. */
export interface Project {
  /** The top of the repository, or the directory itself. */
  readonly directory: string;
  /** null: not a git repository. */
  readonly git: { readonly repository: Repository; readonly ready: Ready } | null;
  /** Who works there: outside of git one Worker alone, for nothing keeps the changes of several apart. */
  readonly posts: readonly Post[];
  /** As it is without what `giveTeam` adds. */
  readonly config: Config;
  /** Whether it has a part of ZooKeeper of its own, or one that was configured. */
  readonly hasTeam: boolean;
}

/**
 * Finds the project, and whether a team of these posts can work in it. Writes nothing.
 *
 * @throws OrchestratorError TREE_DIRTY, REPOSITORY_BUSY, UNSUITABLE_REPOSITORY, WORKTREE_TAKEN; INVALID_CONFIG;
 *   GIT_NOT_FOUND where there is a repository
 */
export async function lookAtProject(
  deps: Deps,
  { merge, posts }: { readonly merge: MergeWish; readonly posts: readonly Post[] },
): Promise<Project> {
  const [files, clock, random] = await Promise.all([deps.files(), deps.clock(), deps.random()]);
  const { cwd, home, env } = deps.host;
  const needs = { processes: nodeProcesses, clock, env, files, random };
  const repository = await openRepository(cwd, needs).catch((error: unknown) => {
    // Without git there is nothing to keep apart, as long as there is no repository either.
    const isMissing = error instanceof OrchestratorError && error.code === "GIT_NOT_FOUND";
    if (isMissing && !isInRepository(files, cwd)) return null;
    throw error;
  });
  const config = loadConfig({ cwd, home, env, flags: {}, files });
  const hasTeam = config.origin("zookeeper.root_path").source !== "default";
  if (repository === null) {
    return { directory: cwd, git: null, posts: sharing(deps, posts), config, hasTeam };
  }
  const ready = merge === "auto"
    ? await requireReady(deps, files, repository, config)
    : await readyAtAll(repository, merge);
  await repository.requireRoomFor(posts.map(({ name }) => name));
  return { directory: repository.root, git: { repository, ready }, posts, config, hasTeam };
}

/**
 * Gives the project a part of ZooKeeper and a directory for logs of its own where none is configured: two
 * projects on one machine share a server, not a team. The choice is kept in the project's configuration, so
 * that every command that is given there means this team.
 */
export async function giveTeam(deps: Deps, project: Project): Promise<void> {
  const { directory, git, config } = project;
  git?.repository.excludeOwnFiles();
  if (project.hasTeam) return;
  const [files, clock, random] = await Promise.all([deps.files(), deps.clock(), deps.random()]);
  const path = config.project === null ? configPath(directory) : config.paths.project;
  const team = `${slugOf(directory)}-${random.id().slice(0, 8)}`;
  // Ids of tasks are counted by each team: in one directory their logs could not be told apart.
  const isCacheFree = config.origin("cache_dir").source === "default";
  const cacheDir = join(config.value("cache_dir"), team);
  files.makeDirectory(dirname(path));
  await updateConfig({ files, clock, random }, path, (json) => {
    const rooted = withValue(json, ["zookeeper", "root_path"], `/claude-orchestrator-${team}`);
    return isCacheFree ? withValue(rooted, ["cache_dir"], cacheDir) : rooted;
  });
}

/** The tree is clean, but for what `setup` wrote: nobody is made to commit that first. */
async function requireReady(
  deps: Deps,
  files: Files,
  repository: Repository,
  config: Config,
): Promise<Ready> {
  const { root } = repository;
  const directories = [...new Set([root, config.projectRoot])];
  const ours = directories.flatMap((directory) => filesOfSetup(files, directory))
    .map((path) => relative(root, path).replaceAll("\\", "/"));
  const ready = await repository.requireReady(ours);
  if (ready.untracked.length > 0) {
    const places = ready.untracked.map((path) => path.replace(/\/skills\/.*/, "/skills"));
    deps.out.tell(
      "What setup has written is in no commit, so it is not in the Workers' work trees",
      {
        files: [...new Set(places)],
        remedy: "Commit it, if the agents are to have it",
      },
    );
  }
  return ready;
}

/** Work that stays on its branch needs no clean tree, only a commit to begin from, and what it is merged with. */
async function readyAtAll(
  repository: Repository,
  merge: Exclude<MergeWish, "auto">,
): Promise<Ready> {
  const commit = await repository.head();
  const branch = merge === "branch" ? await repository.requireBranch() : "HEAD";
  if (commit !== null) return { branch, commit, untracked: [] };
  throw new OrchestratorError("UNSUITABLE_REPOSITORY", `"${repository.root}" has no commit yet`, {
    hint: 'Make a first one: git commit --allow-empty -m "Begin"',
  });
}

function sharing(deps: Deps, posts: readonly Post[]): readonly Post[] {
  deps.out.tell("Not a git repository: one Worker works in this directory itself", {
    directory: deps.host.cwd,
  });
  return posts.length > 1 ? postsFor(1) : posts;
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
