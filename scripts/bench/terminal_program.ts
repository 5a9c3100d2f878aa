import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

/** Clock ticks of the kernel in a second, as /proc counts them. */
const TICKS = 100;

/** A program on a terminal of its own (of util-linux's `script`), and what it has written there. */
export class TerminalProgram {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #recent = "";
  #look: (() => void) | undefined;
  bytes = 0;

  constructor(
    { columns, rows }: { readonly columns: number; readonly rows: number },
    args: readonly string[],
  ) {
    const command = `stty cols ${columns} rows ${rows}; exec '${process.execPath}' ${
      args.join(" ")
    }`;
    this.#child = spawn("script", ["-qfec", command, "/dev/null"], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, LC_ALL: "C.UTF-8" },
    });
    this.#ended = new Promise((resolve) => this.#child.once("close", () => resolve()));
    this.#child.stdout?.on("data", (chunk: Uint8Array) => {
      this.bytes += chunk.length;
      // A mark may come in two pieces; a whole screen is well below this.
      this.#recent = (this.#recent + String(chunk)).slice(-100_000);
      this.#look?.();
    });
  }

  /** Resolves when a text has been written; rejects, and ends the program, where it is not. */
  until(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        process.kill(this.#pid, "SIGKILL");
        reject(new Error(`Never shown: ${text}`));
      }, 20_000);
      this.#look = () => {
        if (!this.#recent.includes(text)) return;
        this.#look = undefined;
        clearTimeout(timer);
        resolve();
      };
      this.#look();
    });
  }

  /** Of the program, not of `script`. */
  get #pid(): number {
    const { pid } = this.#child;
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return Number(child);
  }

  /** ms of processor time so far. */
  cpuMs(): number {
    const fields = readFileSync(`/proc/${this.#pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS * 1_000;
  }

  rssMb(): number {
    const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#pid}/status`, "utf8")) ?? [];
    return Number(kb) / 1_024;
  }

  async end(): Promise<void> {
    process.kill(this.#pid, "SIGTERM");
    await this.#ended;
  }
}
