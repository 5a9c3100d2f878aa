import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { OrchestratorError } from "../../domain/errors.ts";
import type { ChildEnd, Children } from "../children.ts";

/**
 * The machine's processes. Each child has a process group of its own, so that a Ctrl+C on the terminal
 * reaches this process alone, which then ends its children in order.
 */
export const nodeChildren: Children = {
  start: async ([program = "", ...args], { cwd, env, logPath }) => {
    let log: number | undefined;
    try {
      log = openSync(logPath, "a", 0o600);
      const child = spawn(program, args, {
        cwd,
        env: { ...env },
        detached: true,
        stdio: ["pipe", log, log],
      });
      const ended = new Promise<ChildEnd>((resolve) => {
        child.once("exit", (code, signal) => resolve({ code, signal }));
      });
      await once(child, "spawn");
      const { pid = 0 } = child;
      return {
        pid,
        ended,
        kill: (signal) => {
          if (child.exitCode === null && child.signalCode === null) process.kill(pid, signal);
        },
      };
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new OrchestratorError("IO_FAILED", `Cannot start "${program}": ${why}`, { cause });
    } finally {
      if (log !== undefined) closeSync(log);
    }
  },
};
