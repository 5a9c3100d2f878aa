import type { EventType, JournalEvent } from "../../domain/event.ts";
import { msOf } from "../../monitor/board.ts";
import { cut, type Line, span, type Style } from "../cells.ts";
import { eventWords } from "../event_words.ts";
import type { Signs } from "../looks.ts";
import { heading, type Panel, type Scene } from "../panel.ts";

/** Steps that say nothing to people: each belongs to another one that is shown. */
const QUIET: readonly EventType[] = [
  "task_started",
  "task_woken",
  "task_due",
  "task_activated",
  "task_billed",
  "question_billed",
];

/** A hook that ran as it should is no news either. */
function isQuiet({ type, reason }: JournalEvent): boolean {
  return QUIET.includes(type) || (type === "hook_ran" && reason === null);
}

/** What happened, the newest last. */
export function eventsPanel(scene: Scene): Panel {
  const events = scene.board.events.filter((event) => !isQuiet(event));
  return {
    least: 2,
    most: 1 + Math.max(1, events.length),
    weight: 2,
    draw(rows) {
      const shown = rows < 2 ? [] : events.slice(-(rows - 1));
      return [
        heading(scene, "Events", []),
        ...events.length === 0
          ? [[span("  Nothing has happened yet", "faint")]]
          : shown.map((event) => line(scene, event)),
      ].slice(0, rows);
    },
  };
}

function line({ board, looks, signs, width }: Scene, event: JournalEvent): Line {
  const nameOf = (id: string) => board.members.find((member) => member.id === id)?.name ?? id;
  const time = looks.timeOfDay(msOf(event.time));
  const [sign, style] = signOf(event);
  const lead = ` ${time}  `;
  const text = cut(eventWords(event, nameOf), width - lead.length - 2, signs.ellipsis);
  return [
    span(lead, "faint"),
    span(`${signs[sign]} `, style),
    span(text, style === "faint" ? "faint" : "plain"),
  ];
}

function signOf({ type, to }: JournalEvent): [sign: keyof Signs, Style] {
  switch (type) {
    case "task_claimed":
    case "chain_opened":
      return ["running", "running"];
    case "task_completed":
    case "task_passed":
    case "chain_completed":
    case "requirement_completed":
      return ["done", "done"];
    case "task_failed":
      return to === "pending" ? ["back", "warning"] : ["failed", "alert"];
    case "task_refused":
    case "chain_failed":
    case "requirement_failed":
    case "message_dead":
    case "answer_refused":
    case "hook_ran":
      return ["failed", "alert"];
    case "task_blocked":
    case "task_recovered":
    case "task_late_report":
    case "member_lost":
      return ["attention", "alert"];
    case "chain_round":
    case "task_reopened":
    case "task_retried":
      return ["back", "warning"];
    case "chain_waiting":
    case "fleet_paused":
      return ["waiting", "warning"];
    case "leader_elected":
      return ["leader", "running"];
    case "decision_stored":
      return ["judged", "warning"];
    default:
      return ["later", "faint"];
  }
}
