import type { RunLimits } from "../agent/agent_request.ts";
import type { Workshop } from "../agent/workshop.ts";
import type { InstanceId } from "../domain/ids.ts";
import type { Actor } from "../domain/member.ts";
import type { ReportKind } from "../domain/report.ts";
import type { Role } from "../domain/task.ts";
import type { Template } from "../domain/template.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import type { Budget } from "./allowance.ts";
import type { WorkerTeam } from "./ports.ts";
import type { Workplace } from "./workplace.ts";

/** Who the Worker is, and where it works. */
export interface WorkerIdentity {
  readonly id: InstanceId;
  readonly name: string;
  readonly role: Role;
  readonly workDir: string;
  /** Runs at once. */
  readonly capacity: number;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
}

export interface WorkerSettings {
  /** Words of the agent's command. */
  readonly command: readonly string[];
  /** Directory of logs and results; made 0700. */
  readonly cacheDir: string;
  readonly limits: RunLimits;
  /** ms that the command of a task's `verify` may take. */
  readonly verifyMs: number;
  readonly maxTurns?: number | undefined;
  /** What one run may cost. */
  readonly budget?: Budget | undefined;
  /** For every agent: where the team is (`ZK_HOSTS`, `ZK_ROOT_PATH`), and its `PATH`. */
  readonly env: Readonly<Record<string, string>>;
  readonly waits: Waits;
}

/** ms of the Worker's own waits. */
export interface Waits {
  /** After a request that the provider had no capacity for; doubled each time in a row. */
  readonly backOff: { readonly firstMs: number; readonly maxMs: number };
  /** Before the next attempt of a task that failed one; doubled each time. */
  readonly retry: { readonly firstMs: number; readonly maxMs: number };
  /** Pause of the team for a limit of which nobody says when it ends; doubled each time in a row. */
  readonly unknownLimit: { readonly firstMs: number; readonly maxMs: number };
  /** Until a Worker that could not run its agent at all tries again. */
  readonly selfPauseMs: number;
  /** Between two notes of what a run has used so far. */
  readonly billMs: number;
}

export const DEFAULT_WAITS: Waits = {
  backOff: { firstMs: 10_000, maxMs: 300_000 },
  retry: { firstMs: 10_000, maxMs: 300_000 },
  unknownLimit: { firstMs: 60_000, maxMs: 900_000 },
  selfPauseMs: 300_000,
  billMs: 5_000,
};

/** What everything in a Worker works with. */
export interface WorkerContext {
  readonly team: WorkerTeam;
  readonly workshop: Workshop;
  /** Where links are worked on, if that is more than the work directory. */
  readonly workplace?: Workplace | undefined;
  /** `again` is for a task that goes on in its former conversation. */
  readonly template: (kind: ReportKind | "again") => Template;
  readonly identity: WorkerIdentity;
  readonly actor: Actor;
  readonly settings: WorkerSettings;
  readonly clock: Clock;
  readonly random: Random;
  /** Names this process in the marks of the messages that it runs. */
  readonly processName: string;
  /** Shows a line of terminal text. */
  readonly show: (line: string) => void;
  /** Aborted when runs are to be stopped, not finished. */
  readonly stop: AbortSignal;
}
