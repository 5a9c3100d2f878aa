import type { Command, CommandEntry, Example, Group, Positional } from "./command.ts";
import type { OptionSpec, OptionSpecs } from "./options.ts";
import { GLOBAL_OPTIONS } from "./globals.ts";
import { columns, foldedCommand, PAGE_COLUMNS, wrapped } from "./lines.ts";

export const PROGRAM = "claude-orchestrator";

export const GROUP_TITLES: Readonly<Record<Group, string>> = {
  team: "Team",
  chain: "Requirements and chains",
  task: "Tasks",
  message: "Messages",
  context: "Shared context",
  system: "This machine",
};

/** Help of the whole program: a first session, then every command with its summary. */
export function programHelp(entries: readonly CommandEntry[]): string {
  const shown = entries.filter((entry) => !entry.hidden);
  const width = Math.max(...shown.map((entry) => entry.name.length));
  const groups = (Object.keys(GROUP_TITLES) as Group[]).flatMap((group) => {
    const rows = shown.filter((entry) => entry.group === group);
    if (rows.length === 0) return [];
    const lines = columns(rows.map(({ name, summary }) => [name.padEnd(width), summary]));
    return [`${GROUP_TITLES[group]}:`, ...lines, ""];
  });
  return [
    "Turns several Claude Code CLIs, on one machine or on many, into one team",
    "",
    "Examples:",
    `  $ ${PROGRAM} register --name Jerry --role builder`,
    `  $ ${PROGRAM} push-task --title "Add a login page"`,
    `  $ ${PROGRAM} claim-task | jq -r .id`,
    `  $ ${PROGRAM} list-tasks --status pending --output table`,
    "",
    `Usage: ${PROGRAM} <command> [options]   (also installed as "cco")`,
    "",
    ...groups,
    "Options of every command:",
    ...optionLines(GLOBAL_OPTIONS),
    "",
    `"${PROGRAM} help <command>" says more about one; data goes to`,
    "stdout as JSON, errors to stderr",
    "",
  ].join("\n");
}

/** Help of one command, examples first. */
export function commandHelp(entry: CommandEntry, command: Command): string {
  const options = optionLines(command.options);
  const positionals = command.positionals ?? [];
  return [
    entry.summary,
    "",
    ...(command.description ? [...wrapped(command.description, PAGE_COLUMNS), ""] : []),
    "Examples:",
    ...command.examples.flatMap(exampleLines),
    "",
    ...usageLines(entry.name, command),
    ...(entry.aliases?.length ? [`Alias: ${entry.aliases.join(", ")}`] : []),
    "",
    ...(positionals.length > 0
      ? ["Arguments:", ...columns(positionals.map((each) => [each.name, positionalHelp(each)])), ""]
      : []),
    ...(options.length > 0 ? ["Options:", ...options, ""] : []),
    "Options of every command:",
    ...optionLines(GLOBAL_OPTIONS),
    "",
  ].join("\n");
}

function exampleLines({ says, command }: Example): string[] {
  const [first, ...rest] = foldedCommand(command, PAGE_COLUMNS - 4);
  return [`  # ${says}`, `  $ ${first}`, ...rest.map((line) => `    ${line}`)];
}

function usageLines(name: string, command: Command): string[] {
  const [first, ...rest] = wrapped(usageLine(name, command), PAGE_COLUMNS - 7);
  return [`Usage: ${first}`, ...rest.map((line) => `         ${line}`)];
}

/** `claude-orchestrator push-task --title <text> [options]`. */
export function usageLine(name: string, command: Command): string {
  const required = Object.entries(command.options)
    .filter(([, spec]) => spec.required)
    .map(([option, spec]) => `--${option}${placeholder(spec)}`);
  const optional = Object.values(command.options).some((spec) => !spec.required);
  const positionals = (command.positionals ?? []).map(positionalUsage);
  return [PROGRAM, name, ...required, ...positionals, ...(optional ? ["[options]"] : [])].join(" ");
}

function positionalUsage({ name, optional, rest }: Positional): string {
  const word = `${name === "-" ? name : `<${name}>`}${rest ? "…" : ""}`;
  return optional ? `[${word}]` : word;
}

function placeholder(spec: OptionSpec): string {
  return spec.type === "flag" ? "" : ` <${spec.placeholder}>`;
}

/** What help says of an option beside its own text: choices, repetition, default. */
export function optionHelp(spec: OptionSpec): string {
  const choices = "choices" in spec ? spec.choices : undefined;
  const known = "known" in spec ? spec.known : undefined;
  const notes = [
    ...(spec.required ? ["required"] : []),
    ...(choices ? [`one of ${choices.join(", ")}`] : []),
    ...(known ? [`such as ${known.join(", ")}`] : []),
    ...(spec.type === "list" ? ["repeatable, or separated by commas"] : []),
    ...(spec.type === "pairs" ? ["repeatable"] : []),
    ...(spec.default === undefined ? [] : [`default: ${spec.default}`]),
  ];
  return notes.length > 0 ? `${spec.help} (${notes.join("; ")})` : spec.help;
}

/** What help says of an argument beside its own text: choices, whether it may be missing. */
export function positionalHelp({ name, help, optional, choices }: Positional): string {
  const notes = [
    // An argument that can only be "-" is called so.
    ...(choices && choices.join() !== name ? [`one of ${choices.join(", ")}`] : []),
    ...(optional ? ["optional"] : []),
  ];
  return notes.length > 0 ? `${help} (${notes.join("; ")})` : help;
}

function optionLines(options: OptionSpecs): string[] {
  return columns(
    Object.entries(options).map(([name, spec]) => [
      `${spec.short ? `-${spec.short}, ` : "    "}--${name}${placeholder(spec)}`,
      optionHelp(spec),
    ]),
  );
}
