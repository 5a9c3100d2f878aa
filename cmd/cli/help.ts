import type { Command, CommandEntry, Group, Positional } from "./command.ts";
import type { OptionSpec, OptionSpecs } from "./options.ts";
import { GLOBAL_OPTIONS } from "./globals.ts";

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
    const lines = rows.map((entry) => `  ${entry.name.padEnd(width)}  ${entry.summary}`);
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
    `"${PROGRAM} help <command>" says more about one; data goes to stdout as JSON, errors to stderr`,
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
    ...(command.description ? [wrap(command.description, 88), ""] : []),
    "Examples:",
    ...command.examples.flatMap(({ says, command: line }) => [`  # ${says}`, `  $ ${line}`]),
    "",
    `Usage: ${usageLine(entry.name, command)}`,
    ...(entry.aliases?.length ? [`Alias: ${entry.aliases.join(", ")}`] : []),
    "",
    ...(positionals.length > 0
      ? ["Arguments:", ...columns(positionals.map((each) => [`<${each.name}>`, each.help])), ""]
      : []),
    ...(options.length > 0 ? ["Options:", ...options, ""] : []),
    "Options of every command:",
    ...optionLines(GLOBAL_OPTIONS),
    "",
  ].join("\n");
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
  const word = `<${name}>${rest ? "…" : ""}`;
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

function optionLines(options: OptionSpecs): string[] {
  return columns(
    Object.entries(options).map(([name, spec]) => [
      `${spec.short ? `-${spec.short}, ` : "    "}--${name}${placeholder(spec)}`,
      optionHelp(spec),
    ]),
  );
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

function wrap(text: string, width: number): string {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else {
        line = line === "" ? word : `${line} ${word}`;
      }
    }
    lines.push(line);
  }
  return lines.join("\n");
}
