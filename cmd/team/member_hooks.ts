import { join } from "node:path";
import type { Config } from "../../src/config/load.ts";
import type { Term } from "../../src/coordination/election.ts";
import type { Team } from "../../src/coordination/team.ts";
import type { HookPoint } from "../../src/domain/hook.ts";
import { HookLog } from "../../src/hooks/hook_log.ts";
import { type HooksOptions, type RunningHooks, startHooks } from "../../src/hooks/hooks.ts";
import { type Place, POINTS_OF } from "../../src/hooks/point_of.ts";
import { takenUpAfter } from "../../src/hooks/succession.ts";
import type { Deps } from "../cli/command.ts";
import { agentEnv } from "./agent_settings.ts";
import type { Membership } from "./membership.ts";

/** ms that hooks may take when whoever runs them leaves. */
const LEAVING_MS = 5000;

/** Events, the newest, in which a new Leader looks for where the one before came to. */
const LOOK_BACK = 1000;

/** Who runs hooks, and where. */
export interface HookOwner {
  readonly membership: Membership;
  readonly workDir: string;
  readonly cacheDir: string;
  readonly show: (line: string) => void;
}

/** Hooks that are run beside some work, until it is over. */
export interface HooksBeside {
  /** Runs what there is still to run, for a few seconds at most. */
  finish(): Promise<void>;
}

/** The hooks that a Leader runs, in each of its terms. */
export interface LeaderHooks extends HooksBeside {
  /** Told when a term begins, and with null when it is over. */
  onTerm(term: Pick<Term, "end" | "untilMayAct"> | null): void;
}

/** Runs a Worker's hooks from now on. */
export async function startWorkerHooks(deps: Deps, owner: HookOwner): Promise<HooksBeside> {
  const team = await deps.team();
  const options = await hooksOptions(deps, team, "worker", owner);
  if (options === null) return { finish: async () => {} };
  const hooks = startHooks(options, await team.journal.head());
  return { finish: () => hooks.finish(LEAVING_MS, deps.host.urgent) };
}

/** Runs a Leader's hooks while it acts. */
export async function leaderHooks(deps: Deps, owner: HookOwner): Promise<LeaderHooks> {
  const team = await deps.team();
  const options = await hooksOptions(deps, team, "leader", owner);
  if (options === null) return { onTerm: () => {}, finish: async () => {} };
  const begin = async (term: Pick<Term, "end" | "untilMayAct">): Promise<RunningHooks> => {
    const events = await team.journal.read({ limit: LOOK_BACK });
    // One that steps down in order runs what belongs to its term to the end.
    const mayRun = async () => term.end === "resigned" ? undefined : await term.untilMayAct();
    return startHooks({ ...options, mayRun }, takenUpAfter(events, owner.membership.id));
  };
  let now: { readonly term: Pick<Term, "end">; readonly hooks: Promise<RunningHooks> } | null =
    null;
  let ending: Promise<void> = Promise.resolve();
  const end = async () => {
    const over = now;
    now = null;
    if (over === null) return;
    try {
      const hooks = await over.hooks;
      if (over.term.end === "resigned") await hooks.finish(LEAVING_MS, deps.host.urgent);
      else hooks.abandon();
    } catch (error) {
      owner.show(`No hooks were run in this term: ${error}`);
    }
  };
  return {
    onTerm: (term) => {
      if (term === null) return void (ending = ending.then(end));
      const hooks = begin(term);
      hooks.catch(() => {});
      now = { term, hooks };
    },
    finish: () => ending,
  };
}

/** null where no hook of that place is configured. */
async function hooksOptions(
  deps: Deps,
  team: Team,
  place: Place,
  { membership, workDir, cacheDir, show }: HookOwner,
): Promise<HooksOptions | null> {
  const [config, files, clock, random] = await Promise.all([
    deps.config(),
    deps.files(),
    deps.clock(),
    deps.random(),
  ]);
  const commands = commandsOf(config, place);
  if (commands.size === 0) return null;
  return {
    commands,
    place,
    member: membership,
    journal: team.journal,
    announce: team.announce,
    cwd: workDir,
    env: { ...deps.host.env, ...agentEnv(config) },
    timeoutMs: config.value("limits.hook_timeout"),
    log: new HookLog(join(cacheDir, `hooks-${membership.id}.log`), files, clock),
    clock,
    random,
    show,
  };
}

function commandsOf(config: Config, place: Place): Map<HookPoint, readonly string[]> {
  return new Map(POINTS_OF[place].flatMap((point) => {
    const words = config.value(`hooks.${point}`);
    return words === null ? [] : [[point, words] as const];
  }));
}
