import type { Command } from "../../cmd/cli/command.ts";
import { findEntry } from "../../cmd/cli/find_entry.ts";
import { GLOBAL_OPTIONS } from "../../cmd/cli/globals.ts";
import {
  checkPositionals,
  findCommand,
  parseOptions,
  requireOptions,
} from "../../cmd/cli/parse.ts";
import { COMMANDS } from "../../cmd/table.ts";
import { splitCommand } from "../../src/domain/command_line.ts";

/** A command of ours that a document shows. */
export interface ShownCommand {
  readonly line: number;
  readonly text: string;
  /** Shown as something to type, not only mentioned: then it must be complete. */
  readonly whole: boolean;
}

const PROGRAM = /(?:^|[\s`(|;&])(?:npx )?(?:claude-orchestrator|cco) +(?=[a-z-])/g;

/** Up to what ends a command in a shell, outside of quotes. */
function upToEnd(text: string): string {
  let quote = "";
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (quote !== "") {
      if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if ("|;&)`><".includes(character)) return text.slice(0, index).replace(/ \d$/, "");
    else if (character === "#" && /\s/.test(text.charAt(index - 1))) return text.slice(0, index);
  }
  return text;
}

function commandsIn(text: string): string[] {
  return [...text.matchAll(PROGRAM)].map((match) =>
    upToEnd(text.slice(match.index + match[0].length)).trim()
  );
}

/** The commands in a Markdown text: in fenced or indented blocks, and between backquotes. */
export function shownCommands(markdown: string): ShownCommand[] {
  const shown: ShownCommand[] = [];
  let fenced = false;
  // A backslash at the end of a line joins it with the next one, as the shell does.
  const lines = markdown.replace(/\\\n/g, "  ").split("\n");
  for (const [index, text] of lines.entries()) {
    if (/^\s*(```|~~~)/.test(text)) {
      fenced = !fenced;
      continue;
    }
    const whole = fenced || /^ {4}/.test(text);
    const places = whole ? [text] : [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
    for (const command of places.flatMap(commandsIn)) {
      shown.push({ line: index + 1, text: command, whole });
    }
  }
  return shown;
}

function checkChoices(specs: Command["options"], values: Readonly<Record<string, unknown>>): void {
  for (const [name, spec] of Object.entries(specs)) {
    const choices = "choices" in spec ? spec.choices : undefined;
    const given = [values[name] ?? []].flat();
    const wrong = given.find((value) => choices && !choices.includes(String(value)));
    if (wrong !== undefined) throw new Error(`--${name} cannot be ${wrong}`);
  }
}

/** What is wrong with a command by the program's own definitions; null where nothing is. */
export async function problemOf({ text, whole }: ShownCommand): Promise<string | null> {
  try {
    // What a variable of the shell holds is not known: 1 is a text and a number.
    const split = splitCommand(text.replace(/\$\{?\w+\}?/g, "1"));
    if (!split.ok) return split.problem;
    const { name, args } = findCommand(split.words, GLOBAL_OPTIONS);
    if (name === undefined) return null;
    const { default: command } = await findEntry(COMMANDS, name).load();
    const specs = { ...GLOBAL_OPTIONS, ...command.options };
    const { values, positionals } = parseOptions(args, specs);
    checkChoices(specs, values);
    if (whole) requireOptions(command.options, values);
    if (whole) checkPositionals(positionals, command.positionals ?? []);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
