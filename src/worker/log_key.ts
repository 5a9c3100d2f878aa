import { join } from "node:path";

/** What a run is for, as its log says. */
export type RunKind = "task" | "msg" | "help";

/** Files of one run. */
export interface RunFiles {
  /** Name common to all of them. */
  readonly key: string;
  /** What the agent printed. */
  readonly log: string;
  /** Its whole answer. */
  readonly result: string;
  /** What the task's own check printed. */
  readonly verifyLog: string;
}

/**
 * The files of a run, `{task|msg|help}-{id}-{UTC time}`: `task-0000000012-20260102T030405678Z`. An id
 * names its own kind, so it is not said twice.
 */
export function runFiles(cacheDir: string, kind: RunKind, id: string, now: number): RunFiles {
  const time = new Date(now).toISOString().replace(/[-:.]/g, "");
  const serial = id.slice(id.lastIndexOf("-") + 1);
  const key = `${kind}-${serial}-${time}`;
  return {
    key,
    log: join(cacheDir, `${key}.log`),
    result: join(cacheDir, `${key}-result.md`),
    verifyLog: join(cacheDir, `${key}-verify.log`),
  };
}
