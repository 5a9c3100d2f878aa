import { readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** The first process table of a Linux (PROC_PID_INIT_INO), that of whatever runs in no container. */
const FIRST_TABLE = "4026531836";

/**
 * Where this process runs, so that pids may be compared where it is the same: the machine's name and,
 * in a container, the number of its process table. Containers that share a name, as with Docker's
 * `--network host`, do not share their processes.
 */
export function thisHost(): string {
  return hostOf(hostname(), processTable());
}

/** `table` is the number of the process table; null where that is not known. */
export function hostOf(name: string, table: string | null): string {
  return table === null || table === FIRST_TABLE ? name : `${name}/${table}`;
}

function processTable(): string | null {
  try {
    return /^pid:\[(\d+)\]$/.exec(readlinkSync("/proc/self/ns/pid"))?.[1] ?? null;
  } catch {
    // Linux alone has them, and /proc may be missing.
    return null;
  }
}
