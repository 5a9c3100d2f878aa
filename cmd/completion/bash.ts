/**
 * For bash 4 and later, and for the 3.2 of macOS, whose paths it completes plainly. bash splits the
 * line at `=`, `:` and `@` too, and replaces only what follows a `=` or `:`, or what begins with the
 * `@`: the words are put together again for the program, and what stands before is taken off its
 * answers.
 */
export const BASH = `# bash completion of claude-orchestrator
_claude_orchestrator_unquote() {
  local text=$1 char
  unquoted= quote=
  case $text in *[\\\\\\"\\']*) ;; *) unquoted=$text; return ;; esac
  while [ -n "$text" ]; do
    char=\${text:0:1} text=\${text:1}
    if [ -n "$quote" ] && [ "$char" = "$quote" ]; then quote=
    elif [ "$quote" = "'" ]; then unquoted+=$char
    elif [ "$char" = "\\\\" ]; then unquoted+=\${text:0:1} text=\${text:1}
    elif [ -z "$quote" ] && { [ "$char" = '"' ] || [ "$char" = "'" ]; }; then quote=$char
    else unquoted+=$char
    fi
  done
}

_claude_orchestrator() {
  local rest=$COMP_LINE word= head= before= space piece i unquoted quote about program
  local words=()
  COMPREPLY=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=\${COMP_WORDS[i]} space=\${rest%%[![:space:]]*}
    rest=\${rest#"$space"} rest=\${rest#"$piece"}
    if [ "$i" -eq 0 ]; then word=$piece
    elif [ -n "$space" ]; then
      _claude_orchestrator_unquote "$word"
      words+=("$unquoted") word=$piece head=
    else
      [ "$before" = @ ] || head=$word
      word+=$piece
    fi
    before=$piece
  done
  case $piece in [=:]) head=$word ;; esac
  _claude_orchestrator_unquote "$head"
  head=$unquoted
  _claude_orchestrator_unquote "$word"
  words+=("$unquoted")
  program=\${words[0]}
  [ -n "$(type -P -- "$program")" ] || program=claude-orchestrator
  while IFS=$'\\t' read -r word about; do
    case $word in
      :file) _claude_orchestrator_paths default -f "$piece"; return ;;
      :directory) _claude_orchestrator_paths dirnames -d "$piece"; return ;;
    esac
    word=\${word#"$head"}
    case $quote in
      "'") [ "$word" = "\${word#*"'"}" ] && COMPREPLY+=("$word") ;;
      '"')
        [ "$word" = "\${word#*!}" ] || continue
        word=\${word//\\\\/\\\\\\\\} word=\${word//\\"/\\\\\\"}
        word=\${word//\\$/\\\\\\$} word=\${word//\\\`/\\\\\\\`}
        COMPREPLY+=("$word") ;;
      *)
        printf -v word %q "$word"
        COMPREPLY+=("\${word//\\\\,/,}") ;;
    esac
  done < <("$program" __complete -- "\${words[@]:1}" 2>/dev/null </dev/null)
}

_claude_orchestrator_paths() {
  local path
  compopt -o "$1" 2>/dev/null && return
  while IFS= read -r path; do COMPREPLY+=("$(printf %q "$path")"); done < <(compgen "$2" -- "$3")
}

complete -F _claude_orchestrator claude-orchestrator cco
`;
