// deno-lint-ignore-file no-control-regex -- keys are what is looked for

import type { Prompt } from "./view.ts";

/** Characters that a line may have. */
const MAX_LINE = 4_000;

/** What a key came to: the line as it is then, and the text where it was finished. */
export interface Edited {
  readonly line: Prompt;
  readonly entered: string | null;
}

export const EMPTY_LINE: Prompt = { text: "", cursor: 0 };

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Ends of what the keys that move or delete send, as terminals of the xterm family do. */
const KEYS: readonly (readonly [RegExp, (line: Prompt) => Prompt])[] = [
  [/^\x1b(?:\[|O)D/, (line) => ({ ...line, cursor: before(line) })],
  [/^\x1b(?:\[|O)C/, (line) => ({ ...line, cursor: after(line) })],
  [/^(?:\x1b(?:\[|O)H|\x1b\[1~|\x01)/, (line) => ({ ...line, cursor: 0 })],
  [/^(?:\x1b(?:\[|O)F|\x1b\[4~|\x05)/, (line) => ({ ...line, cursor: line.text.length })],
  [/^\x1b\[3~/, (line) => without(line, line.cursor, after(line))],
  [/^[\x7f\b]/, (line) => without(line, before(line), line.cursor)],
  [/^\x15/, (line) => without(line, 0, line.cursor)],
  [/^\x17/, (line) => without(line, wordBefore(line), line.cursor)],
  // Any other sequence, and any other control character, is no text.
  [/^\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.|.)?/s, (line) => line],
  [/^[\x00-\x0c\x0e-\x1f]/, (line) => line],
];

/** Types a text, which may hold several keys, into a line. The first Enter ends it; what follows is lost. */
export function typeInto(line: Prompt, typed: string): Edited {
  let edited = line;
  for (let rest = typed; rest !== "";) {
    if (/^[\r\n]/.test(rest)) return { line: EMPTY_LINE, entered: edited.text };
    const key = KEYS.find(([pattern]) => pattern.test(rest));
    const taken = key?.[0].exec(rest)?.[0] ?? /^[^\x00-\x1f\x7f]+/.exec(rest)?.[0] ?? rest;
    edited = key === undefined ? inserted(edited, taken) : key[1](edited);
    rest = rest.slice(taken.length);
  }
  return { line: edited, entered: null };
}

function inserted({ text, cursor }: Prompt, typed: string): Prompt {
  const fits = typed.slice(0, Math.max(0, MAX_LINE - text.length));
  return { text: text.slice(0, cursor) + fits + text.slice(cursor), cursor: cursor + fits.length };
}

function without({ text }: Prompt, from: number, to: number): Prompt {
  return { text: text.slice(0, from) + text.slice(to), cursor: from };
}

/** The place one character, as people see it, to the left. */
function before({ text, cursor }: Prompt): number {
  return [...segmenter.segment(text.slice(0, cursor))].at(-1)?.index ?? 0;
}

function after({ text, cursor }: Prompt): number {
  const [first] = segmenter.segment(text.slice(cursor));
  return cursor + (first?.segment.length ?? 0);
}

function wordBefore({ text, cursor }: Prompt): number {
  return text.slice(0, cursor).replace(/\S*\s*$/, "").length;
}
