import { join } from "node:path";
import type { Config } from "../../src/config/load.ts";
import type { Team } from "../../src/coordination/team.ts";
import { Crew } from "../../src/crew/crew.ts";
import type { CheckMerged, MergeWish } from "../../src/crew/merging.ts";
import { type Post, postsFor } from "../../src/crew/roles.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { ROLE } from "../../src/domain/patterns.ts";
import type { RequirementId } from "../../src/domain/ids.ts";
import { isSettled, type Requirement } from "../../src/domain/requirement.ts";
import { nodeChildren } from "../../src/platform/node/children.ts";
import { terminalLine } from "../../src/domain/terminal_text.ts";
import { untilAborted } from "../../src/platform/aborted.ts";
import { outcomeOf, unfulfilled } from "../chain/outcome.ts";
import { wanted } from "../chain/wanted.ts";
import type { Deps } from "../cli/command.ts";
import { quote } from "../cli/parse.ts";
import { ensureCoordinator } from "../coordinator/ensure.ts";
import { actor } from "../identity.ts";
import type { AgentWish } from "../team/agent_choice.ts";
import { wordsOf } from "../team/agent_settings.ts";
import { leadTeam } from "../team/leading.ts";
import { hasScreen, type Presentation } from "../team/presentation.ts";
import { integration, projectCheck } from "./integration.ts";
import { chooseRunAgent } from "./run_agent.ts";
import { type Aim, aimOf, nothingWanted } from "./run_aim.ts";
import { giveTeam, lookAtProject, type Project } from "./run_project.ts";
import { RunRecord } from "./run_record.ts";
import { TypedLine } from "./typed_line.ts";

/** What `run` was asked for. */
export interface RunRequest extends AgentWish {
  readonly worker: number | undefined;
  readonly roles: string | undefined;
  readonly file: string | undefined;
  readonly keep: boolean;
  readonly merge: string | undefined;
  readonly check: string | undefined;
  readonly "max-rounds": number | undefined;
  readonly "budget-usd": number | undefined;
  readonly "budget-tokens": number | undefined;
  readonly "no-screen": boolean;
}

const DEFAULT_WORKERS = 3;
/** ms for which a Worker that was told to end may finish what it runs, and again for stopping it. */
const ENDING_MS = 5_000;
/** Name of the Leader of such a team. */
const LEADER = "leader";

/** Runs a whole team on this machine until its requirement is over, and prints what became of it. */
export async function runTeam(
  deps: Deps,
  request: RunRequest,
  words: readonly string[],
): Promise<void> {
  const hasText = words.length > 0 || request.file !== undefined;
  const content = hasText ? await wanted(deps, request.file, words) : null;
  await requireReadable(request);
  const check = request.check === undefined ? undefined : projectCheck(deps, request.check);
  const merge = mergeWish(request);
  const project = await lookAtProject(deps, { merge, posts: postsOf(request) });
  const canType = hasScreen(deps, !request["no-screen"]) && deps.host.stdinIsTerminal;
  // A project without a team has nothing that is open.
  if (content === null && !canType && !project.hasTeam) throw nothingWanted();
  const roles = [LEADER, ...project.posts.map(({ role }) => role)];
  const agent = await chooseRunAgent(deps, project.config, request, roles);
  await giveTeam(deps, project);
  await ensureCoordinator(deps);
  const config = await deps.config();
  const files = await deps.files();
  files.makeDirectory(config.value("cache_dir"), 0o700);
  const record = new RunRecord(files, project.directory, config.value("zookeeper.root_path"));
  const aim = await aimOf(await deps.team(), record, content);
  if (aim.kind === "none" && !canType) throw nothingWanted();
  if (aim.kind === "over") {
    deps.out.tell("It has ended before, and nobody was told", {
      requirement_id: aim.requirement.id,
    });
    await report(deps, aim.requirement, record);
    return requireCompleted(aim.requirement);
  }
  const run = { request, project, merge, agent, config, aim, record };
  const requirement = await led(deps, run, check?.(config));
  if (requirement !== null) await report(deps, requirement, record);
  deps.signal.throwIfAborted();
  if (requirement !== null) requireCompleted(requirement);
}

/** One run, as it was decided on. */
interface Run {
  readonly request: RunRequest;
  readonly project: Project;
  readonly merge: MergeWish;
  readonly agent: AgentWish;
  readonly config: Config;
  readonly aim: Exclude<Aim, { kind: "over" }>;
  readonly record: RunRecord;
}

/** Leads the team; what it was about once that is over, null where it was not, or was only typed. */
async function led(
  deps: Deps,
  run: Run,
  check: CheckMerged | undefined,
): Promise<Requirement | null> {
  const { request, project } = run;
  const integrate = integration(run, check);
  const line = new TypedLine();
  let requirement: Requirement | null = null;
  await leadTeam(deps, { ...leaderRequest(request), ...run.agent }, {
    eventsOnStderr: true,
    ...(integrate === undefined ? {} : { integrate }),
    typing: line.typing,
    during: async (shown, team) => {
      const command = workerCommand(deps, run);
      const clock = await deps.clock();
      const { show } = shown;
      const crew = new Crew({ posts: project.posts, children: nodeChildren, clock, command, show });
      try {
        requirement = await worked(deps, team, shown, line, run);
      } finally {
        line.close();
        await crew.end(ENDING_MS, deps.host.urgent);
      }
    },
  }).catch(tellWhoLeads);
  return requirement;
}

