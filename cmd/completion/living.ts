import { loadConfig } from "../../src/config/load.ts";
import { resolveIdentity } from "../../src/config/identity.ts";
import type { Config } from "../../src/config/load.ts";
import { openTeam, type Team } from "../../src/coordination/team.ts";
import { ChainStatus } from "../../src/domain/chain.ts";
import { ChainId, RequirementId, TaskId } from "../../src/domain/ids.ts";
import { RequirementStatus } from "../../src/domain/requirement.ts";
import { type Task, TaskStatus } from "../../src/domain/task.ts";
import type { Deps } from "../cli/command.ts";
import { connectFromConfig } from "../connect.ts";
import type { Candidate, Lookup } from "./candidates.ts";

/** ms in which a server must have let one in: somebody waits at a prompt. */
const CONNECT_MS = 400;

/** Records that are looked at for one Tab. */
const MAX_RECORDS = 50;

/** What the line itself says about where to look, and as whom. */
export interface Given {
  readonly zookeeper: string | undefined;
  readonly instanceId: string | undefined;
}

/**
 * What is alive and may stand at the cursor. Throws whatever goes wrong on the way. It warns of nothing,
 * renews no lease and starts no coordinator: pressing Tab changes nothing.
 */
export async function livingWords(
  deps: Deps,
  wanted: Lookup,
  given: Given,
): Promise<Candidate[]> {
  const [clock, files, random] = await Promise.all([deps.clock(), deps.files(), deps.random()]);
  const { host } = deps;
  const flags = { "zookeeper.url": given.zookeeper, instance_id: given.instanceId };
  const config = loadConfig({ cwd: host.cwd, home: host.home, env: host.env, flags, files });
  const zk = await connectFromConfig(config, files, CONNECT_MS, { connectRounds: 1 });
  // Said, and not waited for: where it is lost, an empty session ends by itself.
  deps.onClose(async () => void zk.close());
  const team = openTeam({ zk, root: config.value("zookeeper.root_path"), clock, random });
  return await lookUp(team, config, wanted);
}

async function lookUp(team: Team, config: Config, wanted: Lookup): Promise<Candidate[]> {
  switch (wanted.kind) {
    case "task":
      return (await tasks(team, wanted)).map(taskWord);
    case "held-task":
      return (await heldTasks(team, me(config))).map(taskWord);
    case "task-or-member": {
      const [found, members] = await Promise.all([tasks(team, wanted), names(team, wanted)]);
      return [...members, ...found.map(taskWord)];
    }
    case "chain":
      return await chains(team, wanted);
    case "requirement":
      return await requirements(team, wanted);
    case "member":
      return await names(team, wanted);
    case "member-id":
      return (await team.members.list()).map(({ id, name, role }) => ({
        word: id,
        about: `${name}, ${role}`,
      }));
    case "message": {
      const id = me(config);
      if (id === undefined) return [];
      const { messages } = await team.inbox.poll(id, { all: true, limit: MAX_RECORDS });
      return messages.map(({ id: word, from_name, content }) => ({
        word,
        about: `${from_name}: ${content}`,
      }));
    }
    case "context-key":
      return (await team.context.keys({ prefix: wanted.prefix }))
        .map((word) => ({ word, about: "shared value" }));
    default:
      return [];
  }
}

const taskWord = ({ id, status, title }: Task) => ({ word: id, about: `${status}: ${title}` });

/** Those in the wanted states or, of any, the newest; once most of an id is typed, what it may become. */
async function tasks(team: Team, { prefix, among }: Lookup): Promise<Task[]> {
  if (among !== undefined) {
    const status = TaskStatus.options.filter((each) => among.includes(each));
    return (await team.tasks.list({ status, limit: MAX_RECORDS })).tasks;
  }
  const before = TaskId.safeParse(idBefore("task", prefix)).data;
  const newest = before === undefined ? { last: MAX_RECORDS } : { after: before };
  return (await team.tasks.list({ ...newest, limit: MAX_RECORDS })).tasks;
}

/** What a member holds; all that is held where it is not known who asks, or that one holds nothing. */
async function heldTasks(team: Team, holder: string | undefined): Promise<Task[]> {
  const { tasks: held } = await team.tasks.list({
    status: ["claimed", "in_progress"],
    limit: MAX_RECORDS,
  });
  const own = held.filter(({ claimed_by }) => claimed_by === holder);
  return own.length > 0 ? own : held;
}

/** Those in the wanted states; else the open ones and, as far as there is room, the others. */
async function chains(team: Team, { prefix, among }: Lookup): Promise<Candidate[]> {
  const status = among && ChainStatus.options.filter((each) => among.includes(each));
  const after = ChainId.safeParse(idBefore("chain", prefix)).data;
  const [open, found, pushed] = await Promise.all([
    among === undefined ? team.chains.open() : [],
    team.chains.list({ status, after, limit: MAX_RECORDS }),
    among === undefined ? tasks(team, { kind: "task", prefix: "", before: "", among }) : [],
  ]);
  const words = new Map([...open, ...found].map((each) => [each.id, each]));
  const recorded = [...words.values()].map(({ id, status, title }) => ({
    word: id,
    about: `${status}: ${title}`,
  }));
  // Chains of tasks that somebody pushed have no record.
  const loose = new Map(pushed.map(({ chain_id, title }) => [chain_id, title]));
  return [
    ...recorded,
    ...[...loose].flatMap(([word, about]) =>
      word === null || words.has(word) ? [] : [{ word, about }]
    ),
  ];
}

async function requirements(team: Team, { prefix, among }: Lookup): Promise<Candidate[]> {
  const status = among && RequirementStatus.options.filter((each) => among.includes(each));
  const after = RequirementId.safeParse(idBefore("req", prefix)).data;
  const [open, found] = await Promise.all([
    among === undefined ? team.requirements.open() : [],
    team.requirements.list({ status, after, limit: MAX_RECORDS }),
  ]);
  const all = new Map([...open, ...found].map((each) => [each.id, each]));
  return [...all.values()].map(({ id, status, content }) => ({
    word: id,
    about: `${status}: ${content}`,
  }));
}

/** Names; the id of a member where its name is not its alone, or an id is being typed. */
async function names(team: Team, { prefix }: Lookup): Promise<Candidate[]> {
  const members = await team.members.list();
  return members.map(({ id, name, role, status }) => {
    const isShared = members.some((other) => other.name === name && other.id !== id);
    const isTyped = prefix !== "" && !name.startsWith(prefix) && id.startsWith(prefix);
    return isShared || isTyped
      ? { word: id, about: `${name}, ${role}, ${status}` }
      : { word: name, about: `${role}, ${status}` };
  });
}

/** Who acts here; undefined where nobody does, or one of several. */
function me(config: Config) {
  try {
    return resolveIdentity(config)?.id;
  } catch {
    return undefined;
  }
}

/** Digits of an id, and how many of them may be left to choose from. */
const DIGITS = 10;
const LEFT = 2;

/** The id before the first that a prefix may become; undefined while too many are left. */
function idBefore(kind: string, prefix: string): string | undefined {
  const digits = new RegExp(`^${kind}-(\\d{${DIGITS - LEFT},${DIGITS}})$`).exec(prefix)?.[1];
  if (digits === undefined) return undefined;
  const first = Number(digits.padEnd(DIGITS, "0"));
  return `${kind}-${String(Math.max(0, first - 1)).padStart(DIGITS, "0")}`;
}
