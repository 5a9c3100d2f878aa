import stringWidth from "string-width";
import { paint, type Style } from "./colours.ts";
import { terminalLine } from "../../src/agent/terminal_text.ts";

/** One column of a table for people. */
export interface Column<T> {
  readonly title: string;
  readonly cell: (item: T) => string;
  /** Columns of terminal that it keeps when the table is too wide; the widest gives way first. */
  readonly min?: number;
  /** Never the only sign: the text says the same. */
  readonly style?: (item: T) => Style | undefined;
}

const GAP = "  ";

/**
 * Lines of a table: a row of titles, then one row an item. Cells are plain text in one line, widths
 * are counted by grapheme. Where `width` is given, cells are cut (`…`) until the table fits.
 */
export function grid<T>(
  items: readonly T[],
  columns: readonly Column<T>[],
  { width, colours = false }: { readonly width?: number | undefined; readonly colours?: boolean } =
    {},
): string[] {
  const rows = [
    columns.map(({ title }) => ({ text: title, style: "bold" as Style | undefined })),
    ...items.map((item) =>
      columns.map(({ cell, style }) => ({
        text: terminalLine(cell(item), Infinity),
        style: style?.(item),
      }))
    ),
  ];
  const natural = columns.map((_, index) =>
    Math.max(...rows.map((row) => stringWidth(row[index]?.text ?? "")))
  );
  const widths = width === undefined ? natural : fit(natural, columns, width);
  return rows.map((row) => {
    const last = row.findLastIndex(({ text }) => text !== "");
    return row.slice(0, last + 1).map(({ text, style }, index) => {
      const shown = cut(text, widths[index] ?? 0);
      const painted = colours && style !== undefined ? paint(shown, style) : shown;
      return index === last ? painted : painted + padding(shown, widths[index] ?? 0);
    }).join(GAP);
  });
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

function padding(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - stringWidth(text)));
}
