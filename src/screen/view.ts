import type { Board } from "../monitor/board.ts";
import { Ages } from "./ages.ts";
import { terminalText } from "../domain/terminal_text.ts";
import { cellsOf, cut, type Line, type Row, span, widthOf } from "./cells.ts";
import { layoutOf, MIN_SIZE, shares, type Size } from "./layout.ts";
import { type Looks, signsOf } from "./looks.ts";
import type { Panel, Scene } from "./panel.ts";
import { chainsPanel } from "./panels/chains.ts";
import { eventsPanel } from "./panels/events.ts";
import { footer, header, notices } from "./panels/header.ts";
import { tasksPanel } from "./panels/tasks.ts";
import { teamPanel } from "./panels/team.ts";

/** A line that somebody is typing. */
export interface Prompt {
  readonly text: string;
  /** Place of the cursor, in UTF-16 units of the text. */
  readonly cursor: number;
  /** What there is to say of what was entered before; it stands in the place of the line. */
  readonly note?: { readonly text: string; readonly isProblem: boolean } | undefined;
}

/** One picture of the screen. */
export interface Frame {
  /** As many as the terminal has, each as long as it is wide. */
  readonly rows: readonly Row[];
  /** ms, from the moment it was drawn for, until time alone changes it; Infinity: never. */
  readonly validMs: number;
  /** Where somebody types, from 0; null where nobody does. */
  readonly cursor: { readonly row: number; readonly column: number } | null;
}

/** The screen for a team, a terminal and a moment (ms since 1970). */
export function drawScreen(
  board: Board,
  size: Size,
  now: number,
  looks: Looks,
  prompt?: Prompt,
): Frame {
  const ages = new Ages(now);
  const { columns: width } = size;
  const canType = prompt !== undefined;
  const scene: Scene = { board, ages, looks, signs: signsOf(looks), width, canType };
  const top = [header(scene), ...notices(scene)];
  const typed = prompt === undefined ? null : promptLine(scene, prompt);
  const taken = top.length + (typed === null ? 0 : 1) + 1;
  const layout = layoutOf(size, taken);
  if (layout.isTooSmall) return tooSmall(size, looks);
  const row = (line: Line): Row => cellsOf(line, size.columns, looks.unicode);
  const rows = [
    ...top.map(row),
    ...panelRows(scene, layout),
    ...typed === null ? [] : [row(typed.line)],
    row(footer(scene)),
  ];
  const cursor = typed === null ? null : { row: size.rows - 2, column: typed.column };
  // `now` was rounded down for the ages; the rest of its second has passed already.
  return { rows, cursor, validMs: Math.max(1, ages.validMs - (now - ages.now)) };
}

function panelRows(scene: Scene, layout: ReturnType<typeof layoutOf>): Row[] {
  const columns = layout.widths.map((width, at) => {
    const inside: Scene = { ...scene, width };
    const makers = layout.widths.length === 1 ? [...LEFT, ...RIGHT] : at === 0 ? LEFT : RIGHT;
    return columnRows(
      makers.map((make) => make(inside)),
      layout,
      (line) => cellsOf(line, width, scene.looks.unicode),
    );
  });
  const gutter = cellsOf([], layout.gutter, true);
  return Array.from(
    { length: layout.rows },
    (_, at) =>
      columns.flatMap((rows, column) => [...column === 0 ? [] : gutter, ...rows[at] ?? []]),
  );
}

const LEFT = [teamPanel, chainsPanel];
const RIGHT = [tasksPanel, eventsPanel];

function columnRows(
  panels: readonly Panel[],
  { rows, gap }: { readonly rows: number; readonly gap: number },
  row: (line: Line) => Row,
): Row[] {
  const given = shares(panels, rows - gap * panels.length);
  const lines = panels.flatMap((panel, at) => [
    ...Array.from({ length: gap }, () => []),
    ...panel.draw(given[at] ?? 0),
  ]);
  return Array.from({ length: rows }, (_, at) => row(lines[at] ?? []));
}

/** What stands in a line in which nothing was typed yet. */
const PLACEHOLDER = "What is wanted? Enter submits it";

/** UTF-16 units that may stand in one column: more of a line is not looked at. */
const UNITS_PER_COLUMN = 16;

/** What is typed, from so far on that the cursor is in sight. */
function promptLine(
  { width, looks, signs }: Scene,
  { text, cursor, note }: Prompt,
): { line: Line; column: number } {
  const near = UNITS_PER_COLUMN * width;
  const inLine = (part: string) =>
    terminalText(part).replace(/\n/g, looks.unicode ? "↵" : " ").replace(/\s/g, " ");
  const mark = "> ";
  const aside = note?.text ?? (text === "" ? PLACEHOLDER : null);
  if (aside !== null) {
    const shown = cut(aside, width - mark.length, signs.ellipsis);
    const style = note?.isProblem === true ? "alert" : "faint";
    return { line: [span(mark, "strong"), span(shown, style)], column: mark.length };
  }
  let room = width - mark.length - 1;
  const before: string[] = [];
  const written = [
    ...new Intl.Segmenter().segment(inLine(text.slice(Math.max(0, cursor - near), cursor))),
  ];
  for (const { segment } of written.reverse()) {
    room -= widthOf(segment);
    if (room < 0) break;
    before.unshift(segment);
  }
  const shown = before.join("");
  return {
    line: [span(mark, "strong"), span(shown + inLine(text.slice(cursor, cursor + near)))],
    column: mark.length + widthOf(shown),
  };
}

function tooSmall({ columns, rows }: Size, looks: Looks): Frame {
  const { columns: least, rows: lines } = MIN_SIZE;
  const texts = [`Too small: ${columns}x${rows}`, `Needs ${least}x${lines}`, "Ctrl+C to stop"];
  return {
    rows: Array.from(
      { length: rows },
      (_, at) => cellsOf([span(texts[at] ?? "")], columns, looks.unicode),
    ),
    validMs: Infinity,
    cursor: null,
  };
}
