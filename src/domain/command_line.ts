/** Words of a command line, or why it cannot be split. */
export type Split = { readonly ok: true; readonly words: string[] } | {
  readonly ok: false;
  readonly problem: string;
};

/**
 * Splits a command line into words as a POSIX shell does: blanks separate, `'…'` is literal, a
 * backslash takes the next character as it is (inside `"…"` only `"`, `\`, `$` and a backquote).
 * Nothing is expanded, and no shell ever sees the words: `|`, `$`, `;` and `*` are plain characters.
 */
export function splitCommand(line: string): Split {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let index = 0; index < line.length; index++) {
    const character = line[index] ?? "";
    const next = line[index + 1];
    if (quote === null && /\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (quote === null && (character === '"' || character === "'")) {
      quote = character;
      word ??= "";
    } else if (character === quote) {
      quote = null;
    } else if (character === "\\" && escapes(quote, next)) {
      if (next === undefined) return { ok: false, problem: "it ends in a backslash" };
      word = (word ?? "") + next;
      index++;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== null) return { ok: false, problem: `the quote ${quote} is not closed` };
  if (word !== null) words.push(word);
  return { ok: true, words };
}

function escapes(quote: '"' | "'" | null, next: string | undefined): boolean {
  if (quote === "'") return false;
  return quote === null || (next !== undefined && '"\\$`'.includes(next));
}

/** One line that `splitCommand` splits into the same words; also what a POSIX shell would need. */
export function joinCommand(words: readonly string[]): string {
  return words.map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
  ).join(" ");
}