/** A project has one team, whose Leader anybody may give work. */
function tellWhoLeads(error: unknown): never {
  if (!(error instanceof OrchestratorError) || error.code !== "LEADER_EXISTS") throw error;
  throw new OrchestratorError(error.code, error.message, {
    hint: 'Give it what is wanted: claude-orchestrator submit --wait "…"',
    details: error.details,
  });
}

/** Follows what is wanted to its end; null where nothing was, or it did not come to its end. */
async function worked(
  deps: Deps,
  team: Team,
  shown: Presentation,
  line: TypedLine,
  { request, aim, record }: Run,
): Promise<Requirement | null> {
  const by = await actor(deps);
  const submit = (content: string) =>
    team.requirements.submit({
      content,
      maxRounds: request["max-rounds"],
      budgetUsd: request["budget-usd"],
      budgetTokens: request["budget-tokens"],
    }, by);
  line.onEntered = async (text) => {
    try {
      await submit(text);
    } catch (error) {
      shown.show(terminalLine(`Cannot submit what was typed: ${error}`));
      throw error;
    }
  };
  if (aim.kind === "none") {
    await aborted(deps.signal);
    return null;
  }
  const { id } = aim.kind === "new" ? await submit(aim.content) : aim.requirement;
  record.follow(id);
  const settled = await untilSettled(deps, team, id);
  // Who has typed something since is there, and waits for what becomes of it.
  if (request.keep || line.isUsed) await aborted(deps.signal);
  return settled;
}

async function untilSettled(
  deps: Deps,
  team: Team,
  id: RequirementId,
): Promise<Requirement | null> {
  for await (const requirement of team.requirements.watch(id, deps.signal)) {
    if (isSettled(requirement)) return requirement;
  }
  return null;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Prints what became of it; once that is out, nobody needs to be told again. */
async function report(deps: Deps, requirement: Requirement, record: RunRecord): Promise<void> {
  // Who has pressed Ctrl+C twice does not wait for a server.
  const outcome = await untilAborted(outcomeOf(await deps.team(), requirement), deps.host.urgent);
  await deps.out.document({ ...outcome, type: "run_outcome", deliveries: record.deliveries });
  record.close();
}

function requireCompleted(requirement: Requirement): void {
  if (requirement.status !== "completed") throw unfulfilled(requirement);
}

/** Throws INVALID_INPUT for an agent that could not be started, before anything is. */
async function requireReadable({ command, rehearse }: RunRequest): Promise<void> {
  if (command !== undefined) wordsOf(command);
  if (rehearse === undefined) return;
  const { parseScript } = await import("../../src/rehearsal/script.ts");
  parseScript(rehearse);
}

function postsOf({ worker = DEFAULT_WORKERS, roles }: RunRequest): Post[] {
  const named = (roles ?? "").split(",").map((role) => role.trim()).filter((role) => role !== "");
  const wrong = named.find((role) => !ROLE.regex.test(role));
  if (wrong !== undefined) {
    throw new OrchestratorError("USAGE", `${quote(wrong)} is no role: it ${ROLE.problem}`);
  }
  return postsFor(worker, named);
}

/** Throws USAGE for a check that would never be run. */
function mergeWish({ merge = "auto", check }: RunRequest): MergeWish {
  const wish = merge === "branch" || merge === "none" ? merge : "auto";
  if (wish !== "none" || check === undefined) return wish;
  throw new OrchestratorError(
    "USAGE",
    "With --merge none there is nothing that --check is run on",
    {
      hint: "Use --merge branch: merged and checked, and your branch stays where it is",
    },
  );
}

function leaderRequest(request: RunRequest) {
  return {
    name: LEADER,
    byName: true,
    standby: false,
    "no-screen": request["no-screen"],
    "cache-dir": undefined,
    "max-turns": undefined,
    "budget-usd": undefined,
    "budget-tokens": undefined,
  };
}

/** How a Worker of the team is started: this very program, which goes when this process does. */
function workerCommand(deps: Deps, { config, project, agent }: Run) {
  const told = Object.entries({
    agent: agent.agent,
    command: agent.command,
    rehearse: agent.rehearse,
  }).flatMap(([name, value]) => value === undefined ? [] : [`--${name}=${value}`]);
  return ({ name, role }: Post) => ({
    words: [
      ...deps.host.program,
      "register",
      `--name=${name}`,
      `--role=${role}`,
      `--work-dir=${project.directory}`,
      "--tethered",
      ...(project.git === null ? [] : ["--worktree"]),
      ...told,
    ],
    cwd: project.directory,
    env: {
      ...deps.host.env,
      ZK_HOSTS: config.value("zookeeper.url"),
      ZK_ROOT_PATH: config.value("zookeeper.root_path"),
      // As whom the terminal acts is nothing to the team: its members would all be that one.
      CLAUDE_ORCHESTRATOR_INSTANCE_ID: "",
    },
    logPath: join(config.value("cache_dir"), `${name}.log`),
  });
}
