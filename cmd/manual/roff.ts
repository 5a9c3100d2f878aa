// The language of man pages, as far as pages of commands need it: man(7) macros that groff and
// mandoc know alike. Every text goes through `inline`, so that none of it can become a request.

/** A date, a version: what stands in the margins of a page. */
export interface Edition {
  readonly version: string;
  /** `2026-01-31`; null leaves the place empty. */
  readonly date: string | null;
}

const SPECIAL: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
  '"': "\\(dq",
  "…": "...",
};

/** A text in the middle of a line: no escape of its own, no line break, no typographic quote. */
export function inline(text: string): string {
  return text.replaceAll(/\s/g, " ")
    .replaceAll(/[\\\-'`^~"\u2026]/g, (each) => SPECIAL[each] ?? each)
    .replaceAll(/[^\x20-\x7e]/gu, (each) => {
      const code = (each.codePointAt(0) ?? 0).toString(16).toUpperCase();
      return `\\[u${code.padStart(4, "0")}]`;
    });
}

/** A text that begins a line: no request either. */
export function escaped(text: string): string {
  return guarded(inline(text));
}

function guarded(line: string): string {
  return line.startsWith(".") ? `\\&${line}` : line;
}

export function bold(text: string): string {
  return `\\fB${inline(text)}\\fR`;
}

export function italic(text: string): string {
  return `\\fI${inline(text)}\\fR`;
}

/** Begins a page: name, section, and what stands in the margins; no word is broken or spread. */
export function title(page: string, { version, date }: Edition): string[] {
  const footer = `"claude\\-orchestrator ${inline(version)}"`;
  const heading = `.TH ${inline(page.toUpperCase())} 1 "${date ?? ""}" ${footer} "User Commands"`;
  return [".nr HY 0", heading, ".ad l"];
}

/** Nothing where it has no lines; a paragraph begins with it anyway. */
export function section(name: string, lines: readonly string[]): string[] {
  const [first, ...rest] = lines;
  if (first === undefined) return [];
  return [`.SH ${name}`, ...(first === ".PP" ? [] : [first]), ...rest];
}

/** Sentences, each on a line of its own; names of options and variables in bold. */
export function prose(text: string): string[] {
  return text.split(/(?<=[.?]) +(?=[A-Z`"-])/).map((sentence) => {
    const parts = sentence.split(/(--[a-z][a-z-]*[a-z]|\b[A-Z]+_[A-Z_]*[A-Z]\b)/);
    return guarded(
      parts.map((part, index) => index % 2 === 1 ? bold(part) : inline(part)).join(""),
    );
  });
}

export function paragraphs(text: string): string[] {
  return text.split("\n").flatMap((each, index) => [...(index > 0 ? [".PP"] : []), ...prose(each)]);
}

/** A list of terms, which are roff already, and what each means; `indent` in columns. */
export function terms(
  rows: readonly (readonly [string, string])[],
  indent?: number,
): string[] {
  return rows.flatMap(([term, meaning], index) => [
    index === 0 && indent !== undefined ? `.TP ${indent}` : ".TP",
    term,
    ...prose(meaning),
  ]);
}

/** Lines that are shown as they are, in a block of their own. */
export function literal(lines: readonly string[]): string[] {
  return [".RS 4", ".EX", ...lines.map(escaped), ".EE", ".RE"];
}
