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
/** Texts of which each unit is a character of one column: Latin letters, and the signs of the screen. */
const SIMPLE =
  /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u2010-\u2026\u2190-\u21ff\u2500-\u25cf\u2605\u2713\u2717]*$/;
/** Results that are remembered of each kind: a screen shows the same texts again and again. */
const MAX_REMEMBERED = 4_096;
const PICTURE = /\p{Extended_Pictographic}/u;
const RIGHT_TO_LEFT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const UNSEEN = /[\p{Cc}\p{Cs}]/u;
const segmenter = new Intl.Segmenter();

const cleanLine = remembered((text) => terminalLine(text, Infinity));
const widthOfOdd = remembered((text) => stringWidth(text));

/** A pure function that forgets everything once it has remembered too much. */
function remembered<Result>(compute: (text: string) => Result): (text: string) => Result {
  const results = new Map<string, Result>();
  return (text) => {
    const known = results.get(text);
    if (known !== undefined) return known;
    if (results.size >= MAX_REMEMBERED) results.clear();
    const result = compute(text);
    results.set(text, result);
    return result;
  };
}

/** A piece of a line. */
export function span(text: string, style: Style = "plain"): Span {
  return { text, style };
}

/** Columns of a text. */
export function widthOf(text: string): number {
  return SIMPLE.test(text) ? text.length : widthOfOdd(text);
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
  const clean = cleanLine(text);
  if (width <= 0) return "";
  if (SIMPLE.test(clean)) {
    return clean.length <= width ? clean : clean.slice(0, width - widthOf(ellipsis)) + ellipsis;
  }
  if (widthOf(clean) <= width) return clean;
  let kept = "";
  let used = widthOf(ellipsis);
  for (const { segment } of segmenter.segment(clean)) {
    used += widthOf(segment);
    if (used > width) break;
    kept += segment;
  }
  return kept + ellipsis;
}

/** What somebody is called: by the name, or by the id where the name cannot be seen. */
export function called(name: string, id: string): string {
  const seen = cleanLine(name);
  return widthOf(seen) === 0 ? id : seen;
}

/** The end of a text, as of a path, with an ellipsis before it where it is cut. */
export function cutStart(text: string, width: number, ellipsis = "…"): string {
  const clean = cleanLine(text);
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

function graphemes(text: string, style: Style, unicode: boolean): readonly Cell[] {
  if (ASCII.test(text) || (unicode && SIMPLE.test(text))) {
    return Array.from(text, (character) => knownCell(character, style));
  }
  return Array.from(segmenter.segment(text)).flatMap(({ segment }) => {
    const width = widthOf(segment);
    if (width === 0 || UNSEEN.test(segment)) return [];
    if (unicode) return [knownCell(segment, style)];
    if (ASCII.test(segment)) return [knownCell(segment, style)];
    return Array.from({ length: width }, () => knownCell("?", style));
  });
}

const cells = new Map<Style, (text: string) => Cell>();

/** Made once for each character and style. */
function knownCell(text: string, style: Style): Cell {
  let make = cells.get(style);
  if (make === undefined) {
    make = remembered((text) => makeCell(text, style));
    cells.set(style, make);
  }
  return make(text);
}

function makeCell(text: string, style: Style): Cell {
  const points = [...text];
  const width = widthOf(text);
  const isShifty = points.length > 1 || width > 2 || (width === 2 && PICTURE.test(text)) ||
    RIGHT_TO_LEFT.test(text);
  const shown = points.slice(0, MAX_CODE_POINTS).join("");
  return { text: shown, style, width: width === 1 ? 1 : 2, isShifty };
}

const BLANK: Cell = knownCell(" ", "plain");

/** Whether two places look the same. */
export function sameCell(a: Cell | null | undefined, b: Cell | null | undefined): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  return a.text === b.text && (a.style === b.style || a.text === " ");
}
