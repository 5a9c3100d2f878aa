import { defineCommand } from "../cli/command.ts";
import { type Shell, SHELLS, shellScript } from "../completion/shells.ts";

/** The script that makes a shell ask this program for the words that may follow. */
export default defineCommand({
  description:
    "The script asks the program itself at each Tab, so that ids of tasks, chains, requirements and " +
    "messages, names of members and keys of values are those of the moment, and fit the command. " +
    "Without ZooKeeper it offers commands, options and their known values, and says nothing. Also for " +
    "the name cco.",
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
        "~/.config/fish/conf.d/claude-orchestrator.fish",
    },
    {
      says: "PowerShell: into the file that $PROFILE names",
      command: "claude-orchestrator completions powershell | Out-String | Invoke-Expression",
    },
  ],
  output: { kind: "text" },
  run: async (deps, _options, [shell]) => {
    await deps.out.text(shellScript(shell as Shell));
  },
});
