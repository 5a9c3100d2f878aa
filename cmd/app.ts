import type { Command, CommandEntry } from "./cli/command.ts";
import { findEntry } from "./cli/find_entry.ts";
import { GLOBAL_OPTIONS, type Globals, type OutputFormat } from "./cli/globals.ts";
import { type Host, OutputClosed } from "./cli/host.ts";
import { checkPositionals, findCommand, parseOptions, requireOptions } from "./cli/parse.ts";
import type { Clock } from "../src/platform/clock.ts";
import { makeDeps, timedOut } from "./deps.ts";
import { OrchestratorError } from "../src/domain/errors.ts";
import { errorLine, reportOf } from "./errors.ts";
import { COMMANDS } from "./table.ts";

/** ms that a one-shot command may take in all, so that none ever hangs. */
const DEADLINE_MS = 30_000;

/** ms that a command gets to end by itself once its signal was aborted. */
const GRACE_MS = 1000;

/** Runs one command line to its end and returns the exit status. Never throws, never exits. */
export async function run(argv: readonly string[], host: Host): Promise<number> {
  try {
    const { name, args } = findCommand(argv, GLOBAL_OPTIONS);
    if (name === undefined) return await runProgram(args, host);
    const entry = findEntry(COMMANDS, name);
    const command = (await entry.load()).default;
    return await runCommand(entry, command, args, host);
  } catch (error) {
    return fail(error, host);
  }
}

function fail(error: unknown, host: Host): number {
  if (error instanceof OutputClosed) return 0;
  const { report, exitStatus } = reportOf(error);
  host.stderr.write(errorLine(report));
  return exitStatus;
}

async function runProgram(args: readonly string[], host: Host): Promise<number> {
  const globals = parseOptions(args, GLOBAL_OPTIONS).values as Globals;
  if (globals.version) return await printVersion(host, globals.output);
  const { programHelp } = await import("./cli/help.ts");
  host.stdout.write(programHelp(COMMANDS));
  return 0;
}

/** A line, or the same as an object where JSON was asked for by name. */
async function printVersion(host: Host, format: OutputFormat | undefined): Promise<number> {
  const { versionInfo, versionLine } = await import("./version.ts");
  host.stdout.write(
    format === "json" || format === "jsonl"
      ? `${JSON.stringify(versionInfo())}\n`
      : `${versionLine()}\n`,
  );
  return 0;
}

async function runCommand(
  entry: CommandEntry,
  command: Command,
  args: readonly string[],
  host: Host,
): Promise<number> {
  const { values, positionals } = parseOptions(args, { ...GLOBAL_OPTIONS, ...command.options });
  const globals = values as Globals;
  if (globals.version) return await printVersion(host, globals.output);
  if (globals.help) {
    const { commandHelp } = await import("./cli/help.ts");
    host.stdout.write(commandHelp(entry, command));
    return 0;
  }
  requireOptions(command.options, values);
  checkPositionals(positionals, command.positionals ?? []);
  if (globals.output === "prometheus" && command.output.metrics !== true) {
    throw new OrchestratorError("USAGE", `Command "${entry.name}" has no --output prometheus`, {
      hint: 'Only "claude-orchestrator status" prints metrics',
    });
  }

  const ending = new AbortController();
  const deps = makeDeps(host, globals, ending.signal, COMMANDS, isBrief(command));
  const clock = await deps.clock();
  const onInterrupt = () => ending.abort(host.signal.reason);
  host.signal.addEventListener("abort", onInterrupt, { once: true });
  if (host.signal.aborted) onInterrupt();
  const own = command.deadlineMs === undefined ? DEADLINE_MS : command.deadlineMs;
  const deadlineMs = globals.timeout ?? own;
  const deadline = deadlineMs === null
    ? undefined
    : clock.timer(deadlineMs, () => ending.abort(timedOut(deadlineMs)));
  try {
    const work = command.run(deps, values, positionals);
    await (command.windsDown === true ? work : settled(work, ending.signal, clock));
    return 0;
  } catch (error) {
    return fail(host.signal.reason instanceof OutputClosed ? host.signal.reason : error, host);
  } finally {
    deadline?.cancel();
    host.signal.removeEventListener("abort", onInterrupt);
    await deps.close();
  }
}

/** Whether a command reads a handful of records and ends; lists and streams may read thousands. */
function isBrief({ output, windsDown }: Command): boolean {
  return output.kind === "document" && windsDown !== true;
}

/**
 * The command's own end; or, where it does not end within the grace period after its signal was
 * aborted, the reason of that. A command that carried its change through in that time has succeeded.
 */
function settled(work: Promise<void>, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      const grace = clock.timer(GRACE_MS, () => reject(signal.reason));
      work.finally(() => grace.cancel()).catch(() => {});
    };
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    work.then(resolve, reject);
  });
}
