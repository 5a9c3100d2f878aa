/** To be sourced, or put into a directory of fpath under the name `_claude-orchestrator`. */
export const ZSH = `#compdef claude-orchestrator cco
_claude-orchestrator() {
  local program=\${(Q)words[1]} current=$PREFIX line word expl
  local -a reply found shown
  local -i width=0
  [[ $program == '~/'* ]] && program=$HOME/\${program#*/}
  [[ -x $program || -n \${commands[$program]} ]] || program=claude-orchestrator
  [[ -n $compstate[quote] ]] || current=\${(Q)current}
  reply=("\${(@f)$("$program" __complete -- "\${(@Q)words[2,CURRENT-1]}" "$current" 2>/dev/null </dev/null)}")
  case $reply[1] in
    ':file'$'\\t'*) compset -P '--*='; _files; return ;;
    ':directory'$'\\t'*) compset -P '--*='; _files -/; return ;;
  esac
  for line in "\${reply[@]}"; do
    word=\${line%%$'\\t'*}
    [[ -n $word ]] && found+=("$word") && (( \${#word} > width )) && width=\${#word}
  done
  for line in "\${reply[@]}"; do
    word=\${line%%$'\\t'*}
    [[ -n $word ]] && shown+=("\${(r:width:)word}  \${line#*$'\\t'}")
  done
  (( \${#found} )) && _wanted values expl 'claude-orchestrator' compadd -l -d shown -a found
}
if [[ $funcstack[1] == _claude-orchestrator ]]; then
  _claude-orchestrator "$@"
else
  compdef _claude-orchestrator claude-orchestrator cco
fi
`;
