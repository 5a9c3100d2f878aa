#!/usr/bin/env node
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import process from "node:process";
import { OrchestratorError } from "../src/domain/errors.ts";
import { type Host, OutputClosed, type Sink } from "./cli/host.ts";

// The only place that ends the process, and the only code that every start runs: the rest is loaded
// when it is known what is wanted. It waits until stdout and stderr are written out: an exit in
// the middle of a large write to a pipe would cut it off at 64 KiB.

const EXIT_INTERRUPTED = 130;

/** Streams that were written to; opening one costs a millisecond, so the others stay closed. */
const opened = new Map<"stdout" | "stderr", NodeJS.WriteStream>();

/** Why stdout took less than was written; the stream itself forgets it. */
let lost: Error | undefined;

function open(name: "stdout" | "stderr", onError: () => void): NodeJS.WriteStream {
  const stream = process[name];
  if (!opened.has(name)) {
    opened.set(name, stream);
    stream.on("error", (error) => {
      if (name === "stdout") lost ??= error;
      onError();
    });
  }
  return stream;
}

function sink(name: "stdout" | "stderr", onError: () => void): Sink {
  const stream = () => open(name, onError);
  return {
    write: (text) => void stream().write(text),
    ready: () => writable(stream()),
    get isTerminal() {
      return stream().isTTY === true;
    },
    get columns() {
      return stream().columns;
    },
  };
}

/** Resolves when the stream takes more, or never will. */
function writable(stream: NodeJS.WriteStream): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
  });
}

/** Resolves when everything written so far has reached the system, or nobody reads it any more. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}

/** How this program was started: as the executable itself, or as a script of Node or Deno. */
function thisProgram(): string[] {
  const { execPath, execArgv, argv } = process;
  const script = scriptAt(argv[1]);
  if (script === null) return [execPath];
  return "Deno" in globalThis ? [execPath, "run", "-A", script] : [execPath, ...execArgv, script];
}

/** The script that a path leads to (npm starts us by a link without an ending), or null. */
function scriptAt(path = ""): string | null {
  try {
    const script = realpathSync(path);
    return /\.[cm]?[jt]s$/.test(script) ? script : null;
  } catch {
    return null;
  }
}

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.length === 1 && argv[0] === "--version") {
    const { versionLine } = await import("./version.ts");
    open("stdout", () => {}).write(`${versionLine()}\n`);
    return await finish(0);
  }
  const interruption = new AbortController();
  const urgency = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    const reason = new OrchestratorError("INTERRUPTED", `Interrupted by ${name}`);
    if (urgency.signal.aborted) process.exit(EXIT_INTERRUPTED);
    else if (interruption.signal.aborted) urgency.abort(reason);
    else interruption.abort(reason);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  // Both the terminal that is gone and the shell in it may say so: that is no second wish.
  process.on("SIGHUP", () => {
    if (!interruption.signal.aborted) onSignal("SIGHUP");
  });

  const host: Host = {
    env: process.env,
    cwd: process.cwd(),
    home: process.env["HOME"] ?? homedir(),
    stdout: sink("stdout", () => interruption.abort(new OutputClosed())),
    stderr: sink("stderr", () => {}),
    get stdinIsTerminal() {
      return process.stdin.isTTY === true;
    },
    stdin: () => process.stdin,
    get program() {
      return thisProgram();
    },
    signal: interruption.signal,
    urgent: urgency.signal,
  };
  const { run } = await import("./app.ts");
  await finish(await run(argv, host));
}

/**
 * The status: 1, with the reason on stderr, where a command that succeeded could not say what it
 * had to say, as on a full disk. A reader that went away is no failure.
 */
async function statusAfterWriting(status: number): Promise<number> {
  // An error of the last write may not have been told yet.
  const failure = lost ?? opened.get("stdout")?.errored;
  if (!failure || status !== 0 || ("code" in failure && failure.code === "EPIPE")) return status;
  const { errorLine, reportOf } = await import("./errors.ts");
  const { report, exitStatus } = reportOf(failure);
  const line = errorLine({ ...report, message: `Cannot write to stdout: ${report.message}` });
  const stderr = open("stderr", () => {});
  stderr.write(line);
  await drained(stderr);
  return exitStatus;
}

async function finish(status: number): Promise<void> {
  process.exitCode = status;
  await Promise.all([...opened.values()].map(drained));
  process.exitCode = await statusAfterWriting(status);
  process.exit();
}

/** A defect: said like every other error, without a stack trace. */
async function crash(error: unknown): Promise<void> {
  const { errorLine, reportOf } = await import("./errors.ts");
  const { report, exitStatus } = reportOf(error);
  open("stderr", () => {}).write(errorLine(report));
  await finish(exitStatus);
}

process.on("uncaughtException", crash).on("unhandledRejection", crash);
main().catch(crash);
