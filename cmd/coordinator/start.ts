import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { claimDirectory } from "../../src/coordinator/storage/data_directory.ts";
import { type ErrorCode, kindOf, OrchestratorError } from "../../src/domain/errors.ts";
import { sleep } from "../../src/platform/clock.ts";
import type { Files } from "../../src/platform/files.ts";
import { nodeDisk } from "../../src/platform/node/disk.ts";
import type { Deps } from "../cli/command.ts";
import { problemOf } from "./problems.ts";
import { holderOf, type ServerFile, writeServerFile } from "./server_file.ts";
import type { CoordinatorSettings } from "./settings.ts";

/** What became of a start. */
export interface Started {
  readonly server: ServerFile;
  /** False where it ran already. */
  readonly isNew: boolean;
}

const LOG_NAME = "coordinator.log";
const LOG_MODE = 0o600;

/** Bytes from which on a log is put aside at the next start; the one before it goes. */
const LOG_BYTES = 1024 * 1024;

/** ms between two looks whether a coordinator that somebody else has started serves by now. */
const LOOK_MS = 20;

/** ms within which a coordinator serves, also one that has a long log to read. */
const SERVES_WITHIN_MS = 60_000;

/** Path of what a coordinator in the background has to say. */
export function logPath(dataDirectory: string): string {
  return join(dataDirectory, LOG_NAME);
}

/**
 * Starts a coordinator in the background, as a process of its own that outlives this one, and waits until
 * it serves. Where one works in the directory already, that one is waited for; one that was started by
 * itself no longer stops by itself if this start was asked for by name. Throws OrchestratorError, among
 * them that with which the other process has ended.
 */
export async function startInBackground(
  deps: Deps,
  settings: CoordinatorSettings,
): Promise<Started> {
  const { dataDirectory } = settings;
  const files = await deps.files();
  try {
    await claimDirectory(nodeDisk, dataDirectory);
  } catch (error) {
    throw problemOf(error, dataDirectory);
  }
  if (await holderOf(files, dataDirectory) === null) {
    const failure = await launch(deps, files, settings);
    if (failure === null) return { server: await untilServing(deps, settings), isNew: true };
    // Somebody else was faster.
    if (failure.code !== "COORDINATOR_RUNNING") throw failure;
  }
  const server = await untilServing(deps, settings);
  if (settings.idleTimeoutMs !== null || server.idle_timeout_ms === null) {
    return { server, isNew: false };
  }
  const kept = { ...server, idle_timeout_ms: null };
  writeServerFile(files, dataDirectory, kept);
  return { server: kept, isNew: false };
}

/** Resolves with null when the new process serves, or with the error that it ended with. */
async function launch(
  deps: Deps,
  files: Files,
  settings: CoordinatorSettings,
): Promise<OrchestratorError | null> {
  const { dataDirectory } = settings;
  const path = logPath(dataDirectory);
  const before = files.status(path)?.bytes ?? 0;
  if (before > LOG_BYTES) files.rename(path, `${path}.1`);
  const log = openSync(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
    LOG_MODE,
  );
  const [program = "", ...words] = [...deps.host.program, ...argumentsOf(settings)];
  const child = spawn(program, words, {
    cwd: dataDirectory,
    env: { ...deps.host.env, ...memoryFlags(deps.host.env) },
    detached: true,
    stdio: ["ignore", "pipe", log],
  });
  closeSync(log);
  const failed = await servesOrEnds(child, deps.signal);
  if (failed === null) return null;
  const said = (files.read(path) ?? "").slice(before > LOG_BYTES ? 0 : before);
  return failureIn(said) ?? new OrchestratorError("IO_FAILED", `The coordinator ${failed}`, {
    hint: `Its log is "${path}"`,
    details: { log: path },
  });
}

/**
 * Node as it starts is set up for short commands, which end before anything is collected. A server stays:
 * with little room for what is young it needs 160 MB where it took 250, with 100,000 nodes, and is no
 * slower. That its start does without the code caches, which belong to other flags, costs 30 ms.
 */
function memoryFlags({ NODE_OPTIONS = "" }: Deps["host"]["env"]): Record<string, string> {
  return "Deno" in globalThis
    ? {}
    : { NODE_OPTIONS: `${NODE_OPTIONS} --max-semi-space-size=2`.trimStart() };
}

function argumentsOf({ port, dataDirectory, idleTimeoutMs }: CoordinatorSettings): string[] {
  return [
    ...["coordinator", "start", "--foreground", "--port", String(port)],
    ...["--data-dir", dataDirectory],
    ...(idleTimeoutMs === null ? [] : ["--idle-timeout", `${idleTimeoutMs}ms`]),
  ];
}

/** null as soon as the process has printed something, which it does once it serves; else how it ended. */
function servesOrEnds(child: ChildProcess, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      child.kill("SIGTERM");
      reject(signal.reason);
    };
    const settle = (outcome: string | null) => {
      signal.removeEventListener("abort", onAbort);
      child.stdout?.destroy();
      child.unref();
      resolve(outcome);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    child.stdout?.once("data", () => settle(null));
    child.once("error", (error) => settle(`could not be started: ${error.message}`));
    child.once("exit", (code, name) => settle(`ended with ${name ?? `status ${code}`}`));
  });
}

/** The last error that a process has said, as its own error here. */
function failureIn(said: string): OrchestratorError | null {
  for (const line of said.trimEnd().split("\n").toReversed()) {
    const error = errorIn(line);
    if (error !== null) return error;
  }
  return null;
}

function errorIn(line: string): OrchestratorError | null {
  try {
    const { code, message, hint, ...details } = JSON.parse(line).error;
    const known = code as ErrorCode;
    // An unknown code would be of the kind "failure" too, so nothing is lost.
    kindOf(known);
    return new OrchestratorError(known, String(message), {
      ...(hint === undefined ? {} : { hint: String(hint) }),
      details,
    });
  } catch {
    return null;
  }
}

async function untilServing(
  deps: Deps,
  { dataDirectory }: CoordinatorSettings,
): Promise<ServerFile> {
  const [clock, files] = await Promise.all([deps.clock(), deps.files()]);
  const deadline = clock.monotonic() + SERVES_WITHIN_MS;
  while (clock.monotonic() < deadline) {
    const holder = await holderOf(files, dataDirectory);
    if (holder?.server) return holder.server;
    if (holder === null) break;
    await sleep(clock, LOOK_MS, deps.signal);
  }
  throw new OrchestratorError("TIMED_OUT", "The coordinator does not serve", {
    hint: `Its log is "${logPath(dataDirectory)}"`,
    details: { data_dir: dataDirectory },
  });
}
