import type { ListedMember } from "../coordination/liveness.ts";
import type { JournalEvent } from "../domain/event.ts";
import type { LeaderRecord } from "../domain/leader.ts";
import type { FleetPause } from "../domain/pause.ts";
import type { Requirement } from "../domain/requirement.ts";
import type { TaskStatus } from "../domain/task.ts";
import type { SessionState } from "../zookeeper/zookeeper.ts";
import { type Board, kept, MAX_EVENTS, type MemberRow, msOf } from "./board.ts";
import { applyTaskEvent } from "./task_rows.ts";

// What each thing that is heard of the team makes of a board.

/**
 * The board after an event of the journal: the log grows, rows follow. May be told an event twice, and
 * events that what was read contains already: each says what is, not what changes. Counts and chains are
 * not touched; see `TaskCensus` and `applyChain`.
 */
export function applyEvent(board: Board, event: JournalEvent): Board {
  const rows = applyTaskEvent(board.tasks.rows, event);
  return {
    ...board,
    tasks: rows === board.tasks.rows ? board.tasks : { ...board.tasks, rows },
    members: withAct(board.members, event),
    events: withEvent(board.events, event),
  };
}

/** The board with what happened before anybody looked: it is told, and has been read already. */
export function applyHistory(board: Board, events: readonly JournalEvent[]): Board {
  const members = events.reduce(withAct, board.members);
  return { ...board, members, events: events.reduce(withEvent, board.events) };
}

function withEvent(events: readonly JournalEvent[], event: JournalEvent): readonly JournalEvent[] {
  const last = events.at(-1);
  if (last !== undefined && event.id <= last.id) return events;
  return [...events.slice(-(MAX_EVENTS - 1)), event];
}

function withAct(members: readonly MemberRow[], event: JournalEvent): readonly MemberRow[] {
  const at = members.findIndex(({ id }) => id === event.by);
  const member = members[at];
  const time = msOf(event.time);
  if (member === undefined || (member.lastAct ?? 0) >= time) return members;
  return members.with(at, { ...member, lastAct: time });
}

/** The board with these members. */
export function applyMembers(board: Board, members: readonly ListedMember[]): Board {
  const acts = new Map(board.members.map(({ id, lastAct }) => [id, lastAct]));
  const rows = members.map((member) => memberRow(member, acts.get(member.id) ?? null));
  return { ...board, members: sorted(rows) };
}

function memberRow(member: ListedMember, lastAct: number | null): MemberRow {
  const { connected_since, ...rest } = member;
  return { ...rest, since: msOf(connected_since), lastAct };
}

function sorted(members: MemberRow[]): MemberRow[] {
  return members.sort((a, b) =>
    a.name !== b.name ? (a.name < b.name ? -1 : 1) : a.id < b.id ? -1 : 1
  );
}

/** The board after the session with ZooKeeper came into a state. */
export function applySession(board: Board, state: SessionState, now: number): Board {
  if (board.zookeeper.state === state) return board;
  // Lost is lost, whether the session may still live or not: what counts is since when.
  const wasLost = board.zookeeper.state !== "connected";
  const since = wasLost && state !== "connected" ? board.zookeeper.since : now;
  return { ...board, zookeeper: { ...board.zookeeper, state, since } };
}

export function applyLeader(board: Board, record: LeaderRecord | null): Board {
  if (record === null) return { ...board, leader: null };
  const { instance_id: id, name, epoch } = record;
  return { ...board, leader: { id, name: kept(name), epoch, since: msOf(record.started_at) } };
}

export function applyPause(board: Board, pause: FleetPause | null): Board {
  return {
    ...board,
    pause: pause === null ? null : { until: msOf(pause.until), reason: kept(pause.reason) },
  };
}

/** The board with those of the requirements that are not chains yet. */
export function applyRequirements(board: Board, requirements: readonly Requirement[]): Board {
  const rows = requirements.filter(({ status }) => status === "submitted" || status === "planned")
    .map(({ id, content, status, created_at }) => ({
      id,
      title: kept(content),
      status,
      since: msOf(created_at),
    }));
  return { ...board, requirements: rows };
}

export function applyCounts(board: Board, counts: Readonly<Record<TaskStatus, number>>): Board {
  return { ...board, tasks: { ...board.tasks, counts } };
}
