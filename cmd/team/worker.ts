import { resolve } from "node:path";
import process from "node:process";
import { terminalLine } from "../../src/agent/terminal_text.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import type { Config } from "../../src/config/load.ts";
import type { Role } from "../../src/domain/task.ts";
import { agentTemplate, workerTemplateName } from "../../src/templates/agents.ts";
import {
  DEFAULT_WAITS,
  type WorkerIdentity,
  type WorkerSettings,
} from "../../src/worker/context.ts";
import { withRoleMemory } from "../../src/templates/role_memory.ts";
import { startWorker } from "../../src/worker/worker.ts";
import { untilAborted } from "../../src/platform/aborted.ts";
import type { Deps } from "../cli/command.ts";
import { keepCoordinator } from "../coordinator/keep.ts";
import { versionInfo } from "../version.ts";
import { type AgentWish, chooseAgent } from "./agent_choice.ts";
import { agentEnv } from "./agent_settings.ts";
import { startWorkerHooks } from "./member_hooks.ts";
import { remember, resolveMembership } from "./membership.ts";
import { ownWorktree } from "./own_worktree.ts";
import { thisHost } from "./this_host.ts";

/** What `register --work-dir` was asked for. */
export interface WorkerRequest extends AgentWish {
  readonly name: string | undefined;
  readonly role: string | undefined;
  readonly "work-dir": string;
  readonly worktree: boolean;
  readonly tethered: boolean;
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
  if (request.worktree && (request.capacity ?? 1) > 1) {
    throw new OrchestratorError("USAGE", 'Option "--worktree" does not go with --capacity over 1', {
      hint: "A work tree has one run at a time: start another Worker",
    });
  }
  const membership = await untilAborted(resolveMembership(deps, request), deps.signal);
  const { role } = membership;
  const agent = await chooseAgent(deps, config, request, role);
  const settings = settingsOf(config, request, agent.command, role);
  await remember(deps, membership);
  const show = (line: string) => deps.host.stderr.write(`${line}\n`);
  const place = request.worktree ? await ownWorktree(deps, workDir, membership.name, show) : null;
  const identity: WorkerIdentity = {
    ...membership,
    workDir: place?.directory ?? workDir,
    capacity: place === null ? request.capacity ?? config.value("limits.capacity") : 1,
    host: thisHost(),
    pid: process.pid,
    version: versionInfo().version,
  };
  const note = (line: string) => show(`[${terminalLine(membership.name, 32)}] ${line}`);
  await keepCoordinator(deps, note);
  const hooks = await startWorkerHooks(deps, {
    membership,
    workDir,
    cacheDir: settings.cacheDir,
    show: note,
  });
  const untied = request.tethered ? endOf(deps) : new AbortController().signal;
  const summary = await startWorker({
    team: await deps.team(),
    workshop: agent.workshop,
    workplace: place ?? undefined,
    template: (kind) => {
      const template = agentTemplate(workerTemplateName(kind), files, config.projectRoot);
      // A conversation that goes on has been told.
      if (kind === "again") return template;
      return withRoleMemory(template, files, config.projectRoot, role);
    },
    identity,
    settings,
    clock,
    random,
    show,
    leave: AbortSignal.any([deps.signal, untied]),
    // Whoever started it can neither wait for its run nor stop it any more.
    stop: AbortSignal.any([deps.host.urgent, untied]),
  }).finally(() => hooks.finish());
  await deps.out.document({ v: 1, instance_id: identity.id, ...summary });
}

function settingsOf(
  config: Config,
  request: WorkerRequest,
  command: readonly string[],
  role: Role,
): WorkerSettings {
  const maxTurns = request["max-turns"] ?? config.ofRole("max_turns", role) ?? undefined;
  const budget = {
    budgetUsd: request["budget-usd"] ?? config.ofRole("budget_usd", role) ?? undefined,
    budgetTokens: request["budget-tokens"] ?? config.ofRole("budget_tokens", role) ?? undefined,
  };
  return {
    command,
    cacheDir: config.value("cache_dir"),
    limits: {
      stallMs: config.value("limits.stall_timeout"),
      totalMs: config.value("limits.run_timeout"),
    },
    verifyMs: config.value("limits.run_timeout"),
    maxTurns,
    budget,
    env: agentEnv(config),
    waits: DEFAULT_WAITS,
  };
}

/** Aborted when standard input ends: whoever started this Worker is gone, however that happened. */
function endOf(deps: Deps): AbortSignal {
  const ended = new AbortController();
  const read = async () => {
    for await (const _ of deps.host.stdin()) if (ended.signal.aborted) return;
  };
  read().catch(() => {}).finally(() => ended.abort());
  return ended.signal;
}
