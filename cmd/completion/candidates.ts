import type { Command, CommandEntry, Positional } from "../cli/command.ts";
import type { Completes, OptionSpec, OptionSpecs } from "../cli/options.ts";
import { GLOBAL_OPTIONS } from "../cli/globals.ts";

/** A word that may stand at the cursor, with what it means. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** What is looked up when it is wanted: what is alive, or what lies in a directory. */
export interface Lookup {
  readonly kind: Exclude<Completes, "command">;
  /** What the looked up word has to begin with. */
  readonly prefix: string;
  /** What stands before it in the same word of the line: `--task-id=`, or `task-0000000001,`. */
  readonly before: string;
  /** States of tasks, chains and requirements that are wanted; undefined: any. */
  readonly among: readonly string[] | undefined;
}

/** What may stand at the cursor: known words, or something that has to be looked up. */
export type Wanted =
  | { readonly kind: "words"; readonly candidates: readonly Candidate[] }
  | Lookup;

/** The row of the command that the words name already, global options before it skipped. */
export function commandOf(
  words: readonly string[],
  entries: readonly CommandEntry[],
): CommandEntry | undefined {
  const name = argumentsIn(words, GLOBAL_OPTIONS)[0];
  if (name === undefined) return undefined;
  return entries.find((entry) => entry.name === name || entry.aliases?.includes(name));
}

/** The value of a global option that the words give already; the last one counts. */
export function givenGlobal(
  words: readonly string[],
  name: keyof typeof GLOBAL_OPTIONS,
): string | undefined {
  const finished = words.slice(0, -1);
  const spec: OptionSpec = GLOBAL_OPTIONS[name];
  return finished.flatMap((word, index) => {
    if (word.startsWith(`--${name}=`)) return [word.slice(name.length + 3)];
    const isIt = word === `--${name}` || spec.short !== undefined && word === `-${spec.short}`;
    return isIt ? finished.slice(index + 1, index + 2) : [];
  }).at(-1);
}

/** What may stand where the last of the words is. `command` is the one that they name already. */
export function candidates(
  words: readonly string[],
  entries: readonly CommandEntry[],
  command: Command | undefined,
): Wanted {
  const current = words.at(-1) ?? "";
  const previous = words.at(-2) ?? "";
  const options: OptionSpecs = { ...GLOBAL_OPTIONS, ...command?.options };
  const inline = /^(--([a-z-]+)=)(.*)$/s.exec(current);
  if (inline) {
    const [, before = "", name = "", value = ""] = inline;
    return valuesOf(own(options, name), value, before);
  }
  if (takesNext(previous, options)) return valuesOf(specOf(previous, options), current, "");
  if (current.startsWith("-")) return known(optionWords(options, words.slice(0, -1)), current);
  if (command === undefined) return known(commandWords(entries), current);
  const at = argumentsIn(words, options).length - 1;
  return argumentValues(positionalAt(command.positionals ?? [], at), entries, current);
}

/** The finished words that are neither options nor their values: the command, then its arguments. */
function argumentsIn(words: readonly string[], options: OptionSpecs): string[] {
  const found: string[] = [];
  for (let at = 0; at < words.length - 1; at++) {
    const word = words[at] ?? "";
    if (takesNext(word, options)) at++;
    else if (!word.startsWith("-") || word === "-") found.push(word);
  }
  return found;
}

function commandWords(entries: readonly CommandEntry[]): Candidate[] {
  return entries.filter((entry) => !entry.hidden)
    .map(({ name, summary }) => ({ word: name, about: summary }));
}

/** Options that may still be given: all but those that are there already and count once. */
function optionWords(options: OptionSpecs, given: readonly string[]): Candidate[] {
  const open = Object.entries(options).filter(([name, { type }]) =>
    type === "list" || type === "pairs" ||
    !given.some((word) => word === `--${name}` || word.startsWith(`--${name}=`))
  );
  return open.map(([name, { help }]) => ({ word: `--${name}`, about: help }));
}

function positionalAt(positionals: readonly Positional[], at: number): Positional | undefined {
  const last = positionals.at(-1);
  return positionals[at] ?? (last?.rest ? last : undefined);
}

function argumentValues(
  positional: Positional | undefined,
  entries: readonly CommandEntry[],
  current: string,
): Wanted {
  if (positional?.completes === "command") return known(commandWords(entries), current);
  if (positional?.completes !== undefined) {
    return { kind: positional.completes, prefix: current, before: "", among: undefined };
  }
  const about = positional?.help ?? "";
  return known((positional?.choices ?? []).map((word) => ({ word, about })), current);
}

/** Values of an option; of a list, what follows the last comma. */
function valuesOf(spec: OptionSpec | undefined, current: string, before: string): Wanted {
  if (spec?.type === "integer") return known(numbers(spec), current, before);
  if (spec === undefined || (spec.type !== "text" && spec.type !== "list")) return known([], "");
  const cut = spec.type === "list" ? current.lastIndexOf(",") + 1 : 0;
  const [earlier, prefix] = [`${before}${current.slice(0, cut)}`, current.slice(cut)];
  if (spec.completes !== undefined && spec.completes !== "command") {
    return { kind: spec.completes, prefix, before: earlier, among: spec.among };
  }
  const taken = new Set(current.slice(0, cut).split(","));
  const words = (spec.choices ?? spec.known ?? []).filter((word) => !taken.has(word));
  return known(words.map((word) => ({ word, about: "" })), prefix, earlier);
}

/** Numbers of which there is but a handful. */
const FEW = 10;

function numbers({ min, max, help }: OptionSpec & { readonly type: "integer" }): Candidate[] {
  if (max - min >= FEW) return [];
  return Array.from({ length: max - min + 1 }, (_, index) => ({
    word: String(min + index),
    about: help,
  }));
}

function known(words: readonly Candidate[], prefix: string, before = ""): Wanted {
  const fitting = words.filter(({ word }) => word.startsWith(prefix));
  return {
    kind: "words",
    candidates: fitting.map(({ word, about }) => ({ word: before + word, about })),
  };
}

function own(options: OptionSpecs, name: string): OptionSpec | undefined {
  return Object.hasOwn(options, name) ? options[name] : undefined;
}

function specOf(word: string, options: OptionSpecs): OptionSpec | undefined {
  if (word.startsWith("--")) return own(options, word.slice(2));
  return Object.values(options).find(({ short }) => short !== undefined && word === `-${short}`);
}

function takesNext(word: string, options: OptionSpecs): boolean {
  const spec = specOf(word, options);
  return spec !== undefined && spec.type !== "flag";
}
