import type { JournalEvent } from "../domain/event.ts";
import { shortId } from "../monitor/task_rows.ts";

/**
 * An event as a sentence for people; texts of others are in it as they are. `nameOf` says what somebody
 * is called.
 */
export function eventWords(event: JournalEvent, nameOf: (id: string) => string): string {
  const who = event.by_name || event.by || "Somebody";
  const task = taskWords(event);
  const why = event.reason === null || event.reason === "" ? "" : `: ${event.reason}`;
  const name = event.title ?? (event.chain_id === null ? "" : shortId(event.chain_id));
  const { data } = event;
  switch (event.type) {
    case "tasks_pushed":
      return pushedWords(event, who);
    case "task_claimed":
      return `${who} takes ${task}`;
    case "task_started":
      return `${who} begins ${task}`;
    case "task_completed":
      return `${who} completed ${task}`;
    case "task_blocked":
      return `${task} is blocked${why}`;
    case "task_unblocked":
      return `${who} unblocked ${task}`;
    case "task_failed":
      return event.to === "pending" ? `${task} is tried again${why}` : `${task} failed${why}`;
    case "task_retried":
      return `${who} queued ${task} again`;
    case "task_released":
      return `${who} gave back ${task}${why}`;
    case "task_cancelled":
      return `${task} is cancelled${why}`;
    case "task_recovered":
      return `${task} was taken back${why}`;
    case "task_woken":
      return `${task} waits for one less`;
    case "task_due":
      return `${task} is due`;
    case "task_late_report":
      return `${who} reports too late on ${task}`;
    case "task_billed":
      return `${who} bills the rest of a run of ${task}`;
    case "member_joined":
      return `${who} joined${roleWords(data)}`;
    case "member_left":
      return `${who} left${why}`;
    case "member_lost":
      return `${who} is gone${why}`;
    case "message_sent":
      return `${who} writes to ${receiverWords(data, nameOf)}`;
    case "message_dead":
      return `A message to ${who} is given up${why}`;
    case "context_set":
      return `${who} set ${textOf(data, "key") ?? "a value"}`;
    case "context_deleted":
      return `${who} deleted ${textOf(data, "key") ?? "a value"}`;
    case "fleet_paused":
      return `The team is paused${why}`;
    case "fleet_resumed":
      return `${who} ended the pause`;
    case "task_activated":
      return `${task} may begin`;
    case "task_passed":
      return `${task} passed${why}`;
    case "task_reopened":
      return `${task} is done again${why}`;
    case "task_refused":
      return `${task} is refused${why}`;
    case "task_reassigned":
      return `${task} is for others now${why}`;
    case "leader_elected":
      return `${who} leads`;
    case "leader_left":
      return `${who} leads no more${why}`;
    case "requirement_submitted":
      return `${who} asks for ${event.title ?? "something"}`;
    case "requirement_planned":
      return `${requirementWords(event)} becomes ${countOf(data)}`;
    case "requirement_completed":
      return `${requirementWords(event)} is done`;
    case "requirement_failed":
      return `${requirementWords(event)} failed${why}`;
    case "requirement_cancelled":
      return `${requirementWords(event)} is cancelled${why}`;
    case "chain_opened":
      return `Chain "${name}" begins`;
    case "chain_round":
      return `Chain "${name}" goes into round ${nextOf(data, "round")}${why}`;
    case "chain_waiting":
      return `Chain "${name}" asks everybody${why}`;
    case "chain_completed":
      return `Chain "${name}" is accepted`;
    case "chain_failed":
      return `Chain "${name}" failed${why}`;
    case "chain_cancelled":
      return `Chain "${name}" is cancelled${why}`;
    case "question_billed":
      return `${who} bills what it asks about`;
    case "decision_stored":
      return `${who} decides: ${textOf(data, "decision") ?? "nothing"} on ${task}${why}`;
    case "answer_refused":
      return `An answer was refused${why}`;
    case "hook_ran":
      return `Hook ${textOf(data, "point") ?? ""} of ${who} ran${why}`;
  }
}

function taskWords({ task_id, title }: JournalEvent): string {
  const id = task_id === null ? "a task" : shortId(task_id);
  return title === null || title === "" ? id : `${id} ${title}`;
}

function pushedWords({ task_ids = [], title }: JournalEvent, who: string): string {
  const [first] = task_ids;
  if (task_ids.length === 1 && first !== undefined) {
    return `${who} pushed ${shortId(first)} ${title ?? ""}`;
  }
  return `${who} pushed ${task_ids.length} tasks: ${title ?? ""} …`;
}

function requirementWords({ requirement_id, title }: JournalEvent): string {
  if (title !== null && title !== "") return `"${title}"`;
  return requirement_id ? `Requirement ${shortId(requirement_id)}` : "A requirement";
}

type Data = JournalEvent["data"];

function textOf(data: Data, key: string): string | null {
  const value = data?.[key];
  return typeof value === "string" ? value : null;
}

/** The number after one that is over. */
function nextOf(data: Data, key: string): string {
  const value = data?.[key];
  return typeof value === "number" ? String(value + 1) : "?";
}

function countOf(data: Data): string {
  const chains = data?.["chains"];
  return chains === 1 ? "one chain" : typeof chains === "number" ? `${chains} chains` : "chains";
}

function roleWords(data: Data): string {
  const role = textOf(data, "role");
  return role === null ? "" : ` as ${role}`;
}

function receiverWords(data: Data, nameOf: (id: string) => string): string {
  const to = data?.["to"];
  if (!Array.isArray(to)) return "somebody";
  return to.length === 1 ? nameOf(String(to[0])) : `${to.length} members`;
}
