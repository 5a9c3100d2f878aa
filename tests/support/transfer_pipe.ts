import type { CommandShell } from "./command_shell.ts";

/** `coordinator export` of one shell into `coordinator import -` of another. Throws where either fails. */
export async function carry(
  from: CommandShell,
  to: CommandShell,
  ...options: string[]
): Promise<Record<string, unknown>> {
  const exported = await from.run("coordinator", "export");
  if (exported.status !== 0) throw new Error(`The export failed: ${exported.stderr}`);
  const argv = ["coordinator", "import", "-", ...options];
  const imported = await to.start(argv, { stdin: exported.stdout }).ended;
  if (imported.status !== 0) throw new Error(`The import failed: ${imported.stderr}`);
  return JSON.parse(imported.stdout);
}
