import { type Cell, type Row, sameCell, type Style } from "./cells.ts";
import type { Frame } from "./view.ts";

const ESC = "\x1b";
const CSI = `${ESC}[`;

/** Begin and end of an update that the terminal shows at once (DEC mode 2026). */
const BEGIN = `${CSI}?2026h`;
const END = `${CSI}?2026l`;
const RESET = `${CSI}0m`;
const ERASE_LINE = `${CSI}2K`;
const ERASE_TO_END = `${CSI}K`;

/** Unchanged cells that are cheaper to write again than to jump over. */
const SHORT_JUMP = 6;
/** Blanks at the end of a row that are cheaper erased than written. */
const SHORT_END = 4;

/** By which attributes a style stands out: of the sixteen base colours only. */
const COLOURED: Readonly<Record<Style, string>> = {
  plain: "",
  strong: "1",
  faint: "2",
  running: "1;34",
  done: "34",
  warning: "33",
  alert: "1;33",
};
const COLOURLESS: Readonly<Record<Style, string>> = {
  plain: "",
  strong: "1",
  faint: "2",
  running: "1",
  done: "",
  warning: "",
  alert: "1",
};

/** What a terminal is written so that it shows the next frame; "" where it does already. */
export function frameDiff(
  previous: Frame | null,
  next: Frame,
  options: { readonly colours: boolean },
): string {
  const pen = new Pen(options.colours ? COLOURED : COLOURLESS);
  for (const [index, row] of next.rows.entries()) {
    paintRow(pen, index, previous?.rows[index], row);
  }
  const drawn = pen.finish();
  const cursor = cursorDiff(previous, next, drawn !== "");
  return drawn === "" && cursor === "" ? "" : `${BEGIN}${drawn}${cursor}${END}`;
}

function cursorDiff(previous: Frame | null, { cursor }: Frame, hasMoved: boolean): string {
  const before = previous?.cursor ?? null;
  if (cursor === null) return before === null ? "" : `${CSI}?25l`;
  const isThere = before !== null && before.row === cursor.row && before.column === cursor.column;
  const place = isThere && !hasMoved ? "" : `${CSI}${cursor.row + 1};${cursor.column + 1}H`;
  return before === null ? `${place}${CSI}?25h` : place;
}

function paintRow(pen: Pen, index: number, before: Row | undefined, row: Row): void {
  const changed = row.flatMap((cell, column) => sameCell(cell, before?.[column]) ? [] : [column]);
  if (before !== undefined && changed.length === 0) return;
  if (before === undefined || hasShifty(before) || hasShifty(row)) {
    // Where a terminal may see other widths than we do, only a whole row is sure to be right.
    pen.moveTo(index, 0);
    pen.erase(ERASE_LINE);
    return pen.write(row, 0, endOf(row));
  }
  for (const [start, end] of runs(changed)) {
    pen.moveTo(index, start);
    const last = endOf(row);
    const isTail = end === row.length && row.length - Math.max(last, start) >= SHORT_END;
    pen.write(row, start, isTail ? Math.max(last, start) : end);
    if (isTail) pen.erase(ERASE_TO_END);
  }
}

function hasShifty(row: Row): boolean {
  return row.some((cell) => cell?.isShifty === true);
}

/** The column after the last one that is not blank. */
function endOf(row: Row): number {
  return row.findLastIndex((cell) => cell === null || cell.text !== " ") + 1;
}

/**
 * Columns that have to be written, in runs. None begins in the middle of a wide cell: where only one of the
 * rows has one, both of its columns have changed.
 */
function runs(changed: readonly number[]): [start: number, end: number][] {
  const found: [number, number][] = [];
  for (const column of changed) {
    const last = found.at(-1);
    if (last !== undefined && column - last[1] <= SHORT_JUMP) last[1] = column + 1;
    else found.push([column, column + 1]);
  }
  return found;
}

/** Writes cells, and remembers in which style. */
class Pen {
  readonly #styles: Readonly<Record<Style, string>>;
  #text = "";
  #style = "";

  constructor(styles: Readonly<Record<Style, string>>) {
    this.#styles = styles;
  }

  moveTo(row: number, column: number): void {
    this.#text += `${CSI}${row + 1};${column + 1}H`;
  }

  erase(what: string): void {
    this.#use("");
    this.#text += what;
  }

  write(row: Row, start: number, end: number): void {
    for (let column = start; column < end; column++) {
      const cell = row[column];
      if (!cell) continue;
      this.#use(this.#styleOf(cell));
      this.#text += cell.text;
      if (cell.isShifty && column + cell.width < end) {
        this.#text += `${CSI}${column + cell.width + 1}G`;
      }
    }
  }

  finish(): string {
    this.#use("");
    return this.#text;
  }

  /** A blank looks the same in every style. */
  #styleOf(cell: Cell): string {
    return cell.text === " " ? this.#style : this.#styles[cell.style];
  }

  #use(style: string): void {
    if (style === this.#style) return;
    // A reset first: attributes add up.
    this.#text += style === ""
      ? RESET
      : this.#style === ""
      ? `${CSI}${style}m`
      : `${CSI}0;${style}m`;
    this.#style = style;
  }
}
