#!/usr/bin/env node
import { homedir } from "node:os";
import process from "node:process";
import { OrchestratorError } from "../src/domain/errors.ts";
import { run } from "./app.ts";
import { type Host, OutputClosed, type Sink } from "./cli/host.ts";
import { errorLine, reportOf } from "./errors.ts";

// The only place that ends the process. It waits until stdout and stderr are written out: an exit in
// the middle of a large write to a pipe would cut it off at 64 KiB.

const EXIT_INTERRUPTED = 130;

function sink(stream: NodeJS.WriteStream): Sink {
  return {
    write: (text) => void stream.write(text),
    ready: () =>
      stream.writableNeedDrain && !stream.destroyed
        ? new Promise((resolve) => {
          stream.once("drain", resolve);
          stream.once("close", resolve);
        })
        : Promise.resolve(),
    isTerminal: stream.isTTY === true,
    columns: stream.columns,
  };
}

/** Resolves when everything written so far has reached the system, or nobody reads it any more. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}

async function main(): Promise<void> {
  const interruption = new AbortController();
  const urgency = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    const reason = new OrchestratorError("INTERRUPTED", `Interrupted by ${name}`);
    if (urgency.signal.aborted) process.exit(EXIT_INTERRUPTED);
    else if (interruption.signal.aborted) urgency.abort(reason);
    else interruption.abort(reason);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  process.stdout.on("error", () => interruption.abort(new OutputClosed()));
  process.stderr.on("error", () => {});

  const host: Host = {
    env: process.env,
    cwd: process.cwd(),
    home: process.env["HOME"] ?? homedir(),
    stdout: sink(process.stdout),
    stderr: sink(process.stderr),
    get stdinIsTerminal() {
      return process.stdin.isTTY === true;
    },
    stdin: () => process.stdin,
    signal: interruption.signal,
    urgent: urgency.signal,
  };
  await finish(await run(process.argv.slice(2), host));
}

async function finish(status: number): Promise<void> {
  process.exitCode = status;
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  process.exit();
}

/** A defect: said like every other error, without a stack trace. */
function crash(error: unknown): void {
  const { report, exitStatus } = reportOf(error);
  process.stderr.write(errorLine(report));
  void finish(exitStatus);
}

process.on("uncaughtException", crash).on("unhandledRejection", crash);
main().catch(crash);
