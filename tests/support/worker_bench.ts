import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Workshop, workshopHere } from "../../src/agent/workshop.ts";
import type { Inbox } from "../../src/coordination/inbox.ts";
import type { TaskQueue } from "../../src/coordination/task_queue.ts";
import { openTeam, type Team } from "../../src/coordination/team.ts";
import { splitCommand } from "../../src/domain/command_line.ts";
import { InstanceId, type TaskId } from "../../src/domain/ids.ts";
import type { Task, TaskStatus } from "../../src/domain/task.ts";
import { nodeFiles } from "../../src/platform/node/files.ts";
import { systemClock } from "../../src/platform/node/system_clock.ts";
import { systemRandom } from "../../src/platform/node/system_random.ts";
import { agentTemplate, workerTemplateName } from "../../src/templates/agents.ts";
import type { WorkerSettings } from "../../src/worker/context.ts";
import type { WorkerTeam } from "../../src/worker/ports.ts";
import type { WorkerSummary } from "../../src/worker/tally.ts";
import type { Workplace } from "../../src/worker/workplace.ts";
import { startWorker } from "../../src/worker/worker.ts";
import type { ZooKeeper } from "../../src/zookeeper/zookeeper.ts";

export interface WorkerSetup {
  readonly name?: string;
  readonly role?: string;
  readonly capacity?: number;
  /** The agent; a command line. */
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly settings?: Partial<WorkerSettings>;
  /** Runs the agents; by default real processes. */
  readonly workshop?: Workshop;
  /** Where links are worked on, and the directory of it. */
  readonly workplace?: Workplace & { readonly directory: string };
  /** Other waits than the short ones of tests. */
  readonly waits?: Partial<WorkerSettings["waits"]>;
}

/** A Worker inside the test's own process, on a directory of its own. */
export interface RunningWorker {
  readonly id: InstanceId;
  readonly directory: string;
  readonly cacheDir: string;
  /** What it has shown. */
  readonly lines: string[];
  /** Resolves when a line has been shown that holds the text. */
  shown(text: string): Promise<void>;
  /** As Ctrl+C once. */
  leave(): void;
  /** As Ctrl+C twice. */
  stop(): void;
  readonly ended: Promise<WorkerSummary>;
}

/** What tells the agents of this process's teams from those of a suite beside it with equal ids. */
export const TEAM_ENV = { ZK_HOSTS: `test-${process.pid}:2181` };

/** Short waits, so that tests see what follows them. */
const QUICK = {
  backOff: { firstMs: 100, maxMs: 400 },
  retry: { firstMs: 50, maxMs: 200 },
  unknownLimit: { firstMs: 500, maxMs: 1000 },
  selfPauseMs: 700,
  billMs: 60_000,
};

export function workerDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "worker-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, "work"));
  return directory;
}

/** A team as the process of one Worker sees it. */
export function teamOn(zk: ZooKeeper, root: string): Team {
  return openTeam({ zk, root, clock: systemClock, random: systemRandom });
}

/** Starts a Worker; it is stopped when the test ends, if not before. */
export function startTestWorker(
  team: WorkerTeam,
  setup: WorkerSetup,
  directory: string = workerDirectory(),
): RunningWorker {
  const { name = "tom", role = "general", capacity = 1, command, env = {} } = setup;
  const id = InstanceId.parse(name);
  const split = splitCommand(command);
  if (!split.ok) throw new Error(split.problem);
  const lines: string[] = [];
  const watchers = new Set<(line: string) => void>();
  const leave = new AbortController();
  const stop = new AbortController();
  const cacheDir = setup.settings?.cacheDir ?? join(directory, "cache");
  const workDir = join(directory, "work");
  const ended = startWorker({
    team,
    workshop: setup.workshop ?? workshopHere(
      { clock: systemClock, random: systemRandom, env: process.env },
      nodeFiles,
    ),
    workplace: setup.workplace,
    template: (kind) => agentTemplate(workerTemplateName(kind), nodeFiles, workDir),
    identity: {
      id,
      name,
      role,
      workDir: setup.workplace?.directory ?? workDir,
      capacity,
      host: hostname(),
      pid: process.pid,
      version: "0.0.0",
    },
    settings: {
      command: split.words,
      cacheDir,
      limits: { stallMs: 60_000, totalMs: 80_000, graceMs: 500 },
      verifyMs: 10_000,
      env: { ...TEAM_ENV, ...env },
      waits: { ...QUICK, ...setup.waits },
      ...setup.settings,
    },
    clock: systemClock,
    random: systemRandom,
    show: (line) => {
      lines.push(line);
      for (const watcher of watchers) watcher(line);
    },
    leave: leave.signal,
    stop: stop.signal,
  });
  ended.catch(() => {});
  onTestFinished(async () => {
    stop.abort();
    await ended.catch(() => {});
  });
  return {
    id,
    directory,
    cacheDir,
    lines,
    shown: (text) =>
      new Promise((resolve) => {
        if (lines.some((line) => line.includes(text))) return resolve();
        const watcher = (line: string) => {
          if (!line.includes(text)) return;
          watchers.delete(watcher);
          resolve();
        };
        watchers.add(watcher);
      }),
    leave: () => leave.abort(),
    stop: () => {
      leave.abort();
      stop.abort();
    },
    ended,
  };
}

/** Resolves with the task when it is as wanted; looks often, since nothing tells. */
export async function untilTask(
  tasks: Pick<TaskQueue, "get">,
  id: TaskId,
  isAsWanted: ((task: Task) => boolean) | TaskStatus,
): Promise<Task> {
  for (;;) {
    const task = await tasks.get(id);
    const isDone = typeof isAsWanted === "string" ? task.status === isAsWanted : isAsWanted(task);
    if (isDone) return task;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The first message that arrives in an inbox. */
export async function firstMessage(inbox: Inbox, owner: InstanceId) {
  const [message] = await inbox.wait(owner, {}, AbortSignal.timeout(80_000));
  if (message === undefined) throw new Error("No message");
  return message;
}
