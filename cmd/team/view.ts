import type { ListedMember } from "../../src/coordination/liveness.ts";
import type { Column } from "../cli/grid.ts";

/** A member as it is printed: without what only its writers need. */
export type MemberView = Omit<ListedMember, "nonce">;

export function memberView(member: ListedMember): MemberView {
  const { nonce: _nonce, ...shown } = member;
  return shown;
}

const SYMBOLS = { idle: "…", busy: "●" } as const;

export const MEMBER_COLUMNS: readonly Column<MemberView>[] = [
  { title: "NAME", cell: ({ name }) => name, min: 8 },
  { title: "ROLE", cell: ({ role }) => role === "leader" ? `★ ${role}` : role, min: 8 },
  {
    title: "STATUS",
    cell: ({ status, liveness }) =>
      liveness === "expired" ? "✗ expired" : `${SYMBOLS[status]} ${status}`,
    min: 9,
    style: ({ status, liveness }) =>
      liveness === "expired" ? "yellow" : status === "busy" ? "blue" : undefined,
  },
  {
    title: "WORKS ON",
    cell: ({ current_task_id, current_work }) => current_task_id ?? current_work ?? "-",
    min: 8,
  },
  { title: "KIND", cell: ({ kind }) => kind, min: 6 },
  { title: "HOST", cell: ({ host }) => host || "-", min: 6 },
  { title: "ID", cell: ({ id }) => id, min: 8 },
];
