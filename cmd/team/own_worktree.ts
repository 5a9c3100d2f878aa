import { nodeProcesses } from "../../src/platform/node/processes.ts";
import { LinkWorktree } from "../../src/git/link_worktree.ts";
import { openRepository } from "../../src/git/repository.ts";
import type { Deps } from "../cli/command.ts";

/**
 * The work tree of a member in the repository of a directory; null, and a line that says so, where there is
 * none: then all work in the directory itself.
 *
 * @throws OrchestratorError UNSUITABLE_REPOSITORY, WORKTREE_TAKEN, GIT_NOT_FOUND, GIT_FAILED
 */
export async function ownWorktree(
  deps: Deps,
  directory: string,
  name: string,
  show: (line: string) => void,
): Promise<LinkWorktree | null> {
  const [clock, random, files] = await Promise.all([deps.clock(), deps.random(), deps.files()]);
  const needs = { processes: nodeProcesses, clock, random, files, env: deps.host.env };
  const repository = await openRepository(directory, needs);
  if (repository === null) {
    show(
      "Not a git repository: everybody works in this one directory, each seeing what the others do",
    );
    return null;
  }
  if (await repository.hasSubmodules()) {
    show("The repository has submodules: their directories are empty in a work tree");
  }
  return await LinkWorktree.open(repository, files, name);
}
