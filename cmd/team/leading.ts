import { resolve } from "node:path";
import process from "node:process";
import { terminalLine } from "../../src/agent/terminal_text.ts";
import type { Config } from "../../src/config/load.ts";
import { roleKey } from "../../src/config/role_keys.ts";
import { Election, type Term } from "../../src/coordination/election.ts";
import { openTeam, type Team } from "../../src/coordination/team.ts";
import { DEFAULT_LEADER_WAITS, type LeaderSettings } from "../../src/leader/context.ts";
import type { Integrate } from "../../src/leader/integration.ts";
import { holdOffice } from "../../src/leader/office_holder.ts";
import { sleep } from "../../src/platform/clock.ts";
import { agentTemplate } from "../../src/templates/agents.ts";
import { untilAborted } from "../../src/platform/aborted.ts";
import type { Deps } from "../cli/command.ts";
import { keepCoordinator } from "../coordinator/keep.ts";
import { versionInfo } from "../version.ts";
import { type AgentWish, chooseAgent } from "./agent_choice.ts";
import { agentEnv } from "./agent_settings.ts";
import { leaderHooks } from "./member_hooks.ts";
import { type Membership, remember, resolveMembership } from "./membership.ts";
import { type Presentation, presentTeam, type Typing } from "./presentation.ts";
import { isRunning } from "./running.ts";
import { thisHost } from "./this_host.ts";

/** What `leader` was asked for. */
export interface LeaderRequest extends AgentWish {
  readonly name: string | undefined;
  /** Whether it is known by its name alone, as whomever the terminal acts. */
  readonly byName?: boolean;
  readonly standby: boolean;
  readonly "no-screen": boolean;
  readonly "cache-dir": string | undefined;
  readonly "max-turns": number | undefined;
  readonly "budget-usd": number | undefined;
  readonly "budget-tokens": number | undefined;
}

/** ms that leaving the team may take before it is left to the end of the session. */
const LEAVING_MS = 2_000;

/** Name of a Leader that was given none. */
const DEFAULT_NAME = "leader";

/** What is said for this role counts for the Leader's own agent. */
const LEADER_ROLE = "leader";

/** What goes on beside the leading. */
export interface Beside {
  /** Where the work of accepted chains goes; left out: it stays where it was done. */
  readonly integrate?: Integrate;
  /** What is done while the team is shown; when it resolves, the Leader steps down. */
  readonly during?: (shown: Presentation, team: Team) => Promise<void>;
  /** The line that somebody types on the screen. */
  readonly typing?: Typing;
  /** stdout is for something else. */
  readonly eventsOnStderr?: boolean;
}

