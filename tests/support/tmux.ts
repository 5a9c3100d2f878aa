import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

/** ms between two looks at a screen: tmux tells nobody that it has changed. */
const LOOK_MS = 40;
const PATIENCE_MS = 20_000;

/** Whether this machine has tmux. */
export function hasTmux(): boolean {
  return spawnSync("tmux", ["-V"]).status === 0;
}

/** A real terminal, on a tmux server of its own, with a shell in it. */
export class TmuxTerminal {
  readonly #socket = `screen-test-${randomBytes(6).toString("hex")}`;

  constructor(size: { readonly columns: number; readonly rows: number }) {
    this.#tmux(
      ...["-u", "-f", "/dev/null", "new-session", "-d", "-s", "it"],
      ...["-x", String(size.columns), "-y", String(size.rows)],
      ...["env", "LC_ALL=C.UTF-8", "PS1=ready> ", "bash", "--norc", "--noprofile"],
    );
  }

  /** What is on it, a line a row. */
  screen(): string {
    return this.#tmux("capture-pane", "-p", "-t", "it");
  }

  /** Types a line, or keys as tmux names them (`C-c`). */
  type(line: string): void {
    this.#tmux("send-keys", "-t", "it", "-l", line);
    this.keys("Enter");
  }

  keys(...keys: readonly string[]): void {
    this.#tmux("send-keys", "-t", "it", ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-t", "it", "-x", String(columns), "-y", String(rows));
  }

  /** tmux's own word on the terminal: `alternate_on`, `cursor_flag`, `wrap_flag`. */
  fact(name: string): string {
    return this.#tmux("display-message", "-p", "-t", "it", `#{${name}}`).trim();
  }

  /** Process id of the program that the shell runs in it, found by its command. */
  pidOf(part: string): number {
    const shell = this.#tmux("display-message", "-p", "-t", "it", "#{pane_pid}").trim();
    const rows = execFileSync("ps", ["-o", "pid=,args=", "--ppid", shell], { encoding: "utf8" });
    const row = rows.split("\n").find((each) => each.includes(part));
    if (row === undefined) throw new Error(`No process with "${part}" in: ${rows}`);
    return Number(row.trim().split(/\s+/)[0]);
  }

  /** The screen as soon as it matches. Throws, with what is there, where it does not in time. */
  async until(pattern: RegExp, patienceMs = PATIENCE_MS): Promise<string> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const screen = this.screen();
      if (pattern.test(screen)) return screen;
      if (performance.now() > deadline) throw new Error(`No ${pattern} on:\n${screen}`);
      await pause(LOOK_MS);
    }
  }

  close(): void {
    spawnSync("tmux", ["-L", this.#socket, "kill-server"]);
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync("tmux", ["-L", this.#socket, ...args], { encoding: "utf8" });
  }
}
