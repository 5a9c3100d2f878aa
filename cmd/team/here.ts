import type { Team } from "../../src/coordination/team.ts";
import { OrchestratorError } from "../../src/domain/errors.ts";
import { thisHost } from "./this_host.ts";

/** Throws MEMBER_NOT_FOUND where no process of this host is attached to the team. */
export async function requireMemberHere(team: Team): Promise<void> {
  const here = thisHost();
  const members = await team.members.list();
  if (members.some(({ kind, host }) => kind === "attached" && host === here)) return;
  throw new OrchestratorError("MEMBER_NOT_FOUND", `Nobody on "${here}" is attached to the team`, {
    hint: "The process has ended, or its session has: see what it printed",
    details: { host: here },
  });
}
