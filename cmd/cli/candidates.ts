import type { Command, CommandEntry } from "./command.ts";
import type { Completes, OptionSpec, OptionSpecs } from "./options.ts";
import { GLOBAL_OPTIONS } from "./globals.ts";

/** A word that may stand at the cursor, with what it means. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** What may stand at the cursor: known words, or a kind of which the living words are looked up. */
export type Wanted =
  | { readonly kind: "words"; readonly candidates: readonly Candidate[] }
  | { readonly kind: Exclude<Completes, "command">; readonly prefix: string };

/** The row of the command that the words name already, global options before it skipped. */
export function commandOf(
  words: readonly string[],
  entries: readonly CommandEntry[],
): CommandEntry | undefined {
  for (let at = 0; at < words.length - 1; at++) {
    const word = words[at] ?? "";
    if (!word.startsWith("-")) {
      return entries.find(({ name, aliases }) => name === word || aliases?.includes(word));
    }
    if (takesNext(word, GLOBAL_OPTIONS)) at++;
  }
  return undefined;
}

/** What may stand where the last of the words is. `command` is the one that they name already. */
export function candidates(
  words: readonly string[],
  entries: readonly CommandEntry[],
  command: Command | undefined,
): Wanted {
  const { current, previous } = atCursor(words);
  const options: OptionSpecs = { ...GLOBAL_OPTIONS, ...command?.options };
  const inline = /^--([a-z-]+)=(.*)$/s.exec(current);
  if (inline) {
    const wanted = valuesOf(options[inline[1] ?? ""], inline[2] ?? "");
    return prefixed(wanted, `--${inline[1]}=`);
  }
  if (takesNext(previous, options)) return valuesOf(specOf(previous, options), current);
  if (current.startsWith("-")) return matching(optionWords(options), current);
  if (command === undefined) return matching(commandWords(entries), current);
  return positionalWords(command, entries, current);
}

/** The word at the cursor and the one before it; bash makes three words of `--option=value`. */
function atCursor(words: readonly string[]): { current: string; previous: string } {
  const [last = "", second = "", third = ""] = words.slice(-3).reverse();
  if (last === "=") return { current: "", previous: second };
  return { current: last, previous: second === "=" ? third : second };
}

function commandWords(entries: readonly CommandEntry[]): Candidate[] {
  return entries.filter((entry) => !entry.hidden)
    .map(({ name, summary }) => ({ word: name, about: summary }));
}

function optionWords(options: OptionSpecs): Candidate[] {
  return Object.entries(options).map(([name, { help }]) => ({ word: `--${name}`, about: help }));
}

function positionalWords(
  command: Command,
  entries: readonly CommandEntry[],
  current: string,
): Wanted {
  const words: Candidate[] = [];
  for (const { choices, completes, help } of command.positionals ?? []) {
    if (completes === "command") words.push(...commandWords(entries));
    else if (completes !== undefined) return { kind: completes, prefix: current };
    words.push(...(choices ?? []).map((word) => ({ word, about: help })));
  }
  return matching(words, current);
}

function valuesOf(spec: OptionSpec | undefined, current: string): Wanted {
  if (spec === undefined || (spec.type !== "text" && spec.type !== "list")) {
    return { kind: "words", candidates: [] };
  }
  if (spec.completes !== undefined && spec.completes !== "command") {
    return { kind: spec.completes, prefix: current };
  }
  const words = spec.choices ?? spec.known ?? [];
  return matching(words.map((word) => ({ word, about: "" })), current);
}

function matching(words: readonly Candidate[], prefix: string): Wanted {
  return { kind: "words", candidates: words.filter(({ word }) => word.startsWith(prefix)) };
}

function prefixed(wanted: Wanted, prefix: string): Wanted {
  if (wanted.kind !== "words") return wanted;
  const glued = wanted.candidates.map(({ word, about }) => ({ word: prefix + word, about }));
  return { kind: "words", candidates: glued };
}

function specOf(word: string, options: OptionSpecs): OptionSpec | undefined {
  if (word.startsWith("--")) {
    const name = word.slice(2);
    return Object.hasOwn(options, name) ? options[name] : undefined;
  }
  return Object.values(options).find(({ short }) => short !== undefined && word === `-${short}`);
}

function takesNext(word: string, options: OptionSpecs): boolean {
  const spec = specOf(word, options);
  return spec !== undefined && spec.type !== "flag";
}
