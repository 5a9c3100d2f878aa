import type { Member } from "../../src/domain/member.ts";
import { defineCommand, type Deps } from "../cli/command.ts";
import { KNOWN_ROLES } from "../known.ts";
import { MEMBER_COLUMNS, memberView } from "./view.ts";

/** Lists members; with --watch it goes on with who comes, changes and leaves. */
export default defineCommand({
  description:
    "Attached members are there as long as their process; leased ones as long as their lease. With " +
    "--watch the list comes as JSON lines of type member_present, then one line a change.",
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
    const wanted = ({ role }: Member) => options.role.length === 0 || options.role.includes(role);
    if (options.watch) return await follow(deps, wanted);
    const present = (await members.list()).filter(wanted);
    await deps.out.list(present.map(memberView), MEMBER_COLUMNS);
  },
});

type ChangeType = "member_present" | "member_joined" | "member_changed" | "member_left";

async function follow(deps: Deps, wanted: (member: Member) => boolean): Promise<void> {
  const { members } = await deps.team();
  let known: ReadonlyMap<string, Member> | undefined;
  for await (const list of members.watch(deps.signal)) {
    const now = new Map(list.filter(wanted).map((member) => [member.id as string, member]));
    for (const [type, member] of changesBetween(known, now)) await print(deps, type, member);
    known = now;
  }
  deps.signal.throwIfAborted();
}

function changesBetween(
  before: ReadonlyMap<string, Member> | undefined,
  after: ReadonlyMap<string, Member>,
): [ChangeType, Member][] {
  const left = [...before?.values() ?? []].filter(({ id }) => !after.has(id));
  const here = [...after.values()].flatMap((member): [ChangeType, Member][] => {
    const earlier = before?.get(member.id);
    if (before === undefined) return [["member_present", member]];
    if (earlier === undefined) return [["member_joined", member]];
    return isSame(earlier, member) ? [] : [["member_changed", member]];
  });
  return [...left.map((member): [ChangeType, Member] => ["member_left", member]), ...here];
}

/** Whether nothing changed but the lease: a renewal is no news. */
function isSame(before: Member, after: Member): boolean {
  const shown = (member: Member) => JSON.stringify({ ...member, lease_expires_at: null });
  return shown(before) === shown(after);
}

async function print(deps: Deps, type: ChangeType, member: Member): Promise<void> {
  const time = new Date((await deps.clock()).now()).toISOString();
  const line = { v: 1, type, time, member: memberView(member) } as const;
  await deps.out.event(line, `${time}  ${type}  ${member.name}  ${member.role}  ${member.status}`);
}
