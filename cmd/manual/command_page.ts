import type { Command, CommandEntry, Example, OutputSpec } from "../cli/command.ts";
import { GLOBAL_OPTIONS } from "../cli/globals.ts";
import { optionHelp, positionalHelp, PROGRAM } from "../cli/help.ts";
import { foldedCommand, PAGE_COLUMNS } from "../cli/lines.ts";
import type { OptionSpec, OptionSpecs } from "../cli/options.ts";
import { exitStatusTerms } from "./exit_status.ts";
import * as roff from "./roff.ts";

/** Columns that an example has: the page without the margins of its block. */
const EXAMPLE_COLUMNS = PAGE_COLUMNS - 12;

/** Name of a command's page, without the section. */
export function pageName(command: string): string {
  return `${PROGRAM}-${command}`;
}

/** The page of one command. `fields` are the names in what it prints, where that has any. */
export function commandPage(
  entry: CommandEntry,
  command: Command,
  fields: readonly string[],
  edition: roff.Edition,
): string {
  const { aliases = [], name, summary } = entry;
  const names = [name, ...aliases].map(pageName).map(roff.inline).join(", ");
  const positionals = (command.positionals ?? []).map((positional) =>
    [roff.italic(positional.name), `${positionalHelp(positional)}.`] as const
  );
  return page([
    // The full name would not fit twice into the first line.
    ...roff.title(`cco-${name}`, edition),
    ...roff.section("NAME", [`${names} \\- ${roff.inline(lowerFirst(summary))}`]),
    ...roff.section("SYNOPSIS", synopsis(name, command)),
    ...roff.section("DESCRIPTION", description(entry, command)),
    ...roff.section("ARGUMENTS", roff.terms(positionals)),
    ...roff.section("OPTIONS", [...optionTerms(command.options), ...globalOptions()]),
    ...roff.section("OUTPUT", printed(name, command.output, fields)),
    ...roff.section("EXIT STATUS", exitStatusTerms()),
    ...roff.section("EXAMPLES", examples(command.examples)),
    ...roff.section("SEE ALSO", [`.BR ${roff.inline(PROGRAM)} (1)`]),
  ]);
}

/** A whole page of its lines. */
export function page(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

function description({ summary, aliases = [] }: CommandEntry, command: Command): string[] {
  return [
    ...roff.prose(`${summary}.`),
    ...(command.description ? roff.paragraphs(command.description) : []),
    ...(aliases.length > 0
      ? [".PP", `It has another name: ${aliases.map(roff.bold).join(", ")}.`]
      : []),
  ];
}

function synopsis(name: string, { options, positionals = [] }: Command): string[] {
  const entries = Object.entries(options);
  const required = entries.filter(([, spec]) => spec.required);
  const optional = entries.filter(([, spec]) => !spec.required);
  const words = [
    ...required.map(([option, spec]) => optionWord(option, spec)),
    ...positionals.map(({ name, optional, rest }) => {
      const word = `${roff.italic(name)}${rest ? roff.inline("…") : ""}`;
      return optional ? `[${word}]` : word;
    }),
    ...optional.map(([option, spec]) => `[${optionWord(option, spec)}]`),
  ];
  return [`.SY "${roff.inline(PROGRAM)} ${roff.inline(name)}"`, ...words, ".YS"];
}

function optionWord(name: string, spec: OptionSpec): string {
  return `${roff.bold(`--${name}`)}${value(spec, "\\ ")}`;
}

function value(spec: OptionSpec, space: string): string {
  return spec.type === "flag" ? "" : `${space}${roff.italic(spec.placeholder)}`;
}

/** A term for each option. */
export function optionTerms(options: OptionSpecs): string[] {
  return roff.terms(
    Object.entries(options).map(([name, spec]) => {
      const short = spec.short ? `${roff.bold(`-${spec.short}`)}, ` : "";
      return [`${short}${roff.bold(`--${name}`)}${value(spec, " ")}`, `${optionHelp(spec)}.`];
    }),
  );
}

function globalOptions(): string[] {
  const names = Object.keys(GLOBAL_OPTIONS).map((name) => roff.bold(`--${name}`));
  return [
    ".PP",
    `Options of every command, described in`,
    `.BR ${roff.inline(PROGRAM)} (1):`,
    `${names.join(", ")}.`,
  ];
}

const FORMS: Readonly<Record<OutputSpec["kind"], string>> = {
  document: "One JSON object on stdout.",
  list: "A JSON array on stdout; with --output jsonl an object a line.",
  stream: "JSON objects on stdout, one a line, each with v, type and time.",
  text: "Text on stdout.",
};

function printed(name: string, output: OutputSpec, fields: readonly string[]): string[] {
  const stream = output.streamSchema === undefined ? [] : [
    `With ${roff.bold(output.streamsWith ?? "--watch")} it prints JSON lines:`,
    `${roff.bold(`${PROGRAM} schema ${name} --stream`)}.`,
  ];
  return [
    ...roff.prose(FORMS[output.kind]),
    ...(fields.length > 0 ? [".PP", `Its fields: ${fields.map(roff.inline).join(", ")}.`] : []),
    ...(output.kind === "text"
      ? []
      : [".PP", `The JSON Schema: ${roff.bold(`${PROGRAM} schema ${name}`)}.`, ...stream]),
    ".PP",
    ...roff.prose("What went wrong goes to stderr, as a JSON object with a code for scripts."),
  ];
}

/** Each example with what it is for. */
export function examples(all: readonly Example[]): string[] {
  return all.flatMap(({ says, command }) => [
    ".PP",
    ...roff.prose(/[?:]$/.test(says) ? says : `${says}:`),
    ...roff.literal(foldedCommand(command, EXAMPLE_COLUMNS)),
  ]);
}

/** `Create a task` as `create a task`; names such as ZooKeeper stay. */
function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
