import { type Chain, isClosed } from "../domain/chain.ts";
import { addSpent } from "../domain/spent.ts";
import { isHandedIn } from "../domain/standing.ts";
import type { Task } from "../domain/task.ts";
import {
  type Board,
  type ChainRow,
  kept,
  type LinkRow,
  type LinkState,
  MAX_CLOSED_CHAINS,
  msOf,
} from "./board.ts";

/** The row of a chain, of its record and the tasks of its links. */
export function chainRow(chain: Chain, tasks: readonly Task[]): ChainRow {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  return {
    id: chain.id,
    title: kept(chain.title),
    status: chain.status,
    links: chain.links.flatMap(({ link, task_id }) => {
      const task = byId.get(task_id);
      return task === undefined ? [] : [linkRow(link, task)];
    }),
    at: chain.at,
    round: chain.round,
    maxRounds: chain.max_rounds + 1,
    lastRound: chain.rounds.at(-1) ?? null,
    question: chain.help === null ? null : kept(chain.help.question),
    reason: chain.reason === null ? null : kept(chain.reason),
    since: msOf(chain.created_at),
    closedAt: chain.closed_at === null ? null : msOf(chain.closed_at),
    spent: addSpent(chain.spent, ...tasks.map(({ spent }) => spent)),
    budgetUsd: chain.budget_usd,
    budgetTokens: chain.budget_tokens,
  };
}

function linkRow(link: LinkRow["link"], task: Task): LinkRow {
  const { claim } = task;
  return {
    link,
    taskId: task.id,
    state: stateOf(task),
    who: claim?.owner_name ?? task.completed_by_name ?? "",
    since: msOf(claim?.claimed_at ?? task.history.at(-1)?.time ?? task.updated_at),
  };
}

function stateOf(task: Task): LinkState {
  if (isHandedIn(task)) return "judging";
  switch (task.status) {
    case "pending":
      return task.waiting_on.length > 0 ? "waiting" : "ready";
    case "claimed":
    case "in_progress":
      return "working";
    case "completed":
      return "done";
    case "blocked":
    case "failed":
      return "failed";
    case "cancelled":
      return "dropped";
  }
}

/** The board with a chain as it is now: in the place it had, or behind those at work. */
export function applyChain(board: Board, row: ChainRow): Board {
  const others = board.chains.filter(({ id }) => id !== row.id);
  const open = [...others.filter((chain) => !isClosed(chain)), ...isClosed(row) ? [] : [row]];
  const closed = [...others.filter(isClosed), ...isClosed(row) ? [row] : []];
  return {
    ...board,
    chains: [
      ...open.sort((a, b) => a.id < b.id ? -1 : 1),
      ...closed.sort((a, b) => (b.closedAt ?? 0) - (a.closedAt ?? 0)).slice(0, MAX_CLOSED_CHAINS),
    ],
  };
}
