import { execFile } from "node:child_process";
import type { CommandOutcome, Processes } from "../processes.ts";

const MAX_OUTPUT_BYTES = 1024 * 1024;

/** The machine's programs. */
export const nodeProcesses: Processes = {
  run: ([program = "", ...args], { cwd, timeoutMs }) =>
    new Promise<CommandOutcome>((resolve) => {
      const options = { cwd, timeout: timeoutMs, maxBuffer: MAX_OUTPUT_BYTES };
      const child = execFile(program, args, options, (error, out, err) => {
        if (error === null) resolve({ kind: "ended", exitCode: 0, stdout: out, stderr: err });
        else if (error.code === "ENOENT" || error.code === "EACCES") resolve({ kind: "missing" });
        else if (error.killed === true) resolve({ kind: "timed_out" });
        else {
          const exitCode = typeof error.code === "number" ? error.code : 1;
          resolve({ kind: "ended", exitCode, stdout: out, stderr: err });
        }
      });
      child.stdin?.end();
    }),
};
