import { defineCommand } from "../cli/command.ts";
import { type Shell, SHELLS, shellScript } from "../cli/shells.ts";

/** The script that makes a shell ask this program for the words that may follow. */
export default defineCommand({
  description:
    "The script asks the program itself at each Tab, so that task ids, members, messages and keys " +
    "are those of the moment; without ZooKeeper it offers commands and options only.",
  options: {},
  positionals: [{ name: "shell", help: "Which shell", choices: SHELLS }],
  examples: [
    {
      says: "bash: into ~/.bashrc",
      command: 'eval "$(claude-orchestrator completions bash)"',
    },
    {
      says: "zsh: into ~/.zshrc, after compinit",
      command: 'eval "$(claude-orchestrator completions zsh)"',
    },
    {
      says: "fish",
      command: "claude-orchestrator completions fish > " +
        "~/.config/fish/completions/claude-orchestrator.fish",
    },
  ],
  output: { kind: "text" },
  run: async (deps, _options, [shell]) => {
    await deps.out.text(shellScript(shell as Shell));
  },
});
