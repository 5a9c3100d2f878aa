import type { Chain } from "../../src/domain/chain.ts";
import type { Requirement } from "../../src/domain/requirement.ts";
import { addSpent, type Spent } from "../../src/domain/spent.ts";
import type { Task } from "../../src/domain/task.ts";
import type { Style } from "../cli/colours.ts";
import type { Column } from "../cli/grid.ts";

/** A chain as it is printed: the record without what only its writers need. */
export type ChainView = Omit<Chain, "nonce">;

export function chainView(chain: Chain): ChainView {
  const { nonce: _nonce, ...shown } = chain;
  return shown;
}

/** A requirement as it is printed. */
export type RequirementView = Omit<Requirement, "nonce">;

export function requirementView(requirement: Requirement): RequirementView {
  const { nonce: _nonce, ...shown } = requirement;
  return shown;
}

/** A requirement in a list: `requirement-show` has its plan. */
export type RequirementRow = Omit<RequirementView, "plan">;

export function requirementRow(requirement: Requirement): RequirementRow {
  const { plan: _plan, ...shown } = requirementView(requirement);
  return shown;
}

/** A link of a chain in short: `task-show` has all of it. */
export function linkView(task: Task) {
  const { id, link, status, judgement, reports, title, role, assigned_to_name } = task;
  const { claimed_by, completed_by_name, retry_count, waiting_on, guidance, spent } = task;
  const who = { role, assigned_to_name, claimed_by, completed_by_name };
  const state = { status, judgement, reports, retry_count, waiting_on, guidance, spent };
  return { task_id: id, link, title, ...who, ...state };
}

/** What a chain has cost: its decisions, and the runs of its links. */
export function totalOf(chain: Chain, tasks: readonly Task[]): Spent {
  return addSpent(chain.spent, ...tasks.map(({ spent }) => spent));
}

const SYMBOLS: Readonly<Record<string, string>> = {
  submitted: "…",
  planned: "◐",
  open: "●",
  waiting: "■",
  completed: "✓",
  failed: "✗",
  cancelled: "–",
};

const STYLES: Readonly<Record<string, Style | undefined>> = {
  open: "blue",
  waiting: "yellow",
  failed: "yellow",
  completed: "dim",
  cancelled: "dim",
};

function statusColumn<T extends { readonly status: string }>(): Column<T> {
  return {
    title: "STATUS",
    cell: ({ status }) => `${SYMBOLS[status] ?? " "} ${status}`,
    min: 11,
    style: ({ status }) => STYLES[status],
  };
}

export const CHAIN_COLUMNS: readonly Column<ChainView>[] = [
  { title: "ID", cell: ({ id }) => id, min: 16 },
  statusColumn(),
  { title: "AT", cell: ({ at }) => at, min: 6 },
  { title: "ROUND", cell: ({ round, max_rounds }) => `${round}/${max_rounds + 1}`, min: 5 },
  { title: "REQUIREMENT", cell: ({ requirement_id }) => requirement_id ?? "-", min: 14 },
  { title: "TITLE", cell: ({ title }) => title, min: 12 },
];

export const REQUIREMENT_COLUMNS: readonly Column<RequirementRow>[] = [
  { title: "ID", cell: ({ id }) => id, min: 14 },
  statusColumn(),
  { title: "CHAINS", cell: ({ chains }) => String(chains.length), min: 6 },
  {
    title: "FROM",
    cell: ({ from_name, from_instance }) => from_name || from_instance || "-",
    min: 8,
  },
  { title: "CONTENT", cell: ({ content }) => content, min: 12 },
];
