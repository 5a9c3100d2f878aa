import type { Config } from "../config/load.ts";
import { OrchestratorError } from "../domain/errors.ts";
import type { Files } from "../platform/files.ts";
import {
  type AgentSurroundings,
  checkAgent,
  checkCommand,
  checkLogin,
  type Run,
} from "./agent_checks.ts";
import { type Check, fail, ok } from "./check.ts";
import {
  checkCacheDirectory,
  checkConfigFiles,
  checkDisk,
  checkGit,
  checkTemplates,
} from "./machine_checks.ts";
import type { ServerFacts } from "./server_facts.ts";
import { checkTree, type TreeFacts } from "./tree_checks.ts";
import { checkAccess, checkClock, checkServer, START_ZOOKEEPER } from "./zookeeper_checks.ts";

/** What `doctor` looks at, each asked for once. */
export interface DoctorProbes extends AgentSurroundings {
  /** Throws what `loadConfig` throws. */
  config(): Promise<Config>;
  /** Connects as every command does, and asks. Throws what connecting throws. */
  server(): Promise<ServerFacts>;
  /** Reads the team's tree. Throws what reading throws. */
  tree(): Promise<TreeFacts>;
  readonly run: Run;
  readonly files: Files;
}

/** What `doctor` prints. */
export interface DoctorReport {
  readonly v: 1;
  /** Whether no check failed; warnings do not count. */
  readonly healthy: boolean;
  readonly checks: readonly Check[];
}

function report(checks: readonly (Check | null)[]): DoctorReport {
  const made = checks.filter((check) => check !== null);
  return { v: 1, healthy: made.every(({ status }) => status !== "fail"), checks: made };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One failing check instead of an error, so that the other checks are still made. */
async function guarded(name: string, check: () => Promise<Check | null> | Check | null) {
  try {
    return await check();
  } catch (error) {
    const hint = error instanceof OrchestratorError ? error.hint : undefined;
    return fail(name, messageOf(error), hint ?? "See the message");
  }
}

async function serverChecks(probes: DoctorProbes, config: Config): Promise<(Check | null)[]> {
  let facts: ServerFacts;
  try {
    facts = await probes.server();
  } catch (error) {
    const hint = error instanceof OrchestratorError ? error.hint : undefined;
    return [fail("zookeeper", messageOf(error), hint ?? START_ZOOKEEPER)];
  }
  const root = config.value("zookeeper.root_path");
  return [
    checkServer(facts),
    checkAccess(facts, root, config.value("zookeeper.auth") !== null),
    checkClock(facts),
    ...await treeChecks(probes, facts),
  ];
}

/** A rehearsal needs no program, and no login. */
async function agentChecks(
  probes: DoctorProbes,
  config: Config,
  command: readonly string[],
): Promise<(Check | null)[]> {
  if (config.value("agent") === "rehearsal") {
    return [ok("agent", "The agents are rehearsed: no model is asked")];
  }
  return await Promise.all([
    guarded("command", () => checkCommand(command, probes)),
    guarded("agent", () => checkAgent(command, probes.run)),
    guarded("login", () => checkLogin(command, probes.run)),
  ]);
}

/** None where there is no tree yet, or it is closed to us: `access` says so. */
async function treeChecks(probes: DoctorProbes, { access }: ServerFacts): Promise<Check[]> {
  if (access !== "open" && access !== "closed") return [];
  try {
    return checkTree(await probes.tree());
  } catch (error) {
    const hint = error instanceof OrchestratorError ? error.hint : undefined;
    return [fail("tasks", messageOf(error), hint ?? "See the message")];
  }
}

/**
 * Makes every check and says what to do about each that is not ok. Never throws for what it finds:
 * a broken configuration, a server that does not answer and a missing program are checks that fail.
 */
export async function runDoctor(probes: DoctorProbes): Promise<DoctorReport> {
  const { files, run } = probes;
  let config: Config;
  let command: readonly string[];
  let cache: string;
  try {
    config = await probes.config();
    command = config.value("command");
    cache = config.value("cache_dir");
  } catch (error) {
    return report([await guarded("config", () => Promise.reject(error)), await checkGit(run)]);
  }
  const groups = await Promise.all([
    [await guarded("config", () => checkConfigFiles(config, files))],
    serverChecks(probes, config),
    agentChecks(probes, config, command),
    Promise.all([
      guarded("git", () => checkGit(run)),
      guarded("templates", () => checkTemplates(config.projectRoot, files)),
      guarded("cache_dir", () => checkCacheDirectory(cache, files)),
      guarded("disk", () => checkDisk(cache, files)),
    ]),
  ]);
  return report(groups.flat());
}
