/** Width that help and man pages are laid out for. */
export const PAGE_COLUMNS = 80;

/** Widest left column of a list; what is wider stands on a line of its own. */
const MAX_LEFT = 30;

/** A text in lines of at most `width` characters, broken at spaces; a longer word stands alone. */
export function wrapped(text: string, width: number): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line: string | undefined;
    for (const word of paragraph.split(" ")) {
      if (line !== undefined && line.length + 1 + word.length <= width) line += ` ${word}`;
      else {
        if (line !== undefined) lines.push(line);
        line = word;
      }
    }
    return [...lines, line ?? ""];
  });
}

/** Two columns, indented by two; the right one is broken where it would leave the page. */
export function columns(rows: readonly (readonly [string, string])[]): string[] {
  const lefts = rows.map(([left]) => left.length).filter((length) => length <= MAX_LEFT);
  const width = Math.max(0, ...lefts);
  return rows.flatMap(([left, right]) => {
    const [first = "", ...rest] = wrapped(right, PAGE_COLUMNS - width - 4);
    const below = rest.map((line) => `${" ".repeat(width + 4)}${line}`);
    return left.length > width
      ? [`  ${left}`, `${" ".repeat(width + 4)}${first}`, ...below]
      : [`  ${left.padEnd(width)}  ${first}`, ...below];
  });
}

/**
 * A command line as lines of at most `width` characters that a shell reads as one command: broken
 * behind pipes and, where that is not enough, before options and redirections. What cannot be
 * broken stays longer.
 */
export function foldedCommand(command: string, width: number): string[] {
  if (command.length <= width) return [command];
  return command.split(NEXT_COMMAND).flatMap((part, index) => {
    const indent = index === 0 ? "" : "  ";
    const [first = "", ...chunks] = part.split(CHUNK);
    const lines: string[] = [];
    let line = `${indent}${first}`;
    for (const chunk of chunks) {
      if (line.length + chunk.length + " \\".length <= width) line += ` ${chunk}`;
      else {
        lines.push(`${line} \\`);
        line = `${indent}    ${chunk}`;
      }
    }
    return [...lines, line];
  });
}

// Both look at what follows as well: it has its quotes in pairs where the place is not within quotes.

/** The space before an option, with its value, or a redirection. */
const CHUNK = / (?=(?:--?[a-z]|>)(?:[^'"]|'[^']*'|"[^"]*")*$)/;

/** The space behind a pipe. */
const NEXT_COMMAND = /(?<= \|) (?=\w(?:[^'"]|'[^']*'|"[^"]*")*$)/;
