import type { ListedMember } from "../../src/coordination/liveness.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import { KNOWN_ROLES } from "../../src/domain/words.ts";
import { MEMBER_COLUMNS, memberView } from "./view.ts";

/** Lists members; with --watch it goes on with who comes, changes and leaves. */
export default defineCommand({
  description:
    "Attached members are there as long as their process; leased ones as long as their lease. With " +
    "--watch it prints JSON lines: member_joined for each that is there, then one line a change.",
  options: {
    role: { type: "list", placeholder: "role", known: KNOWN_ROLES, help: "Only these roles" },
    watch: { type: "flag", help: "Then follow who comes, changes and leaves" },
  },
  examples: [
    { says: "Who is here", command: "claude-orchestrator list-instances --output table" },
    {
      says: "Idle builders",
      command: "claude-orchestrator list-instances --role builder | " +
        "jq -r '.[] | select(.status == \"idle\") | .name'",
    },
  ],
  output: {
    kind: "list",
    schema: async () => (await import("../schemas.ts")).MemberList,
    streamSchema: async () => (await import("../schemas.ts")).MemberEventOutput,
  },
  deadlineMs: null,
  run: async (deps, options) => {
    const { members } = await deps.team();
    const wanted = ({ role }: ListedMember) =>
      options.role.length === 0 || options.role.includes(role);
    if (options.watch) return await follow(deps, wanted);
    const present = (await members.list()).filter(wanted);
    await deps.out.list(present.map(memberView), MEMBER_COLUMNS);
  },
});

async function follow(deps: Deps, wanted: (member: ListedMember) => boolean): Promise<void> {
  const [{ members }, clock] = await Promise.all([deps.team(), deps.clock()]);
  for await (const { type, member } of members.watch(deps.signal)) {
    if (!wanted(member)) continue;
    const time = new Date(clock.now()).toISOString();
    const line = { v: 1, type: `member_${type}`, time, member: memberView(member) } as const;
    const { name, role, status, liveness } = member;
    await deps.out.event(line, `${time}  ${line.type}  ${name}  ${role}  ${status}  ${liveness}`);
  }
  deps.signal.throwIfAborted();
}
