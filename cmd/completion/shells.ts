import { BASH } from "./bash.ts";
import { FISH } from "./fish.ts";
import { POWERSHELL } from "./powershell.ts";
import { ZSH } from "./zsh.ts";

// Each script hands the words before the cursor, and the one under it, to `__complete` (see
// cmd/system/complete_words.ts). What comes back is data: no script evaluates it, and each leaves the
// quoting to its shell. Errors are nobody's business at a prompt: a Tab then offers nothing.

const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH, powershell: POWERSHELL } as const;

export type Shell = keyof typeof SCRIPTS;
export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const satisfies Shell[];

/** The completion script of a shell, to be evaluated by it. */
export function shellScript(shell: Shell): string {
  return SCRIPTS[shell];
}
