import stringWidth from "string-width";
import { terminalLine } from "../../src/agent/terminal_text.ts";

/** One column of a table for people. */
export interface Column<T> {
  readonly title: string;
  readonly cell: (item: T) => string;
  /** Columns of terminal that it keeps when the table is too wide; the widest gives way first. */
  readonly min?: number;
}

const GAP = "  ";

/**
 * Lines of a table: a row of titles, then one row an item. Cells are plain text in one line, widths
 * are counted by grapheme. Where `columns` is given, cells are cut (`…`) until the table fits.
 */
export function grid<T>(
  items: readonly T[],
  columns: readonly Column<T>[],
  width: number | undefined,
): string[] {
  const rows = [
    columns.map((column) => column.title),
    ...items.map((item) => columns.map((column) => terminalLine(column.cell(item), Infinity))),
  ];
  const natural = columns.map((_, index) =>
    Math.max(...rows.map((row) => stringWidth(row[index] ?? "")))
  );
  const widths = width === undefined ? natural : fit(natural, columns, width);
  return rows.map((row) =>
    row.map((cell, index) => pad(cut(cell, widths[index] ?? 0), widths[index] ?? 0)).join(GAP)
      .trimEnd()
  );
}

function fit<T>(natural: readonly number[], columns: readonly Column<T>[], width: number) {
  const widths = [...natural];
  const room = width - GAP.length * (widths.length - 1);
  let excess = widths.reduce((sum, each) => sum + each, 0) - room;
  while (excess > 0) {
    const spare = widths.map((each, index) => each - (columns[index]?.min ?? 4));
    const widest = spare.indexOf(Math.max(...spare));
    if ((spare[widest] ?? 0) <= 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

/** The text, cut to `width` columns of a terminal with `…` where it is longer. */
export function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const next = stringWidth(segment);
    if (used + next > width - 1) break;
    kept += segment;
    used += next;
  }
  return `${kept}…`;
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - stringWidth(text)));
}
