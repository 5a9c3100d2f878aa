import stringWidth from "string-width";
import { terminalLine } from "../domain/terminal_text.ts";

/**
 * How something stands out; `SGR` says by what. Blue and yellow are told apart by the colour-blind, and
 * no style is the only sign of anything: a symbol and a word say the same.
 */
export type Style = "plain" | "strong" | "faint" | "running" | "done" | "warning" | "alert";

/** A piece of a line in one style. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}
export type Line = readonly Span[];

/** What stands at one place of the screen: one grapheme, over one column or two. */
export interface Cell {
  readonly text: string;
  readonly style: Style;
  /** Columns. */
  readonly width: 1 | 2;
  /** Terminals disagree on its width, or move it about: what is beside it has to be placed anew. */
  readonly isShifty: boolean;
}

/** Cells of one row, one entry a column; null for the second column of the cell before. */
export type Row = readonly (Cell | null)[];

/** Code points of one grapheme that are shown; the longest emoji sequences have ten. */
const MAX_CODE_POINTS = 12;
const ASCII = /^[\x20-\x7e]*$/;
const PICTURE = /\p{Extended_Pictographic}/u;
const UNSEEN = /[\p{Cc}\p{Cs}]/u;
const segmenter = new Intl.Segmenter();

const plainCells = new Map<string, Cell>();

/** A piece of a line. */
export function span(text: string, style: Style = "plain"): Span {
  return { text, style };
}

/** Columns of a text. */
export function widthOf(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text);
}

/** Columns of a line. */
export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/**
 * A text of whatever origin as one line of at most so many columns, cut with an ellipsis where it is
 * longer. Escape sequences and control characters are gone.
 */
export function cut(text: string, width: number, ellipsis = "…"): string {
  const clean = terminalLine(text, Infinity);
  if (width <= 0) return "";
  if (ASCII.test(clean)) {
    return clean.length <= width ? clean : clean.slice(0, width - widthOf(ellipsis)) + ellipsis;
  }
  if (stringWidth(clean) <= width) return clean;
  let kept = "";
  let used = widthOf(ellipsis);
  for (const { segment } of segmenter.segment(clean)) {
    used += stringWidth(segment);
    if (used > width) break;
    kept += segment;
  }
  return kept + ellipsis;
}

/** What somebody is called: by the name, or by the id where the name cannot be seen. */
export function called(name: string, id: string): string {
  const seen = terminalLine(name, Infinity);
  return widthOf(seen) === 0 ? id : seen;
}

/** The end of a text, as of a path, with an ellipsis before it where it is cut. */
export function cutStart(text: string, width: number, ellipsis = "…"): string {
  const clean = terminalLine(text, Infinity);
  if (widthOf(clean) <= width) return clean;
  const segments = [...segmenter.segment(clean)].reverse();
  let kept = "";
  let used = widthOf(ellipsis);
  for (const { segment } of segments) {
    used += widthOf(segment);
    if (used > width) break;
    kept = segment + kept;
  }
  return width < widthOf(ellipsis) ? "" : ellipsis + kept;
}

/** A text cut or padded to exactly so many columns. */
export function fitted(
  text: string,
  width: number,
  options: { readonly align?: "left" | "right"; readonly ellipsis?: string } = {},
): string {
  const shown = cut(text, width, options.ellipsis);
  const pad = " ".repeat(Math.max(0, width - widthOf(shown)));
  return options.align === "right" ? pad + shown : shown + pad;
}

/** A line with another one at its right end; the left one is cut where they do not fit. */
export function spread(left: Line, right: Line, width: number, ellipsis = "…"): Line {
  const room = Math.max(0, width - lineWidth(right) - (right.length === 0 ? 0 : 1));
  const shown = clipped(left, room, ellipsis);
  return [
    ...shown,
    span(" ".repeat(Math.max(0, width - lineWidth(shown) - lineWidth(right)))),
    ...right,
  ];
}

/** As much of a line as fits. */
export function clipped(line: Line, width: number, ellipsis = "…"): Line {
  if (lineWidth(line) <= width) return line;
  const shown: Span[] = [];
  let room = width;
  for (const { text, style } of line) {
    const columns = widthOf(text);
    if (columns >= room) {
      shown.push({ text: cut(`${text} `, room, ellipsis), style });
      break;
    }
    shown.push({ text, style });
    room -= columns;
  }
  return shown;
}

/**
 * The cells of a line, filled with blanks to exactly `width` columns. Whatever could act on the terminal
 * is left out; without `unicode`, what is not ASCII is a question mark.
 */
export function cellsOf(line: Line, width: number, unicode: boolean): Row {
  const row: (Cell | null)[] = [];
  for (const { text, style } of line) {
    for (const cell of graphemes(text, style, unicode)) {
      if (row.length + cell.width > width) break;
      row.push(cell);
      if (cell.width === 2) row.push(null);
    }
  }
  while (row.length < width) row.push(BLANK);
  return row;
}

function* graphemes(text: string, style: Style, unicode: boolean): Generator<Cell> {
  if (ASCII.test(text)) {
    for (const character of text) yield asciiCell(character, style);
    return;
  }
  for (const { segment } of segmenter.segment(text)) {
    const width = widthOf(segment);
    if (width === 0 || UNSEEN.test(segment)) continue;
    if (ASCII.test(segment)) yield asciiCell(segment, style);
    else if (!unicode) {
      for (let column = 0; column < width; column++) yield asciiCell("?", style);
    } else {
      const points = [...segment];
      const isShifty = points.length > 1 || width > 2 || (width === 2 && PICTURE.test(segment)) ||
        RIGHT_TO_LEFT.test(segment);
      yield {
        text: points.slice(0, MAX_CODE_POINTS).join(""),
        style,
        width: width === 1 ? 1 : 2,
        isShifty,
      };
    }
  }
}

const RIGHT_TO_LEFT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** Made once for each character and style: most of a screen are these. */
function asciiCell(text: string, style: Style): Cell {
  const key = style + text;
  const known = plainCells.get(key);
  if (known !== undefined) return known;
  const cell: Cell = { text, style, width: 1, isShifty: false };
  plainCells.set(key, cell);
  return cell;
}

export const BLANK: Cell = asciiCell(" ", "plain");

/** Whether two places look the same. */
export function sameCell(a: Cell | null | undefined, b: Cell | null | undefined): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  return a.text === b.text && a.style === b.style && a.width === b.width;
}
