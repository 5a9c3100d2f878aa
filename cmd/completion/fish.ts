/** To be sourced, or put into a completions directory as `claude-orchestrator.fish` and `cco.fish`. */
export const FISH = `# fish completion of claude-orchestrator
function __claude_orchestrator_complete
  set -l words (commandline -opc)
  set -l typed (commandline -ct)
  set -l program $words[1]
  set -e words[1]
  type -q -- $program; or set program claude-orchestrator
  set -l current (string unescape -- $typed; or string replace -r '^["\\']' '' -- $typed)
  set -l reply ($program __complete -- $words "$current" 2>/dev/null </dev/null)
  switch "$reply[1]"
    case ':file*' ':directory*'
      set -l before (string replace -r '^[^\\t]*\\t' '' -- $reply[1])
      set -l start (string replace -- "$before" '' "$typed")
      for path in (complete -C "'' $start")
        string match -q ':file*' -- $reply[1]; or string match -qr '/(\\t|$)' -- $path; or continue
        printf '%s%s\\n' "$before" $path
      end
    case '*'
      test -n "$reply[1]"; and printf '%s\\n' $reply
  end
end
complete -c claude-orchestrator -f -a '(__claude_orchestrator_complete)'
complete -c cco -f -a '(__claude_orchestrator_complete)'
`;
