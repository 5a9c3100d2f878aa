import { dirname, join } from "node:path";
import { isObject, readValue } from "../config/document.ts";
import type { Key } from "../config/keys.ts";
import { CONFIG_DIRECTORY, configPath } from "../config/load.ts";
import { ignorePath, type StoreEnvironment, updateConfig, withValue } from "../config/store.ts";
import { OrchestratorError } from "../domain/errors.ts";
import { AGENT_TEMPLATES } from "../templates/agents.ts";
import type { Files } from "../platform/files.ts";
import { BLOCK_BEGIN, BLOCK_END, isBlockAlone } from "../templates/marked_block.ts";
import { ROLE_MEMORIES, roleMemoryPath } from "../templates/role_memory.ts";
import { SKILLS, TEAM_MEMORY } from "../templates/skills.ts";
import { type Outcome, writeMemory } from "./memory.ts";

/** What `setup` was asked for. */
export interface SetupRequest {
  /** Absolute: the project's directory. */
  readonly cwd: string;
  /** Absolute: the user's home directory. */
  readonly home: string;
  /** Only the global configuration; no templates and skills. */
  readonly global: boolean;
  /** Makes this the Leader's directory: role `leader`, name `Leader` unless another is given. */
  readonly leader: boolean;
  /** Replaces templates and skills that differ from those that ship with the program. */
  readonly force: boolean;
  readonly name?: string | undefined;
  readonly role?: string | undefined;
  readonly cacheDir?: string | undefined;
  readonly command?: string | undefined;
}

/** What `setup` did; paths are absolute. */
export interface SetupResult {
  readonly v: 1;
  readonly status: "configured";
  readonly global: boolean;
  /** The configuration file, and the keys that were set in it. */
  readonly config: { readonly path: string; readonly set: readonly string[] };
  /** Made, or replaced because of `force`, or changed. */
  readonly written: readonly string[];
  /** Differ from what would have been written, and stay as they are. */
  readonly kept: readonly string[];
  /** Are already as they would have been written. */
  readonly skipped: readonly string[];
  readonly warnings: readonly string[];
}

const PUBLIC = 0o644;

/** What is written besides the configuration: text by path below the project. */
function shippedFiles(): [path: string, text: string][] {
  const agents = Object.entries(AGENT_TEMPLATES).map(([name, text]): [string, string] => [
    join(CONFIG_DIRECTORY, "agents", `${name}.md`),
    text,
  ]);
  const skills = Object.entries(SKILLS).map(([name, text]): [string, string] => [
    skillPath("", name),
    text,
  ]);
  return [
    ...agents,
    ...skills,
    [join(CONFIG_DIRECTORY, "CLAUDE.md"), TEAM_MEMORY],
  ];
}

/** What agents of the team should know: text by absolute path. */
function memories(cwd: string): [path: string, text: string][] {
  return [
    [join(cwd, "CLAUDE.md"), TEAM_MEMORY],
    ...Object.entries(ROLE_MEMORIES).map(([role, text]): [string, string] => [
      roleMemoryPath(cwd, role),
      text,
    ]),
  ];
}

/**
 * Files outside of `.claude-orchestrator` that `setup` writes into a project, as absolute paths: skills, and a
 * `CLAUDE.md` in which nobody has written anything of his own.
 */
export function filesOfSetup(files: Pick<Files, "read">, cwd: string): string[] {
  const memory = join(cwd, "CLAUDE.md");
  const skills = Object.keys(SKILLS).map((name) => skillPath(cwd, name));
  return isBlockAlone(files.read(memory) ?? "") ? [...skills, memory] : skills;
}

function skillPath(cwd: string, name: string): string {
  return join(cwd, ".claude", "skills", name, "SKILL.md");
}

function settingsOf(request: SetupRequest): [Key, string][] {
  const name = request.name ?? (request.leader ? "Leader" : undefined);
  const role = request.leader ? "leader" : request.role;
  const settings: [Key, string | undefined][] = [
    ["name", name],
    ["role", role],
    ["cache_dir", request.cacheDir],
    ["command", request.command],
  ];
  return settings.filter((setting): setting is [Key, string] => setting[1] !== undefined);
}

