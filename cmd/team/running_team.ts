import { join } from "node:path";
import type { Config } from "../../src/config/load.ts";
import type { Team } from "../../src/coordination/team.ts";
import { Crew } from "../../src/crew/crew.ts";
import { type Delivery, type MergeWish, mergingInto } from "../../src/crew/merging.ts";
import { type Post, postsFor } from "../../src/crew/roles.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { ROLE } from "../../src/domain/patterns.ts";
import { isSettled, type Requirement } from "../../src/domain/requirement.ts";
import { nodeChildren } from "../../src/platform/node/children.ts";
import { EMPTY_LINE, typeInto } from "../../src/screen/line_editor.ts";
import { outcomeOf, unfulfilled } from "../chain/outcome.ts";
import { wanted } from "../chain/wanted.ts";
import type { Deps } from "../cli/command.ts";
import { quote } from "../cli/parse.ts";
import { ensureCoordinator } from "../coordinator/ensure.ts";
import { actor } from "../identity.ts";
import type { AgentWish } from "./agent_choice.ts";
import { wordsOf } from "./agent_settings.ts";
import { leadTeam } from "./leading.ts";
import { mergeCheck } from "./merge_check.ts";
import type { Presentation, Typing } from "./presentation.ts";
import { chooseRunAgent } from "./run_agent.ts";
import { prepareProject, type Project } from "./run_project.ts";

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
  const posts = postsOf(request);
  await requireReadable(request);
  const wish = mergeWish(request);
  const check = request.check === undefined ? undefined : mergeCheck(deps, request.check);
  const project = await prepareProject(deps, wish === "auto");
  const agent = await chooseRunAgent(deps, request);
  await ensureCoordinator(deps);
  const config = await deps.config();
  (await deps.files()).makeDirectory(config.value("cache_dir"), 0o700);
  const crewPosts = project.git === null ? sharedPosts(deps, posts) : posts;
  const deliveries = new Map<string, Delivery>();
  const integrate = project.git === null ? undefined : mergingInto({
    repository: project.git.repository,
    base: project.git.ready.branch,
    wish,
    ...(check === undefined ? {} : { check: check(config) }),
    onDelivery: (delivery) => deliveries.set(delivery.chain_id, delivery),
  });
  const line = new TypedLine();
  let requirement: Requirement | null = null;
  await leadTeam(deps, { ...leaderRequest(request), ...agent }, {
    eventsOnStderr: true,
    ...(integrate === undefined ? {} : { integrate }),
    typing: line.typing,
    during: async (shown, team) => {
      const command = workerCommand(deps, config, project, agent);
      const clock = await deps.clock();
      const show = shown.show;
      const crew = new Crew({ posts: crewPosts, children: nodeChildren, clock, command, show });
      try {
        requirement = await worked(deps, team, shown, line, request, content);
      } finally {
        await crew.end(ENDING_MS, deps.host.urgent);
      }
    },
  });
  deps.signal.throwIfAborted();
  await printOutcome(deps, requirement, [...deliveries.values()]);
}

/** Follows what is wanted to its end; null where it was only typed, or nothing was open. */
async function worked(
  deps: Deps,
  team: Team,
  shown: Presentation,
  line: TypedLine,
  request: RunRequest,
  content: string | null,
): Promise<Requirement | null> {
  const by = await actor(deps);
  const submit = (text: string) =>
    team.requirements.submit({
      content: text,
      maxRounds: request["max-rounds"],
      budgetUsd: request["budget-usd"],
      budgetTokens: request["budget-tokens"],
    }, by);
  line.onEntered = (text) => {
    submit(text).catch((error: unknown) => shown.show(`Cannot submit it: ${error}`));
  };
  const open = await team.requirements.open();
  // The same words again are the same wish: a run that broke off is gone on with.
  const same = open.find((one) => one.content === content);
  const wish = content === null ? open.at(-1) : same ?? await submit(content);
  if (wish === undefined && !shown.isScreen) {
    throw new OrchestratorError("USAGE", "Missing the requirement", {
      hint: "Give it in words, with --file or as -, or run it on a terminal and type it",
    });
  }
  const settled = wish === undefined ? null : await untilSettled(deps, team, wish);
  if (wish === undefined || request.keep) await untilAborted(deps.signal);
  return settled;
}

async function untilSettled(
  deps: Deps,
  team: Team,
  { id }: Requirement,
): Promise<Requirement | null> {
  for await (const requirement of team.requirements.watch(id, deps.signal)) {
    if (isSettled(requirement)) return requirement;
  }
  return null;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function printOutcome(
  deps: Deps,
  requirement: Requirement | null,
  deliveries: readonly Delivery[],
): Promise<void> {
  if (requirement === null) return;
  const outcome = await outcomeOf(await deps.team(), requirement);
  await deps.out.document({ ...outcome, type: "run_outcome", deliveries });
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

/** Without git nothing keeps the changes of several Workers apart, so there is one. */
function sharedPosts(deps: Deps, posts: readonly Post[]): readonly Post[] {
  deps.out.tell("Not a git repository: one Worker works in this directory itself", {
    directory: deps.host.cwd,
  });
  return posts.length > 1 ? postsFor(1) : posts;
}

function mergeWish({ merge = "auto" }: RunRequest): MergeWish {
  return merge === "branch" || merge === "none" ? merge : "auto";
}

function leaderRequest(request: RunRequest) {
  return {
    name: LEADER,
    standby: false,
    "no-screen": request["no-screen"],
    "cache-dir": undefined,
    "max-turns": undefined,
    "budget-usd": undefined,
    "budget-tokens": undefined,
  };
}

/** How a Worker of the team is started: this very program, which goes when this process does. */
function workerCommand(deps: Deps, config: Config, project: Project, agent: AgentWish) {
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
    },
    logPath: join(config.value("cache_dir"), `${name}.log`),
  });
}

/** What somebody types on the screen, one requirement a line. */
class TypedLine {
  #line = EMPTY_LINE;
  onEntered: (text: string) => void = () => {};

  readonly typing: Typing = {
    prompt: () => this.#line,
    onTyped: (typed) => {
      const { line, entered } = typeInto(this.#line, typed);
      this.#line = line;
      if (entered !== null && entered.trim() !== "") this.onEntered(entered.trim());
    },
  };
}
