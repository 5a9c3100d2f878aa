import { type ChildProcess, spawn } from "node:child_process";
import type { CommandOutcome, Processes } from "../processes.ts";

const MAX_OUTPUT_BYTES = 1024 * 1024;
/** ms between SIGTERM and SIGKILL for a command whose time is over. */
const GRACE_MS = 2000;

/** The machine's programs. */
export const nodeProcesses: Processes = {
  run: ([program = "", ...args], options) =>
    new Promise<CommandOutcome>((resolve) => {
      const { cwd, timeoutMs, env, input = "", maxOutputBytes = MAX_OUTPUT_BYTES } = options;
      const child = spawn(program, args, {
        cwd,
        stdio: ["pipe", "pipe", "pipe"],
        windowsHide: true,
        ...(env === undefined ? {} : { env }),
      });
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        end(child);
      }, timeoutMs);
      const stdout = keepUpTo(child.stdout, maxOutputBytes);
      const stderr = keepUpTo(child.stderr, maxOutputBytes);
      child.once("error", (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        if (error.code === "ENOENT" || error.code === "EACCES") return resolve({ kind: "missing" });
        resolve({ kind: "ended", exitCode: 1, stdout: "", stderr: error.message });
      });
      child.once("close", (code) => {
        clearTimeout(timer);
        if (isLate) return resolve({ kind: "timed_out" });
        const [out, err] = [stdout(), stderr()];
        resolve({
          kind: "ended",
          exitCode: code ?? 128,
          stdout: out.text,
          stderr: err.text,
          ...(out.truncated || err.truncated ? { truncated: true } : {}),
        });
      });
      // A command that does not read its input breaks the pipe: its end tells what happened.
      child.stdin.on("error", () => undefined);
      child.stdin.end(input);
    }),
};

function end(child: ChildProcess): void {
  child.kill("SIGTERM");
  const timer = setTimeout(() => {
    child.kill("SIGKILL");
    // Whoever has inherited the pipes keeps them open; nothing more is read from them.
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, GRACE_MS);
  child.once("close", () => clearTimeout(timer));
}

/** Reads a stream to its end and keeps its beginning; the function tells what was kept so far. */
function keepUpTo(stream: NodeJS.ReadableStream, maxBytes: number) {
  const chunks: Buffer[] = [];
  let kept = 0;
  let truncated = false;
  stream.on("data", (chunk: Buffer) => {
    const part = chunk.subarray(0, maxBytes - kept);
    truncated ||= part.length < chunk.length;
    kept += part.length;
    if (part.length > 0) chunks.push(part);
  });
  return () => ({ text: Buffer.concat(chunks).toString("utf8"), truncated });
}
