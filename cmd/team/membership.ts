import { memberNamed, rememberIdentity, resolveIdentity } from "../../src/config/identity.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import type { InstanceId } from "../../src/domain/ids.ts";
import { DEFAULT_ROLE, type Member } from "../../src/domain/member.ts";
import { ROLE } from "../../src/domain/patterns.ts";
import type { Role } from "../../src/domain/task.ts";
import type { Deps } from "../cli/command.ts";
import { quote } from "../cli/parse.ts";
import { instanceId } from "../ids.ts";

/** Longest name of a member, in characters. */
const MAX_NAME = 128;

/** Who somebody that registers is going to be. */
export interface Membership {
  readonly id: InstanceId;
  readonly name: string;
  readonly role: Role;
}

/**
 * Name and role from the options, else from the configuration; the id under which that name was
 * registered from here before, else a new one. With `byName` it does not matter as whom the terminal
 * acts. Throws USAGE without a name, INVALID_INPUT.
 */
export async function resolveMembership(
  deps: Deps,
  options: {
    readonly name: string | undefined;
    readonly role: string | undefined;
    readonly byName?: boolean | undefined;
  },
): Promise<Membership> {
  const config = await deps.config();
  const name = (options.name ?? config.value("name"))?.trim();
  if (!name) {
    throw new OrchestratorError("USAGE", "No name is given", {
      hint: 'Use --name, or run "claude-orchestrator setup --name <name>" first',
    });
  }
  if (name.length > MAX_NAME) {
    throw new OrchestratorError("INVALID_INPUT", `A name has at most ${MAX_NAME} characters`);
  }
  const role = options.role ?? config.value("role") ?? DEFAULT_ROLE;
  if (!ROLE.regex.test(role)) {
    throw new OrchestratorError("INVALID_INPUT", `${quote(role)} is no role: it ${ROLE.problem}`);
  }
  const known = options.byName ? memberNamed(config, name) : resolveIdentity(config, name);
  const id = known === null ? instanceId((await deps.random()).id()) : instanceId(known.id);
  return { id, name, role };
}

/** Keeps the member's id in the project's configuration, for the commands that follow. */
export async function remember(deps: Deps, member: Pick<Member, "id" | "name">): Promise<void> {
  const [files, clock, random, config] = await Promise.all([
    deps.files(),
    deps.clock(),
    deps.random(),
    deps.config(),
  ]);
  await rememberIdentity({ files, clock, random }, config, member);
}
