import type { Panel } from "./panel.ts";

/** Columns and rows of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The least that something useful can be shown in. */
export const MIN_SIZE: Size = { columns: 40, rows: 12 };

/** Columns from which there are two columns of panels, and those between them. */
const TWO_COLUMNS = 150;
const GUTTER = 3;
/** Rows from which panels have a blank line between them. */
const AIRY = 32;

/** Where things are; all a function of the size. */
export interface Layout {
  readonly isTooSmall: boolean;
  /** Columns of the one column of panels, or of the two. */
  readonly widths: readonly [number] | readonly [left: number, right: number];
  readonly gutter: number;
  /** Rows for the panels. */
  readonly rows: number;
  /** Blank rows before a panel. */
  readonly gap: number;
}

/** `taken`: rows of header, notices, input line and footer. */
export function layoutOf({ columns, rows }: Size, taken: number): Layout {
  const isWide = columns >= TWO_COLUMNS;
  const left = Math.ceil((columns - GUTTER) * 0.54);
  return {
    isTooSmall: columns < MIN_SIZE.columns || rows < MIN_SIZE.rows,
    widths: isWide ? [left, columns - GUTTER - left] : [columns],
    gutter: isWide ? GUTTER : 0,
    rows: Math.max(0, rows - taken),
    gap: rows >= AIRY ? 1 : 0,
  };
}

/**
 * Rows for each panel: first the least that each needs, then one at a time to whoever has the smallest
 * part of its share and still has something to say. What nobody wants is left over.
 */
export function shares(panels: readonly Panel[], rows: number): number[] {
  const given = panels.map(() => 0);
  let left = rows;
  for (const [at, { least }] of panels.entries()) {
    const part = Math.min(least, left);
    given[at] = part;
    left -= part;
  }
  while (left > 0) {
    const hungry = panels.flatMap(({ most, weight }, at) => {
      const has = given[at] ?? 0;
      return has < most ? [{ at, part: has / weight }] : [];
    });
    const next = hungry.sort((a, b) => a.part - b.part)[0];
    if (next === undefined) break;
    given[next.at] = (given[next.at] ?? 0) + 1;
    left--;
  }
  return given;
}
