import { OrchestratorError } from "../domain/errors.ts";
import type { InstanceId } from "../domain/ids.ts";
import type { ConfigDocument } from "./document.ts";
import { isObject, type JsonObject } from "./document.ts";
import type { Config } from "./load.ts";
import { type StoreEnvironment, updateConfig, withValue } from "./store.ts";

/** Who a command acts as, and where that was found. */
export interface Identity {
  readonly id: InstanceId;
  /** Name that the id was registered under from here; null where only the id is known. */
  readonly name: string | null;
  /** The flag, the variable, or the file. */
  readonly from: string;
}

function identity(id: string, name: string | null, from: string): Identity {
  return { id: id as InstanceId, name, from };
}

/** Names of a file's members with their ids; the file's own `name` and `instance_id` are one pair. */
function membersOf(document: ConfigDocument): [name: string | null, id: string][] {
  const members: [string | null, string][] = Object.entries(document.instances);
  const own = document.values["instance_id"];
  if (own !== undefined && !members.some(([, id]) => id === own)) {
    members.push([document.values["name"] ?? null, own]);
  }
  return members;
}

function documentsOf(config: Config): ConfigDocument[] {
  return [config.project, config.global].filter((document) => document !== null);
}

/** The member that was registered from here under a name, whoever the command acts as. */
export function memberNamed(config: Config, name: string): Identity | null {
  for (const document of documentsOf(config)) {
    const member = membersOf(document).find(([candidate]) => candidate === name);
    if (member !== undefined) return identity(member[1], name, document.path);
  }
  return null;
}

function ambiguous(document: ConfigDocument, members: [string | null, string][]) {
  const names = members.map(([name, id]) => name ?? id);
  return new OrchestratorError(
    "IDENTITY_MISSING",
    `Several members are registered here: ${names.join(", ")}`,
    {
      hint: `Say who you are: --instance-id ${names[0]}, or CLAUDE_ORCHESTRATOR_INSTANCE_ID`,
      details: { path: document.path, candidates: members.map(([name, id]) => ({ name, id })) },
    },
  );
}

/**
 * Who a command acts as; null where that is nobody yet.
 *
 * 1. `--instance-id`, then `CLAUDE_ORCHESTRATOR_INSTANCE_ID`: an id, or the name of a member that
 *    was registered from here.
 * 2. A name (given here, as `register --name` does, else the key `name`): the member of that name in
 *    the project's file, then in the global one. A name given here that nobody has is nobody.
 * 3. The only member of the project's file, then of the global one.
 *
 * Several members and no word on who is meant is IDENTITY_MISSING with the candidates: acting as
 * somebody else would take that member's claims.
 */
export function resolveIdentity(config: Config, name?: string): Identity | null {
  const origin = config.origin("instance_id");
  if (origin.source === "flag" || origin.source === "environment") {
    const given = config.value("instance_id") ?? "";
    const known = memberNamed(config, given);
    return identity(known?.id ?? given, known?.name ?? null, origin.from ?? origin.source);
  }
  if (name !== undefined) return memberNamed(config, name);
  const own = config.value("name");
  const mine = own === null ? null : memberNamed(config, own);
  if (mine !== null) return mine;
  for (const document of documentsOf(config)) {
    const members = membersOf(document);
    if (members.length > 1) throw ambiguous(document, members);
    const only = members[0];
    if (only !== undefined) return identity(only[1], only[0], document.path);
  }
  return null;
}

/** As `resolveIdentity`, for commands that only a member can make. Throws IDENTITY_MISSING. */
export function requireIdentity(config: Config): Identity {
  const found = resolveIdentity(config);
  if (found !== null) return found;
  throw new OrchestratorError("IDENTITY_MISSING", "This command needs to know who you are", {
    hint: "Run: claude-orchestrator register --name <name>, or pass --instance-id",
  });
}

/**
 * Keeps the id of a member that was registered from here in the project's file, under its name; the
 * first one also becomes the file's `instance_id`, where upstream keeps it.
 */
export function rememberIdentity(
  environment: StoreEnvironment,
  config: Config,
  member: { readonly id: InstanceId; readonly name: string },
): Promise<void> {
  return updateConfig(environment, config.paths.project, (json) => {
    const remembered = withValue(json, ["instances", member.name], member.id);
    return typeof json["instance_id"] === "string"
      ? remembered
      : withValue(remembered, ["instance_id"], member.id);
  });
}

function withoutInstance(json: JsonObject, id: InstanceId): JsonObject {
  const instances = isObject(json["instances"]) ? json["instances"] : {};
  const kept = Object.fromEntries(Object.entries(instances).filter(([, other]) => other !== id));
  const others = withValue(json, ["instances"], kept);
  return json["instance_id"] === id ? withValue(others, ["instance_id"], undefined) : others;
}

/** Forgets a member that has left, in every file that knows it. */
export async function forgetIdentity(
  environment: StoreEnvironment,
  config: Config,
  id: InstanceId,
): Promise<void> {
  for (const document of documentsOf(config)) {
    if (membersOf(document).every(([, known]) => known !== id)) continue;
    await updateConfig(environment, document.path, (json) => withoutInstance(json, id));
  }
}
