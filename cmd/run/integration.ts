import { join } from "node:path";
import { workshopHere } from "../../src/agent/workshop.ts";
import type { Config } from "../../src/config/load.ts";
import { checkingIn } from "../../src/crew/checking.ts";
import { type CheckMerged, type MergeWish, mergingInto } from "../../src/crew/merging.ts";
import type { Integrate } from "../../src/leader/integration.ts";
import type { Deps } from "../cli/command.ts";
import { wordsOf } from "../team/agent_settings.ts";
import type { Project } from "./run_project.ts";
import type { RunRecord } from "./run_record.ts";

/** Characters of its output that are told: the end, where failures stand. */
const MAX_OUTPUT = 8_000;

/** What is done with accepted work. Outside of git there is nothing to merge; what checks it runs all the same. */
export function integration(
  { project, merge, record }: {
    readonly project: Project;
    readonly merge: MergeWish;
    readonly record: RunRecord;
  },
  check: CheckMerged | undefined,
): Integrate | undefined {
  if (project.git === null) {
    return check === undefined ? undefined : checkingIn(project.directory, check);
  }
  return mergingInto({
    repository: project.git.repository,
    base: project.git.ready.branch,
    wish: merge,
    ...(check === undefined ? {} : { check }),
    onDelivery: (delivery) => record.deliver(delivery),
  });
}

/**
 * The project's check, to be run on accepted work; no shell sees it. It may take as long as a run of an
 * agent, and is ended, with all that it started, when the Leader steps down. Throws INVALID_INPUT for a
 * command that cannot be split into words.
 */
export function projectCheck(deps: Deps, command: string): (config: Config) => CheckMerged {
  const words = wordsOf(command);
  return (config) => async (directory, signal) => {
    const [clock, random, files] = await Promise.all([deps.clock(), deps.random(), deps.files()]);
    const ms = config.value("limits.run_timeout");
    const at = new Date(clock.now()).toISOString().replace(/[-:.]/g, "");
    const run = await workshopHere({ clock, random, env: deps.host.env }, files).run({
      command: words,
      prompt: "",
      cwd: directory,
      env: {},
      logPath: join(config.value("cache_dir"), `check-${at}.log`),
      limits: { stallMs: ms, totalMs: ms },
      expects: "answer",
      signal,
    });
    signal.throwIfAborted();
    const passed = run.killedBy === null && run.exit.code === 0;
    const how = "reason" in run.outcome ? run.outcome.reason : run.outcome.kind;
    const output = `${how}\n\n${run.text.slice(-MAX_OUTPUT)}\n\nAll of it: ${run.logPath}`;
    return { passed, output };
  };
}
