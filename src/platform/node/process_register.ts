import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import type { ProcessRegister } from "../process_identity.ts";

/** Places in /proc/{pid}/stat, counted after the name in parentheses (proc_pid_stat(5)). */
const STATE = 0;
const START_TIME = 19;

/** States of a process that has ended, and whose parent has not asked how. */
const ENDED = ["Z", "X"];

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, but belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** In clock ticks since this start of the machine, and which start that is; null where it has ended. */
function startedByProc(pid: number): string | null {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (ENDED.includes(fields[STATE] ?? "")) return null;
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return `${boot}/${fields[START_TIME]}`;
}

/** By `ps`, where there is no /proc, as on macOS; to the second. */
function startedByPs(pid: number): string {
  return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
}

/**
 * null where the process has ended; "" where it is there and cannot be looked at, so that one can
 * only go by its number.
 */
function started(pid: number): string | null {
  if (!isThere(pid)) return null;
  try {
    return process.platform === "linux" ? startedByProc(pid) : startedByPs(pid);
  } catch {
    return isThere(pid) ? "" : null;
  }
}

/** The processes of this machine, as far as this one's process table reaches. */
export const nodeProcessRegister: ProcessRegister = {
  self: () => ({ pid: process.pid, started: started(process.pid) ?? "" }),
  isAlive: ({ pid, started: then }) => {
    const now = started(pid);
    // Where nothing but the number is known: better a refusal too many than two servers.
    return now !== null && (now === "" || then === "" || now === then);
  },
};
