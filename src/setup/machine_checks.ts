import type { Config } from "../config/load.ts";
import { definitionOf, KEY_NAMES } from "../config/keys.ts";
import { OrchestratorError } from "../domain/errors.ts";
import type { Files } from "../platform/files.ts";
import { AGENT_TEMPLATE_NAMES, agentTemplate } from "../templates/agents.ts";
import type { Run } from "./agent_checks.ts";
import { type Check, fail, ok, warn } from "./check.ts";

const MIB = 1024 * 1024;
const OTHERS = 0o077;

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** Whether secrets in configuration files can be read by others. */
export function checkConfigFiles(config: Config, files: Files): Check {
  const secrets = KEY_NAMES.filter((key) => definitionOf(key).secret === true);
  for (const document of [config.project, config.global]) {
    if (document === null || !secrets.some((key) => document.values[key] !== undefined)) continue;
    const mode = files.status(document.path)?.mode ?? 0;
    if ((mode & OTHERS) === 0) continue;
    return warn(
      "config",
      `${document.path} holds a password and has mode ${octal(mode)}`,
      `Run: chmod 600 ${document.path}`,
    );
  }
  if (config.warnings.length > 0) {
    return warn("config", config.warnings.join("; "), "Correct or remove what is named");
  }
  const found = [config.project, config.global].filter((document) => document !== null).length;
  return ok(
    "config",
    ["No file, everything is default", "1 file read", "2 files read"][found] ?? "",
  );
}

/** Whether the logs' directory can be written, and only by this user. */
export function checkCacheDirectory(path: string, files: Files): Check {
  const status = files.status(path);
  if (status !== null && status.kind !== "directory") {
    return fail(
      "cache_dir",
      `${path} is not a directory`,
      "Remove it, or configure another cache_dir",
    );
  }
  if (!files.writable(path)) {
    return fail("cache_dir", `${path} cannot be written`, "Correct its owner or its permissions");
  }
  if (status !== null && (status.mode & OTHERS) !== 0) {
    return warn(
      "cache_dir",
      `${path} has mode ${octal(status.mode)}: others can reach what the agents printed`,
      `Run: chmod 700 ${path}`,
    );
  }
  return ok("cache_dir", `${path} can be written`);
}

/** Whether there is room for logs. */
export function checkDisk(path: string, files: Files): Check {
  const free = files.freeBytes(path) / MIB;
  const message = `${Math.floor(free).toLocaleString("en")} MiB are free at ${path}`;
  const remedy = "Free some space, or configure a cache_dir on another disk";
  if (free < 100) return fail("disk", message, remedy);
  return free < 1024 ? warn("disk", message, remedy) : ok("disk", message);
}

/** Whether git is there: agents work in repositories. */
export async function checkGit(run: Run): Promise<Check> {
  const outcome = await run(["git", "--version"]);
  return outcome.kind === "ended" && outcome.exitCode === 0
    ? ok("git", outcome.stdout.trim())
    : warn("git", "git was not found", "Install git: agents need it to see and keep their changes");
}

/** Whether the project's own copies of templates can be used. */
export function checkTemplates(projectRoot: string, files: Files): Check {
  for (const name of AGENT_TEMPLATE_NAMES) {
    try {
      agentTemplate(name, files, projectRoot);
    } catch (error) {
      if (!(error instanceof OrchestratorError)) throw error;
      return fail("templates", error.message, error.hint ?? "Correct that line");
    }
  }
  return ok("templates", `${AGENT_TEMPLATE_NAMES.length} templates can be used`);
}