/** Leads, or waits to, until it is told to stop; prints what happens. */
export async function leadTeam(
  deps: Deps,
  request: LeaderRequest,
  beside: Beside = {},
): Promise<void> {
  const config = await deps.config();
  const files = await deps.files();
  const [clock, random, zk, team] = await Promise.all([
    deps.clock(),
    deps.random(),
    deps.zk(),
    deps.team(),
  ]);
  const agent = await chooseAgent(deps, config, request, LEADER_ROLE);
  const settings = settingsOf(deps, config, request, agent.command);
  const membership = await untilAborted(leaderMembership(deps, config, request), deps.signal);
  const profile = {
    ...membership,
    host: thisHost(),
    pid: process.pid,
    version: versionInfo().version,
    cacheDir: settings.cacheDir,
  };
  const root = config.value("zookeeper.root_path");
  const shared = { zk, root, clock, random };
  const election = new Election({ ...shared, isAlive: isRunning });
  // Who is refused learns so before anything is shown or anybody is told of it.
  const first = request.standby
    ? undefined
    : await election.campaign({ profile, signal: deps.signal });
  const presentation = await presentTeam(deps, {
    team,
    config,
    self: {
      id: membership.id,
      name: membership.name,
      cacheDir: settings.cacheDir,
      budgetUsd: request["budget-usd"] ?? null,
      budgetTokens: request["budget-tokens"] ?? null,
    },
    wantsScreen: !request["no-screen"],
    typing: beside.typing,
    eventsOnStderr: beside.eventsOnStderr ?? false,
  });
  const { show } = presentation;
  await keepCoordinator(deps, show);
  const member = await team.members.attach({ ...profile, role: LEADER_ROLE }, {
    isAlive: isRunning,
  });
  const enough = new AbortController();
  const hooks = await leaderHooks(deps, {
    membership,
    workDir: settings.workDir,
    cacheDir: settings.cacheDir,
    show,
  });
  const during = beside.during?.(presentation, team).finally(() => enough.abort());
  // Awaited below; should the leading fail first, that is the error which counts.
  during?.catch(() => {});
  try {
    await holdOffice({
      election,
      profile,
      first,
      fencedTeam: (fence) =>
        openTeam({ ...shared, fence, onCorrupt: (node) => deps.out.leftOut(node) }),
      standby: request.standby,
      onTerm: (term) => {
        tellTerm(term, member, show);
        hooks.onTerm(term);
      },
      workshop: agent.workshop,
      template: (kind) => agentTemplate(`leader-${kind}`, files, config.projectRoot),
      settings,
      clock,
      random,
      show,
      integrate: beside.integrate,
      leave: AbortSignal.any([deps.signal, enough.signal, presentation.failure]),
    });
    presentation.failure.throwIfAborted();
    await during;
  } finally {
    await hooks.finish();
    const leaving = member.leave().catch((error: unknown) => {
      show(terminalLine(`Left in disorder: ${error}`));
    });
    await Promise.race([leaving, sleep(clock, LEAVING_MS)]);
    await presentation.end();
  }
}

function tellTerm(
  term: Term | null,
  member: Awaited<ReturnType<Team["members"]["attach"]>>,
  show: (line: string) => void,
): void {
  const work = term === null ? "standby" : `leads, term ${term.epoch}`;
  if (term !== null) show(terminalLine(`${term.record.name} leads the team, term ${term.epoch}`));
  void member.update({ current_work: work });
}

/** Name and id of the Leader; unlike a Worker it needs none given. */
async function leaderMembership(
  deps: Deps,
  config: Config,
  request: LeaderRequest,
): Promise<Membership> {
  const name = request.name ?? config.value("name") ?? DEFAULT_NAME;
  const membership = await resolveMembership(deps, {
    name,
    role: LEADER_ROLE,
    byName: request.byName,
  });
  await remember(deps, membership);
  return membership;
}

/** US dollars that the run of a link may cost, whoever takes it; null: as much as there is. */
function largestRun(config: Config): number | null {
  const general = config.value("limits.budget_usd");
  if (general === null) return null;
  const ofRoles = config.roleKeys().filter((key) => key.endsWith(".budget_usd"))
    .map((key) => Number(config.value(key) ?? 0));
  return Math.max(general, ...ofRoles);
}

function settingsOf(
  deps: Deps,
  config: Config,
  request: LeaderRequest,
  command: readonly string[],
): LeaderSettings {
  const cacheDir = request["cache-dir"];
  return {
    command,
    workDir: deps.host.cwd,
    cacheDir: cacheDir === undefined ? config.value("cache_dir") : resolve(deps.host.cwd, cacheDir),
    limits: {
      stallMs: config.value("limits.stall_timeout"),
      totalMs: config.value("limits.run_timeout"),
    },
    maxTurns: request["max-turns"] ?? config.ofRole("max_turns", LEADER_ROLE) ?? undefined,
    runBudgetUsd: largestRun(config) ?? undefined,
    question: {
      usd: config.ofRole("budget_usd", LEADER_ROLE),
      tokens: config.value(roleKey(LEADER_ROLE, "budget_tokens")),
    },
    budgetUsd: request["budget-usd"],
    budgetTokens: request["budget-tokens"],
    env: agentEnv(config),
    waits: DEFAULT_LEADER_WAITS,
    retention: {
      tasksMs: config.value("retention.tasks"),
      messagesMs: config.value("retention.messages"),
      journalMs: config.value("retention.journal"),
    },
  };
}
