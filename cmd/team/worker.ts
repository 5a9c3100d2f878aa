import { hostname } from "node:os";
import { basename, delimiter, dirname, resolve } from "node:path";
import process from "node:process";
import { splitCommand } from "../../src/domain/command_line.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { workshopHere } from "../../src/agent/workshop.ts";
import { KEY_NAMES, variablesOf } from "../../src/config/keys.ts";
import type { Config } from "../../src/config/load.ts";
import { agentTemplate, workerTemplateName } from "../../src/templates/agents.ts";
import {
  DEFAULT_WAITS,
  type WorkerIdentity,
  type WorkerSettings,
} from "../../src/worker/context.ts";
import { startWorker } from "../../src/worker/worker.ts";
import type { Deps } from "../cli/command.ts";
import { versionInfo } from "../version.ts";
import { remember, resolveMembership } from "./membership.ts";

/** What `register --work-dir` was asked for. */
export interface WorkerRequest {
  readonly name: string | undefined;
  readonly role: string | undefined;
  readonly "work-dir": string;
  readonly command: string | undefined;
  readonly capacity: number | undefined;
  readonly "max-turns": number | undefined;
  readonly "budget-usd": number | undefined;
  readonly "budget-tokens": number | undefined;
}

/** Works until it is told to leave, and prints what was done. */
export async function runWorkerCommand(deps: Deps, request: WorkerRequest): Promise<void> {
  const config = await deps.config();
  const files = await deps.files();
  const [clock, random] = await Promise.all([deps.clock(), deps.random()]);
  const workDir = resolve(deps.host.cwd, request["work-dir"]);
  if (files.status(workDir)?.kind !== "directory") {
    throw new OrchestratorError("INVALID_INPUT", `There is no directory "${workDir}"`, {
      details: { path: workDir },
    });
  }
  const settings = settingsOf(config, request);
  const membership = await resolveMembership(deps, request);
  await remember(deps, membership);
  const identity: WorkerIdentity = {
    ...membership,
    workDir,
    capacity: request.capacity ?? config.value("limits.capacity"),
    host: hostname(),
    pid: process.pid,
    version: versionInfo().version,
  };
  const summary = await startWorker({
    team: await deps.team(),
    workshop: workshopHere({ clock, random, env: deps.host.env }, files),
    template: (kind) => agentTemplate(workerTemplateName(kind), files, config.projectRoot),
    identity,
    settings,
    clock,
    random,
    show: (line) => deps.host.stderr.write(`${line}\n`),
    leave: deps.signal,
    stop: deps.host.urgent,
  });
  await deps.out.document({ v: 1, instance_id: identity.id, ...summary });
}

function settingsOf(config: Config, request: WorkerRequest): WorkerSettings {
  const maxTurns = request["max-turns"] ?? config.value("limits.max_turns") ?? undefined;
  const budget = {
    budgetUsd: request["budget-usd"] ?? config.value("limits.budget_usd") ?? undefined,
    budgetTokens: request["budget-tokens"] ?? config.value("limits.budget_tokens") ?? undefined,
  };
  return {
    command: request.command === undefined ? config.value("command") : wordsOf(request.command),
    cacheDir: config.value("cache_dir"),
    limits: {
      stallMs: config.value("limits.stall_timeout"),
      totalMs: config.value("limits.run_timeout"),
    },
    verifyMs: config.value("limits.run_timeout"),
    maxTurns,
    budget,
    env: { ...connectionEnv(config), ...pathEnv() },
    waits: DEFAULT_WAITS,
  };
}

/** By which the commands that an agent runs reach the same team with the same credentials. */
function connectionEnv(config: Config): Record<string, string> {
  const keys = KEY_NAMES.filter((key) => key.startsWith("zookeeper."));
  return Object.fromEntries(keys.flatMap((key) => {
    const value = config.value(key);
    const variable = variablesOf(key)[0];
    return value === null || variable === undefined ? [] : [[variable, String(value)]];
  }));
}

/** Lets an agent call this very executable by its name, wherever it was started from. */
function pathEnv(): Record<string, string> {
  const isNamed = ["claude-orchestrator", "cco"].includes(basename(process.execPath));
  const before = isNamed ? [dirname(process.execPath)] : [];
  return { PATH: [...before, process.env["PATH"] ?? ""].join(delimiter) };
}

function wordsOf(command: string): readonly string[] {
  const split = splitCommand(command);
  if (split.ok && split.words.length > 0) return split.words;
  const problem = split.ok ? "it is empty" : split.problem;
  throw new OrchestratorError("INVALID_INPUT", `Invalid --command: ${problem}`);
}
