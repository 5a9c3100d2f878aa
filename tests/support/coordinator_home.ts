import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { asProgram, type Ended, type Running, type RunOptions } from "./command_shell.ts";
import { freePorts } from "./free_port.ts";
import { EXECUTABLE } from "./worker_process.ts";

/** What `coordinator start` and `status` print. */
export interface CoordinatorView {
  readonly status: string;
  readonly running?: boolean;
  readonly pid: number;
  readonly port: number;
  readonly address: string;
  readonly started?: string;
  readonly data_dir: string;
  readonly [field: string]: unknown;
}

/** Somebody's home on a machine where nothing runs, with a port of its own for the coordinator. */
export interface CoordinatorHome {
  readonly port: number;
  readonly project: string;
  readonly dataDir: string;
  start(argv: readonly string[], options?: RunOptions): Running;
  run(...argv: string[]): Promise<Ended>;
  /** The JSON that a command prints. Throws where it fails. */
  json<T = CoordinatorView>(...argv: string[]): Promise<T>;
  /** The error that a command ends with, and its status. Throws where it succeeds. */
  failure(...argv: string[]): Promise<{ exit: number; code: string; [field: string]: unknown }>;
  /** SIGKILL to the coordinator; resolves when it is gone. */
  killCoordinator(): Promise<void>;
}

/** Opens a home for the running test; `env` is added to every command's environment. */
export async function coordinatorHome(
  env: Readonly<Record<string, string>> = {},
  dataDir?: string,
): Promise<CoordinatorHome> {
  const directory = mkdtempSync(join(tmpdir(), "home-"));
  const [home, project] = [join(directory, "home"), join(directory, "project")];
  for (const path of [home, project]) mkdirSync(path);
  const [port = 0] = await freePorts(1);
  const data = dataDir ?? join(home, ".claude-orchestrator/coordinator");
  const starter = asProgram(EXECUTABLE);
  const all = {
    CLAUDE_ORCHESTRATOR_COORDINATOR_PORT: String(port),
    CLAUDE_ORCHESTRATOR_COORDINATOR_DATA_DIR: data,
    ...env,
  };
  const running = new Set<Running>();
  const start = (argv: readonly string[], options: RunOptions = {}) => {
    const command = starter(argv, {
      cwd: project,
      home,
      ...options,
      env: { ...all, ...options.env },
    });
    running.add(command);
    command.ended.finally(() => running.delete(command)).catch(() => {});
    return command;
  };
  const run = (...argv: string[]) => start(argv).ended;
  const json = async <T>(...argv: string[]) => {
    const { status, stdout, stderr } = await run(...argv);
    if (status !== 0) throw new Error(`${argv.join(" ")} ended with ${status}: ${stderr}`);
    return JSON.parse(stdout) as T;
  };
  onTestFinished(async () => {
    // Twice: a Worker or a Leader that a failed test has left waits for nothing then.
    for (const command of [...running, ...running]) command.interrupt();
    await Promise.all([...running].map(({ ended }) => ended));
    await run("coordinator", "stop");
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    port,
    project,
    dataDir: data,
    start,
    run,
    json,
    failure: async (...argv) => {
      const { status, stdout, stderr } = await run(...argv);
      if (status === 0) throw new Error(`${argv.join(" ")} succeeded: ${stdout}`);
      return { exit: status, ...JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "").error };
    },
    killCoordinator: async () => {
      const { pid } = await json<CoordinatorView>("coordinator", "status");
      process.kill(pid, "SIGKILL");
      while ((await json<CoordinatorView>("coordinator", "status")).status !== "not_running");
    },
  };
}

/** Whether a program listens on an address of this machine; asked by a program of its own. */
export function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const code = `require("net").connect(${port}, ${JSON.stringify(host)})` +
      `.on("connect", () => process.exit(0)).on("error", () => process.exit(1))`;
    spawn(process.execPath, ["-e", code]).once("close", (status) => resolve(status === 0));
  });
}
