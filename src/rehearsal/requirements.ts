import { terminalLine } from "../domain/terminal_text.ts";

/** Requirements that one text becomes. */
const MAX_REQUIREMENTS = 9;

/**
 * What a text asks for, one line each: its list items, else its sentences. At least one; none of them can
 * begin a line of a report.
 */
export function requirementsOf(text: string): [string, ...string[]] {
  const items = [...text.matchAll(/^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]+(\S.*)$/gm)].map(([, it]) =>
    it
  );
  const found = items.length > 1 ? items : text.split(/(?<=[.!?])\s+|\n+/);
  const lines = found.map((item) => terminalLine(item ?? "", 120)).filter((line) => line !== "");
  const [first = "what was asked", ...rest] = lines;
  return [first, ...rest.slice(0, MAX_REQUIREMENTS - 1)];
}

/** `R1 …; R2 …` */
export function numbered(requirements: readonly string[], state: string): string {
  return requirements.map((_, at) => `R${at + 1} ${state}`).join("; ");
}
