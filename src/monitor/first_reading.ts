import type { ListedMember } from "../coordination/liveness.ts";
import type { Team } from "../coordination/team.ts";
import type { TaskId } from "../domain/ids.ts";
import type { TaskStatus } from "../domain/task.ts";
import {
  applyCounts,
  applyHistory,
  applyLeader,
  applyMembers,
  applyPause,
  applyRequirements,
} from "./apply.ts";
import { type Board, type ChainRow, MAX_EVENTS, MAX_ROWS, type TaskRow } from "./board.ts";
import { applyChain, chainRow } from "./chain_row.ts";
import { TaskCensus } from "./task_census.ts";
import { rowOf, withState } from "./task_rows.ts";

/** The parts of a team that are looked at. */
export interface WatchedTeam {
  readonly tree: Team["tree"];
  readonly overview: Pick<Team["overview"], "idsByStatus" | "upcoming" | "read">;
  readonly members: Pick<Team["members"], "follow">;
  readonly journal: Pick<Team["journal"], "head" | "read" | "follow">;
  readonly chains: Pick<Team["chains"], "get" | "open">;
  readonly requirements: Pick<Team["requirements"], "open">;
  readonly spent: Pick<Team["spent"], "reading">;
  readonly pause: Pick<Team["pause"], "current" | "watch">;
  readonly leaderRecord: Team["leaderRecord"];
}

/** Chains whose links are read at once. */
const BATCH = 20;

/**
 * The board as read: counts from the index, rows by their records, as many as are kept. The journal's
 * events after a head that was taken before have to be applied to it. Throws `ZooKeeperError`.
 */
export async function readBoard(
  team: WatchedTeam,
  empty: Board,
  members: readonly ListedMember[],
): Promise<{ board: Board; census: TaskCensus }> {
  const [ids, pending, leader, pause, requirements, chains, events] = await Promise.all([
    team.overview.idsByStatus(),
    readQueue(team),
    team.leaderRecord(),
    team.pause.current(),
    team.requirements.open(),
    readChains(team),
    team.journal.read({ limit: MAX_EVENTS }),
  ]);
  const census = new TaskCensus(ids);
  let board = applyCounts(applyMembers(empty, members), census.counts);
  const lists = await Promise.all(READ.map((status) => readState(team, ids, status)));
  const rows = READ.reduce(
    (all, status, at) => withState(all, status, lists[at] ?? []),
    withState(board.tasks.rows, "pending", pending),
  );
  board = { ...board, tasks: { ...board.tasks, rows } };
  board = applyRequirements(applyPause(applyLeader(board, leader), pause), requirements);
  return { board: applyHistory(chains.reduce(applyChain, board), events), census };
}

/** All states but pending, which is read in the order of the queue. */
const READ = ["claimed", "in_progress", "blocked", "failed", "completed", "cancelled"] as const;

async function readState(
  team: WatchedTeam,
  ids: Readonly<Record<TaskStatus, readonly TaskId[]>>,
  status: TaskStatus,
): Promise<TaskRow[]> {
  const tasks = await team.overview.read(ids[status].slice(-MAX_ROWS[status]));
  return tasks.filter((task) => task.status === status).map(rowOf)
    .sort((a, b) => b.since - a.since);
}

/** Rows of what will be taken next. */
export async function readQueue(team: WatchedTeam): Promise<TaskRow[]> {
  return (await team.overview.upcoming(MAX_ROWS.pending)).map(rowOf);
}

/** Rows of all chains at work. */
export async function readChains(team: WatchedTeam): Promise<ChainRow[]> {
  const open = await team.chains.open();
  const rows: ChainRow[] = [];
  for (let at = 0; at < open.length; at += BATCH) {
    const batch = open.slice(at, at + BATCH);
    rows.push(
      ...await Promise.all(batch.map(async (chain) => {
        const ids = chain.links.map(({ task_id }) => task_id);
        return chainRow(chain, await team.overview.read(ids));
      })),
    );
  }
  return rows;
}
