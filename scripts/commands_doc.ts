// Writes docs/commands.md from the definitions of the commands: deno run -A scripts/commands_doc.ts
// (or a Node that runs TypeScript). A test fails while the file is not current.

import { writeFileSync } from "node:fs";
import type { Command, CommandEntry, Group } from "../cmd/cli/command.ts";
import { GLOBAL_OPTIONS } from "../cmd/cli/globals.ts";
import { GROUP_TITLES, optionHelp, positionalHelp, usageLine } from "../cmd/cli/help.ts";
import type { OptionSpecs } from "../cmd/cli/options.ts";
import { COMMANDS } from "../cmd/table.ts";

const INTRODUCTION = `# Commands

Made by \`scripts/commands_doc.ts\` from the definitions in \`cmd/\`; \`claude-orchestrator help <command>\`
says the same. What the commands print, and how they fail, is in [json.md](json.md).
`;

/** The text of docs/commands.md. */
export async function commandsDoc(): Promise<string> {
  const shown = COMMANDS.filter((entry) => !entry.hidden);
  const groups = Object.keys(GROUP_TITLES) as Group[];
  const sections = await Promise.all(groups.map(async (group) => {
    const entries = shown.filter((entry) => entry.group === group);
    if (entries.length === 0) return "";
    const parts = await Promise.all(
      entries.map(async (entry) => commandSection(entry, (await entry.load()).default)),
    );
    return [`## ${GROUP_TITLES[group]}\n`, ...parts].join("\n");
  }));
  const globals = `## Options of every command\n\nBefore or after the command's name.\n\n${
    optionsTable(GLOBAL_OPTIONS)
  }\n`;
  return [INTRODUCTION, globals, ...sections.filter((section) => section !== "")].join("\n");
}

function commandSection(entry: CommandEntry, command: Command): string {
  const { output, positionals = [] } = command;
  const printed = output.kind === "text"
    ? "Prints text."
    : `Prints a ${output.kind}: \`claude-orchestrator schema ${entry.name}\`.`;
  const positionalRows = positionals.map((each) => `- \`${each.name}\`: ${positionalHelp(each)}`);
  const blocks = [
    `### ${entry.name}`,
    `${entry.summary}. ${command.description ?? ""}`.trim(),
    ...(entry.aliases?.length ? [`Alias: \`${entry.aliases.join("`, `")}\`.`] : []),
    `    ${usageLine(entry.name, command)}`,
    ...(positionalRows.length > 0 ? [positionalRows.join("\n")] : []),
    ...(Object.keys(command.options).length > 0 ? [optionsTable(command.options)] : []),
    command.examples.map(({ says, command: line }) => `    # ${says}\n    ${line}`).join("\n\n"),
    output.streamSchema === undefined
      ? printed
      : `${printed} With \`${
        output.streamsWith ?? "--watch"
      }\`, JSON lines: \`claude-orchestrator schema ${entry.name} --stream\`.`,
  ];
  return `${blocks.join("\n\n")}\n`;
}

function optionsTable(options: OptionSpecs): string {
  const rows = Object.entries(options).map(([name, spec]) => {
    const short = spec.short ? `-${spec.short}, ` : "";
    const value = spec.type === "flag" ? "" : ` <${spec.placeholder}>`;
    return `| \`${escapeCell(`${short}--${name}${value}`)}\` | ${escapeCell(optionHelp(spec))} |`;
  });
  return ["| option | |", "|---|---|", ...rows].join("\n");
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|");
}

if (import.meta.main) {
  writeFileSync(new URL("../docs/commands.md", import.meta.url), await commandsDoc());
}