function checkSettings(request: SetupRequest, settings: readonly [Key, string][]): void {
  if (request.leader && request.role !== undefined && request.role !== "leader") {
    throw new OrchestratorError("USAGE", "--leader and --role contradict each other", {
      hint: "Leave one of them out",
    });
  }
  for (const [key, text] of settings) {
    const reading = readValue(key, text);
    if (reading.ok) continue;
    const flag = `--${key.replace("_", "-")}`;
    throw new OrchestratorError("INVALID_INPUT", `Invalid ${flag}: it ${reading.problem}`, {
      details: { key },
    });
  }
}

/** A `--name Leader` that nobody typed does not rename who is already there. */
function isGiven(request: SetupRequest, key: Key, present: unknown): boolean {
  return key !== "name" || request.name !== undefined || typeof present !== "string";
}

async function writeConfig(
  request: SetupRequest,
  environment: StoreEnvironment,
  path: string,
): Promise<string[]> {
  const settings = settingsOf(request);
  checkSettings(request, settings);
  let set: string[] = [];
  await updateConfig(environment, path, (json) => {
    const wanted = settings.filter(([key]) => isGiven(request, key, json[key]));
    set = wanted.map(([key]) => key);
    return wanted.reduce((changed, [key, text]) => withValue(changed, [key], text.trim()), json);
  });
  return set;
}

function writeShipped(
  { files }: StoreEnvironment,
  path: string,
  text: string,
  force: boolean,
): Outcome {
  const present = files.read(path);
  if (present === text) return "skipped";
  if (present !== null && !force) return "kept";
  files.replace(path, text, files.status(path)?.mode ?? PUBLIC);
  return "written";
}

/**
 * Makes a directory ready for a team: its configuration, the agents' templates and the skills.
 * Running it again changes nothing; a file that somebody changed stays unless `force` is given, and
 * the configuration keeps every key that is not named in the request. Of a `CLAUDE.md`, only what stands
 * between our marks is ever changed, `force` or not.
 *
 * Throws INVALID_INPUT, USAGE, INVALID_CONFIG (a broken file is left alone), PERMISSION_DENIED,
 * DISK_FULL, IO_FAILED.
 */
export async function runSetup(
  request: SetupRequest,
  environment: StoreEnvironment,
): Promise<SetupResult> {
  const path = configPath(request.global ? request.home : request.cwd);
  const outcomes: Record<Outcome, string[]> = { written: [], kept: [], skipped: [] };
  const made = [path, ignorePath(path)].map((file) =>
    [file, environment.files.read(file)] as const
  );
  const set = await writeConfig(request, environment, path);
  for (const [file, before] of made) {
    const after = environment.files.read(file);
    if (after !== null) outcomes[after === before ? "skipped" : "written"].push(file);
  }
  for (const [below, text] of request.global ? [] : shippedFiles()) {
    const file = join(request.cwd, below);
    outcomes[writeShipped(environment, file, text, request.force)].push(file);
  }
  const replaceable = outcomes.kept.length;
  for (const [file, text] of request.global ? [] : memories(request.cwd)) {
    outcomes[writeMemory(environment.files, file, text)].push(file);
  }
  return {
    v: 1,
    status: "configured",
    global: request.global,
    config: { path, set },
    ...outcomes,
    warnings: warningsOf(request, environment, path, {
      replaceable,
      own: outcomes.kept.slice(replaceable),
    }),
  };
}

function warningsOf(
  request: SetupRequest,
  { files }: StoreEnvironment,
  path: string,
  kept: { readonly replaceable: number; readonly own: readonly string[] },
): string[] {
  const warnings: string[] = [];
  const text = files.read(path) ?? "{}";
  const json: unknown = JSON.parse(text);
  if (!request.global && isObject(json) && json["name"] === undefined) {
    warnings.push("No name is set: register will need --name");
  }
  const { replaceable, own } = kept;
  if (replaceable > 0) {
    const count = replaceable === 1 ? "1 file differs" : `${replaceable} files differ`;
    warnings.push(`${count} from this version's; --force replaces what is listed as kept`);
  }
  for (const file of own) {
    warnings.push(
      `${file} is yours and stays: setup writes only between the lines ${BLOCK_BEGIN} and ${BLOCK_END}`,
    );
  }
  if (dirname(dirname(path)) === request.home && !request.global) {
    warnings.push("This is the home directory: its configuration is the global one");
  }
  return warnings;
}
