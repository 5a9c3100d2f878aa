import { spawnSync } from "node:child_process";
import { TmuxTerminal } from "./tmux.ts";

export type PromptShell = "bash" | "zsh" | "fish";

/** How each becomes the shell of the terminal, without anybody's own settings, and loads the script. */
const BEGINNINGS: Readonly<Record<PromptShell, readonly string[]>> = {
  bash: ['eval "$(claude-orchestrator completions bash)"'],
  zsh: [
    "exec zsh -f",
    "PS1='ready> '; autoload -Uz compinit; compinit -D -u",
    'eval "$(claude-orchestrator completions zsh)"',
  ],
  fish: [
    "exec fish --no-config",
    "function fish_prompt; printf 'ready> '; end; set -g fish_autosuggestion_enabled 0",
    "claude-orchestrator completions fish | source",
  ],
};

const MAX_ATTEMPTS = 20;
const LIST_PATIENCE_MS = 2_000;

/** Whether this machine has the shell. */
export function hasShell(shell: PromptShell): boolean {
  return spawnSync(shell, ["-c", "true"]).status === 0;
}

/** Somebody at the prompt of a shell that completes our commands, in a terminal of its own. */
export class ShellPrompt {
  #tabs = 0;
  readonly terminal = new TmuxTerminal({ columns: 200, rows: 50 });

  /** `environment` in the directory; its PATH has to lead to the program. */
  async begin(
    shell: PromptShell,
    directory: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<void> {
    const variables = Object.entries(environment).map(([name, value]) => `${name}='${value}'`);
    this.terminal.type(`cd '${directory}'; export ${variables.join(" ")}`);
    for (const line of BEGINNINGS[shell]) this.terminal.type(line);
    this.terminal.type("echo loa''ded");
    await this.terminal.until(/^loaded$/m);
    this.#clear();
  }

  /**
   * What the line is once somebody has typed this and pressed Tab; again, as a person would, while it stays
   * as it was and is not to: a Tab does not wait for a machine that is busy.
   */
  async completed(typed: string, isToStay = false): Promise<string> {
    for (let attempt = 1;; attempt++) {
      const { line } = await this.#tab(typed, 1);
      if (line !== typed || isToStay || attempt === MAX_ATTEMPTS) return line;
    }
  }

  /** All that is shown once somebody has typed this and pressed Tab twice, as soon as it matches. */
  async listed(typed: string, pattern: RegExp): Promise<string> {
    for (let attempt = 1;; attempt++) {
      this.terminal.keys("-l", typed);
      this.terminal.keys("Tab", "Tab");
      try {
        return await this.terminal.until(pattern, LIST_PATIENCE_MS);
      } catch (error) {
        if (attempt === MAX_ATTEMPTS) throw error;
      } finally {
        this.#clear();
      }
    }
  }

  /** All that is shown where two Tabs are to change nothing. */
  async unanswered(typed: string): Promise<string> {
    const { screen } = await this.#tab(typed, 2);
    return screen.trim();
  }

  async #tab(typed: string, times: number): Promise<{ line: string; screen: string }> {
    // A shell takes what is typed behind a Tab once it is through with that.
    const mark = `END${++this.#tabs}`;
    this.terminal.keys("-l", typed);
    this.terminal.keys(...Array.from({ length: times }, () => "Tab"));
    this.terminal.keys("-l", mark);
    const screen = await this.terminal.until(new RegExp(`^ready> .*${mark}`, "m"));
    this.#clear();
    const line = screen.split("\n").find((each) => each.includes(mark)) ?? "";
    return { line: line.slice("ready> ".length, line.indexOf(mark)), screen };
  }

  close(): void {
    this.terminal.close();
  }

  #clear(): void {
    this.terminal.keys("C-u", "C-l");
  }
}
