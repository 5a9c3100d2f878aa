import type { MemberRow, TaskRow } from "../../monitor/board.ts";
import { shortId } from "../../monitor/task_rows.ts";
import { called, fitted, type Line, span, type Style, widthOf } from "../cells.ts";
import type { Signs } from "../looks.ts";
import { heading, hint, joined, more, type Panel, type Scene } from "../panel.ts";

/** Columns of ages, and of signs of life. */
const AGE = 6;
const SEEN = 7;
const NAME = 18;
const ROLE = 9;
const HOST = 16;
/** Columns from which signs of life, the role, and the host have room beside the work. */
const WIDE = { seen: 50, role: 64, host: 110 } as const;

type Standing = "working" | "idle" | "leading" | "away";

interface Person {
  readonly member: MemberRow;
  readonly standing: Standing;
  readonly task: TaskRow | undefined;
}

/** Everybody, what they do and for how long, and when they were last heard of. */
export function teamPanel(scene: Scene): Panel {
  const people = peopleOf(scene);
  return {
    least: people.length === 0 ? 2 : 1 + Math.min(2, people.length),
    most: 1 + Math.max(1, people.length),
    weight: 4,
    draw(rows) {
      const shown = chosen(people, rows - 1);
      const nobody = hint(scene, "Nobody yet.", "claude-orchestrator register");
      return [
        heading(scene, "Team", summaries(scene, people, people.length - shown.length)),
        ...people.length === 0 ? [nobody] : shown.map((person) => line(scene, shown, person)),
      ].slice(0, rows);
    },
  };
}

function peopleOf({ board }: Scene): Person[] {
  const held = new Map(
    [...board.tasks.rows.claimed, ...board.tasks.rows.in_progress].map((task) => [task.by, task]),
  );
  return board.members.map((member) => {
    const task = held.get(member.id);
    if (member.liveness !== "online") return { member, standing: "away", task };
    const isWorking = member.status === "busy" || task !== undefined;
    const isLeader = member.id === board.leader?.id;
    return { member, standing: isWorking ? "working" : isLeader ? "leading" : "idle", task };
  });
}

/** All, by name; where there are too many, those at work come first. */
function chosen(people: readonly Person[], rows: number): Person[] {
  if (people.length <= rows) return [...people];
  const rank = { working: 0, leading: 1, away: 2, idle: 3 };
  return people.toSorted((a, b) => rank[a.standing] - rank[b.standing]).slice(0, Math.max(0, rows));
}

function summaries({ signs }: Scene, people: readonly Person[], hidden: number): Line[] {
  const count = (standing: Standing) => people.filter((each) => each.standing === standing).length;
  const [working, idle, away] = [count("working"), count("idle"), count("away")];
  const pieces: Line[] = [
    [span(signs.running, "running"), span(` ${working} at work`)],
    [span(signs.idle, "faint"), span(` ${idle} idle`)],
    ...away === 0 ? [] : [[span(signs.attention, "warning"), span(` ${away} away`)]],
  ];
  return [joined([...more(hidden), ...pieces]), joined(pieces), joined(pieces.slice(0, 1))];
}

const STYLES: Readonly<Record<Standing, Style>> = {
  working: "running",
  idle: "faint",
  leading: "running",
  away: "warning",
};

const SIGNS = {
  working: "running",
  idle: "idle",
  leading: "leader",
  away: "attention",
} as const satisfies Record<Standing, keyof Signs>;

function line(scene: Scene, shown: readonly Person[], person: Person): Line {
  const { signs, width } = scene;
  const { member, standing } = person;
  const isWorking = standing === "working";
  const names = shown.map(({ member: { name, id } }) => widthOf(called(name, id)));
  const nameWidth = Math.min(NAME, Math.max(6, ...names));
  const name = called(member.name, member.id);
  const role = width < WIDE.role ? "" : `  ${fitted(member.role, ROLE, signs)}`;
  const host = width < WIDE.host ? "" : `  ${fitted(member.host, HOST, signs)}`;
  const life = width < WIDE.seen ? "" : fitted(seen(scene, member), SEEN + 1, { align: "right" });
  const room = Math.max(0, width - 6 - AGE - nameWidth - widthOf(role + host + life));
  return [
    span(` ${signs[SIGNS[standing]]} `, STYLES[standing]),
    span(fitted(name, nameWidth, signs), standing === "away" ? "faint" : "plain"),
    span(role, "faint"),
    span("  "),
    span(fitted(work(scene, person), room, signs), isWorking ? "plain" : "faint"),
    span(host, "faint"),
    span(fitted(age(scene, person), AGE + 1, { align: "right" }), isWorking ? "plain" : "faint"),
    span(life, standing === "away" ? "warning" : "faint"),
  ];
}

/** How long at this work, or without any; nobody knows it of who is away. */
function age({ ages }: Scene, { member, standing, task }: Person): string {
  if (standing === "away") return "";
  const since = task?.since ?? member.lastAct ?? member.since;
  return standing === "working" ? ages.exact(since) : ages.rough(since);
}

function work({ width }: Scene, { member, standing, task }: Person): string {
  if (standing === "leading") return "leads";
  if (standing === "idle") return member.current_work ?? "idle";
  const what = task === undefined
    ? member.current_work ??
      (member.current_task_id === null ? "busy" : shortId(member.current_task_id))
    : `${width < WIDE.role ? "" : `${shortId(task.id)} `}${
      task.link === null ? "" : `${task.link}: `
    }${task.title || shortId(task.id)}`;
  if (standing === "working") return what;
  return task === undefined ? "away" : `away, holds ${what}`;
}

/** An attached member is there as long as its session is; a leased one was, when it last came. */
function seen({ ages }: Scene, { lease_ms, lease_expires_at }: MemberRow): string {
  if (lease_ms === null || lease_expires_at === null) return "live";
  const age = ages.rough(Date.parse(lease_expires_at) - lease_ms);
  return age === "now" ? "now" : `${age} ago`;
}
