import type { Board } from "../monitor/board.ts";
import type { Ages } from "./ages.ts";
import { clipped, cut, type Line, lineWidth, span, spread } from "./cells.ts";
import type { Looks, Signs } from "./looks.ts";

/** What a panel is drawn from. */
export interface Scene {
  readonly board: Board;
  readonly ages: Ages;
  readonly looks: Looks;
  readonly signs: Signs;
  /** Columns. */
  readonly width: number;
  /** Whether there is a line for requirements. */
  readonly canType: boolean;
}

/** A part of the screen: how many rows it would like, and its lines in the rows that it gets. */
export interface Panel {
  /** Rows with which it says the least that it should. */
  readonly least: number;
  /** Rows with which it says all that it knows. */
  readonly most: number;
  /** Share of what is left to give. */
  readonly weight: number;
  /** At most so many lines. */
  draw(rows: number): Line[];
}

/** A title with a rule to the end of the line, and what sums the panel up at its end. */
export function heading(scene: Scene, title: string, summaries: readonly Line[]): Line {
  const { signs, width } = scene;
  // A rule of three at least, and blanks at both ends of it.
  const room = width - title.length - 5;
  const summary = summaries.find((each) => lineWidth(each) <= room) ??
    clipped(summaries.at(-1) ?? [], Math.max(0, room), signs.ellipsis);
  const end: Line = summary.length === 0 ? [] : [span(" "), ...summary];
  const length = Math.max(0, width - title.length - 1 - lineWidth(end));
  return [span(title, "strong"), span(` ${signs.rule.repeat(length)}`, "faint"), ...end];
}

/** Pieces with gaps between them. */
export function joined(pieces: readonly Line[], gap = "  "): Line {
  return pieces.flatMap((piece, at) => at === 0 ? piece : [span(gap), ...piece]);
}

/** How many of a list do not fit, for a title: `+12`. */
export function more(count: number): Line[] {
  return count <= 0 ? [] : [[span(`+${count} more`, "faint")]];
}

/** That there is nothing, and the command that changes it. */
export function hint({ width, signs }: Scene, nothing: string, command: string): Line {
  const long = `  ${nothing} In another terminal: ${command}`;
  return [
    span(
      long.length <= width ? long : cut(`  ${nothing} ${command}`, width, signs.ellipsis),
      "faint",
    ),
  ];
}

/** A line with something at its right end. */
export function row(scene: Scene, left: Line, right: Line): Line {
  return spread(left, right, scene.width, scene.signs.ellipsis);
}
