// deno-lint-ignore-file no-control-regex -- keys are what is looked for

import type { Prompt } from "./view.ts";

/** Characters that a line may have. */
const MAX_LINE = 65_536;

/** A line that is being typed. */
export interface EditedLine extends Prompt {
  /** The beginning of a key that is not there as a whole yet. */
  readonly pending?: string;
  /** What comes now was not typed but pasted: its line feeds end nothing. */
  readonly isPasted?: boolean;
}

/** What keys came to: the line as it is then, and the texts that were finished. */
export interface Edited {
  readonly line: EditedLine;
  readonly entered: readonly string[];
}

export const EMPTY_LINE: EditedLine = { text: "", cursor: 0 };

/** Asks a terminal to say what was pasted, and to say so no more. */
export const PASTE_MODE = { enter: "\x1b[?2004h", leave: "\x1b[?2004l" };

const PASTE_END = "\x1b[201~";
/** The end of a paste, of which the rest has not come yet. */
const BEGUN_END = /\x1b(?:\[(?:2(?:0(?:1)?)?)?)?$/;
/** A key of which the rest has not come yet. */
const UNFINISHED = /^\x1b\[[0-9;?]*$/;

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
/** UTF-16 units in which the end of a character is looked for; few have more than twenty. */
const NEAR = 64;

/** Ends of what the keys that move or delete send, as terminals of the xterm family do. */
const KEYS: readonly (readonly [RegExp, (line: EditedLine) => EditedLine])[] = [
  [/^\x1b\[200~/, (line) => ({ ...line, isPasted: true })],
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

/**
 * Types a text, which may hold several keys, into a line. Each Enter ends one. Where the terminal says what
 * was pasted, that goes into the line as it is, with its line feeds.
 */
export function typeInto({ pending = "", ...line }: EditedLine, typed: string): Edited {
  const entered: string[] = [];
  let edited: EditedLine = line;
  let rest = pending + typed;
  while (rest !== "") {
    const step = edited.isPasted === true ? pasted(edited, rest) : struck(edited, rest);
    if (step.taken === 0) return { line: { ...edited, pending: rest }, entered };
    if (step.entered !== undefined) entered.push(step.entered);
    edited = step.line;
    rest = rest.slice(step.taken);
  }
  return { line: edited, entered };
}

/** What the first of some keys comes to. */
interface Step {
  readonly line: EditedLine;
  /** Units that it was; 0 where more has to come first. */
  readonly taken: number;
  readonly entered?: string;
}

function struck(line: EditedLine, rest: string): Step {
  const enter = /^(?:\r\n|[\r\n])/.exec(rest)?.[0];
  if (enter !== undefined) return { line: EMPTY_LINE, taken: enter.length, entered: line.text };
  if (UNFINISHED.test(rest)) return { line, taken: 0 };
  const key = KEYS.find(([pattern]) => pattern.test(rest));
  if (key !== undefined) {
    return { line: key[1](line), taken: key[0].exec(rest)?.[0].length ?? rest.length };
  }
  const text = /^[^\x00-\x1f\x7f]+/.exec(rest)?.[0] ?? rest;
  return { line: inserted(line, text), taken: text.length };
}

function pasted(line: EditedLine, rest: string): Step {
  const end = rest.indexOf(PASTE_END);
  if (end === 0) {
    return { line: { text: line.text, cursor: line.cursor }, taken: PASTE_END.length };
  }
  const text = end === -1 ? rest.replace(BEGUN_END, "") : rest.slice(0, end);
  const lines = text.replace(/\r\n?/g, "\n").replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "");
  return { line: inserted(line, lines), taken: text.length };
}

function inserted(line: EditedLine, typed: string): EditedLine {
  const { text, cursor } = line;
  const fits = typed.slice(0, Math.max(0, MAX_LINE - text.length));
  const whole = text.slice(0, cursor) + fits + text.slice(cursor);
  return { ...line, text: whole, cursor: cursor + fits.length };
}

function without({ text }: Prompt, from: number, to: number): EditedLine {
  return { text: text.slice(0, from) + text.slice(to), cursor: from };
}

/** The place one character, as people see it, to the left. */
function before({ text, cursor }: Prompt): number {
  const from = Math.max(0, cursor - NEAR);
  return from + ([...segmenter.segment(text.slice(from, cursor))].at(-1)?.index ?? 0);
}

function after({ text, cursor }: Prompt): number {
  const [first] = segmenter.segment(text.slice(cursor, cursor + NEAR));
  return cursor + (first?.segment.length ?? 0);
}

function wordBefore({ text, cursor }: Prompt): number {
  return text.slice(0, cursor).replace(/\S*\s*$/, "").length;
}
