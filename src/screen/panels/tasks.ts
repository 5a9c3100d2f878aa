import type { TaskRow } from "../../monitor/board.ts";
import { shortId } from "../../monitor/task_rows.ts";
import type { TaskStatus } from "../../domain/task.ts";
import { compact } from "../amounts.ts";
import { cut, fitted, type Line, lineWidth, span, type Style, widthOf } from "../cells.ts";
import type { Signs } from "../looks.ts";
import { heading, joined, type Panel, type Scene } from "../panel.ts";

const AGE = 6;
/** Columns from which a reason has room beside a title. */
const WIDE = 56;

/** States as the board tells them apart: somebody has claimed, or has begun, is one. */
const COLUMNS = ["pending", "in_progress", "blocked", "failed", "completed"] as const;
type Column = (typeof COLUMNS)[number];

interface Kind {
  readonly sign: keyof Signs;
  readonly style: Style;
  readonly words: readonly [long: string, short: string];
}

const KINDS: Readonly<Record<Column, Kind>> = {
  pending: { sign: "waiting", style: "warning", words: ["pending", "pending"] },
  in_progress: { sign: "running", style: "running", words: ["in progress", "active"] },
  blocked: { sign: "attention", style: "alert", words: ["blocked", "blocked"] },
  failed: { sign: "failed", style: "alert", words: ["failed", "failed"] },
  completed: { sign: "done", style: "done", words: ["done", "done"] },
};

/** Who gets a row first, and in which order rows stand; who works is told by the team's panel. */
const TURNS: readonly Column[] = ["failed", "blocked", "in_progress", "pending", "completed"];

/** Counts of all tasks, always; and of each state as many rows as there is room for. */
export function tasksPanel(scene: Scene): Panel {
  const rows = rowsOf(scene);
  const total = TURNS.reduce((sum, column) => sum + rows[column].length, 0);
  const head = headLines(scene);
  return {
    least: head.length,
    most: head.length + total,
    weight: 2,
    draw(room) {
      const shown = pick(rows, room - head.length);
      return [...head, ...shown.map((row) => line(scene, shown, row))].slice(0, room);
    },
  };
}

function rowsOf({ board: { tasks } }: Scene): Record<Column, readonly TaskRow[]> {
  const { pending, claimed, in_progress, blocked, failed, completed } = tasks.rows;
  const held = [...in_progress, ...claimed].toSorted((a, b) => b.since - a.since);
  return { pending, in_progress: held, blocked, failed, completed };
}

/** Rows for each state in turn, until there is no more room; then by state. */
function pick(rows: Record<Column, readonly TaskRow[]>, room: number): TaskRow[] {
  const taken = { pending: 0, in_progress: 0, blocked: 0, failed: 0, completed: 0 };
  let left = room;
  for (let given = -1; given !== left && left > 0;) {
    given = left;
    for (const column of TURNS) {
      if (left > 0 && taken[column] < rows[column].length) {
        taken[column]++;
        left--;
      }
    }
  }
  return TURNS.flatMap((column) => rows[column].slice(0, taken[column]));
}

/** Counts beside the title; where they do not fit, in one more line. */
function headLines(scene: Scene): Line[] {
  const short = counts(scene, { exact: false, word: 1 });
  const variants = [
    joined([...counts(scene, { exact: true, word: 0 }), ...cancelledCount(scene)]),
    joined(counts(scene, { exact: true, word: 0 })),
    joined(counts(scene, { exact: false, word: 0 })),
    joined(short),
  ];
  const room = scene.width - "Tasks".length - 5;
  if (lineWidth(joined(short)) <= room) return [heading(scene, "Tasks", variants)];
  return [
    heading(scene, "Tasks", [joined(short.slice(0, 2))]),
    [span(" "), ...joined(short.slice(2))],
  ];
}

function counts(
  { board: { tasks }, signs }: Scene,
  { exact, word }: { readonly exact: boolean; readonly word: 0 | 1 },
): Line[] {
  const { counts } = tasks;
  const all: Record<Column, number> = {
    ...counts,
    in_progress: counts.claimed + counts.in_progress,
  };
  return COLUMNS.map((column) => {
    const { sign, style, words } = KINDS[column];
    const isNone = all[column] === 0;
    const number = exact ? String(all[column]) : compact(all[column]);
    return [
      span(`${signs[sign]} `, isNone ? "faint" : style),
      span(number, isNone ? "faint" : "strong"),
      span(` ${words[word]}`, isNone ? "faint" : "plain"),
    ];
  });
}

/** Tasks that were given up are counted where there is room, and are some. */
function cancelledCount({ board: { tasks: { counts: { cancelled } } }, signs }: Scene): Line[] {
  if (cancelled === 0) return [];
  return [[span(`${signs.dropped} `, "faint"), span(`${cancelled} cancelled`, "faint")]];
}

function columnOf(status: TaskStatus): Column {
  if (status === "claimed") return "in_progress";
  return status === "cancelled" ? "completed" : status;
}

function line(scene: Scene, shown: readonly TaskRow[], task: TaskRow): Line {
  const { signs, ages, width } = scene;
  const column = columnOf(task.status);
  const { sign, style } = KINDS[column];
  const idWidth = Math.max(...shown.map(({ id }) => shortId(id).length));
  const age = column === "in_progress" ? ages.exact(task.since) : ages.rough(task.since);
  const room = width - idWidth - AGE - 5;
  const titles = shown.map((each) => widthOf(cut(titleOf(each), room)));
  const titleRoom = width < WIDE ? room : Math.min(Math.floor(room * 0.6), Math.max(...titles));
  const aboutRoom = Math.max(0, room - titleRoom - 2);
  return [
    span(` ${signs[sign]} `, style),
    span(fitted(shortId(task.id), idWidth), "faint"),
    span(` ${fitted(titleOf(task), titleRoom, signs)}`, column === "completed" ? "faint" : "plain"),
    span(width < WIDE ? "" : `  ${fitted(aboutOf(task, column), aboutRoom, signs)}`, ABOUT[column]),
    span(fitted(age, AGE + 1, { align: "right" }), "faint"),
  ];
}

function titleOf({ title, link }: TaskRow): string {
  return link === null ? title : `${link}: ${title}`;
}

const ABOUT: Readonly<Record<Column, Style>> = {
  pending: "faint",
  in_progress: "plain",
  blocked: "warning",
  failed: "warning",
  completed: "faint",
};

/** Who has it or did it, who may take it, or what is wrong. */
function aboutOf(task: TaskRow, column: Column): string {
  const { byName, by, reason, isFor } = task;
  switch (column) {
    case "pending":
      return reason ?? (isFor === "" ? "" : `for ${isFor}`);
    case "blocked":
    case "failed":
      return reason ?? "";
    default:
      return byName || by;
  }
}
