import type * as z from "zod";
import type { CommandEntry } from "../cli/command.ts";
import { PROGRAM } from "../cli/help.ts";
import { commandPage, pageName } from "./command_page.ts";
import { printedFields } from "./printed_fields.ts";
import { programPage } from "./program_page.ts";
import type { Edition } from "./roff.ts";

/** A man page by the name of its file. */
export interface ManPage {
  /** `claude-orchestrator-push-task.1`. */
  readonly file: string;
  readonly text: string;
}

/** The page of one command, or of the program where none is named. */
export async function manPage(
  entries: readonly CommandEntry[],
  entry: CommandEntry | undefined,
  edition: Edition,
): Promise<string> {
  if (entry === undefined) return programPage(entries, edition);
  const { default: command } = await entry.load();
  const schema: z.ZodType | undefined = await command.output.schema?.();
  const fields = schema === undefined ? [] : printedFields(schema);
  return commandPage(entry, command, fields, edition);
}

/** Every page, and for each other name of a command, or of the program, a page that leads to it. */
export async function manPages(
  entries: readonly CommandEntry[],
  edition: Edition,
): Promise<ManPage[]> {
  const shown = entries.filter((entry) => !entry.hidden);
  const pages = [undefined, ...shown].map(async (entry) => {
    const file = `${entry === undefined ? PROGRAM : pageName(entry.name)}.1`;
    const names = entry === undefined ? ["cco"] : (entry.aliases ?? []).map(pageName);
    return [
      { file, text: await manPage(entries, entry, edition) },
      ...names.map((name) => ({ file: `${name}.1`, text: `.so man1/${file}\n` })),
    ];
  });
  return (await Promise.all(pages)).flat();
}
