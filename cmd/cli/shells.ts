export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

// Each script hands the words before the cursor, and the one under it, to `__complete`, which answers
// with one candidate a line, `word<Tab>description`; a first line `:file` or `:directory` asks for
// paths instead. A bash or zsh function is bound to both names of the program.

const BASH = `_claude_orchestrator() {
  local line reply=() cur="\${COMP_WORDS[COMP_CWORD]}"
  local IFS=$'\\n'
  while read -r line; do reply+=("$line"); done < <(
    "\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" "$cur" 2>/dev/null
  )
  case "\${reply[0]-}" in
    :file) COMPREPLY=($(compgen -f -- "$cur")); compopt -o filenames 2>/dev/null; return ;;
    :directory) COMPREPLY=($(compgen -d -- "$cur")); compopt -o filenames 2>/dev/null; return ;;
  esac
  COMPREPLY=()
  for line in "\${reply[@]}"; do COMPREPLY+=("$(printf %q "\${line%%$'\\t'*}")"); done
}
complete -F _claude_orchestrator claude-orchestrator cco
`;

const ZSH = `#compdef claude-orchestrator cco
_claude_orchestrator() {
  local -a reply shown
  local line
  reply=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT-1]}" "\${words[CURRENT]}" 2>/dev/null)}")
  case "\${reply[1]}" in
    :file) _files; return ;;
    :directory) _files -/; return ;;
  esac
  for line in "\${reply[@]}"; do
    [[ -n "$line" ]] && shown+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe 'claude-orchestrator' shown
}
if [[ "\${funcstack[1]}" == _claude_orchestrator ]]; then
  _claude_orchestrator "$@"
else
  compdef _claude_orchestrator claude-orchestrator cco
fi
`;

const FISH = `function __claude_orchestrator_words
  set -l tokens (commandline -opc)
  set -l cur (commandline -ct)
  set -l reply ($tokens[1] __complete -- $tokens[2..-1] "$cur" 2>/dev/null)
  switch "$reply[1]"
    case ':file'
      __fish_complete_path "$cur"
    case ':directory'
      __fish_complete_directories "$cur"
    case '*'
      printf '%s\\n' $reply
  end
end
complete -c claude-orchestrator -f -a '(__claude_orchestrator_words)'
complete -c cco -f -a '(__claude_orchestrator_words)'
`;

/** The completion script of a shell, to be evaluated by it. */
export function shellScript(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell];
}
