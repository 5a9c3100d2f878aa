#!/bin/sh
# Installs claude-orchestrator for the user who runs it, or takes it away again:
#   curl -fsSL <address of the releases>/latest/download/install.sh | sh
# docs/install.md says what it does and what it does not. The next brace is closed on the last line:
# of a copy that was cut off on its way, a shell runs nothing.
{
# The build of a release writes its address into this line.
RELEASE_BASE_URL=''
# What the Node in the executable was linked against.
OLDEST_GLIBC=2.28
NL='
'

usage() {
  cat <<'END'
Installs claude-orchestrator for you alone: no sudo, and no profile is edited.

  sh install.sh [options]
  curl -fsSL <address>/install.sh | sh -s -- [options]

Options
  --version <v>   that version, such as 0.1.0, in place of the latest
  --no-extras     no man pages and no completions
  --uninstall     remove what was installed
  --help          this text

Variables
  VERSION, NO_EXTRAS=1   as the options
  INSTALL_DIR            for the executable, ~/.local/bin by default
  XDG_DATA_HOME          for man pages and completions, ~/.local/share by default
  BASE_URL               where the releases are: https://..., http://localhost..., file:///...

Exit status
  0  installed, or nothing was left to do     5  the download failed
  1  something else failed                    6  permission denied
  2  an option or a variable is wrong         7  the checksum is wrong or missing
  3  no such version; not ours to remove      8  a program is missing, such as curl
  4  the system cannot run the executable     9  no space left
  129, 130, 143  ended by a signal, nothing was changed
END
}

have() { command -v "$1" >/dev/null 2>&1; }
say() { printf '%s\n' "$1" 2>/dev/null || :; }
warn() { printf 'install.sh: %s\n' "$1" >&2; }

# fail <status> <what happened> [<what to do>]
fail() {
  warn "$2"
  [ -z "${3:-}" ] || printf '  %s\n' "$3" >&2
  exit "$1"
}

# --- what is asked for

read_options() {
  action=install version=${VERSION:-} extras=yes
  case ${NO_EXTRAS:-0} in 0) ;; *) extras=no ;; esac
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) action=help ;;
      --uninstall) action=uninstall ;;
      --no-extras) extras=no ;;
      --version=?*) version=${1#*=} ;;
      --version)
        [ -n "${2:-}" ] || fail 2 '--version names no version' 'For example: --version 0.1.0'
        version=$2
        shift
        ;;
      *) fail 2 "Unknown option \"$1\"" '--help lists the options.' ;;
    esac
    shift
  done
}

# The version becomes part of an address: nothing else than a version may.
check_version() {
  version=${version#v}
  case $version in
    '') return 0 ;;
    *[!0-9A-Za-z.-]* | *..*) ;;
    [0-9]*.[0-9]*.[0-9]*) return 0 ;;
  esac
  fail 2 "VERSION must be like 0.1.0, not \"$version\"" 'Leave it out for the latest version.'
}

find_places() {
  [ -n "${INSTALL_DIR-unset}" ] ||
    fail 2 'INSTALL_DIR is empty' 'Name a directory, or unset it for ~/.local/bin.'
  [ -n "${INSTALL_DIR:-${HOME:-}}" ] || fail 2 'HOME is not set' 'Set it, or name an INSTALL_DIR.'
  dir=${INSTALL_DIR:-$HOME/.local/bin}
  case $dir in
    *:* | *"$NL"*) fail 2 'INSTALL_DIR has a colon or a line break: PATH could not name it' 'Choose another.' ;;
    [~] | [~]/*) fail 2 'INSTALL_DIR begins with ~, which your shell did not replace' "Write \"\$HOME${dir#?}\"." ;;
    /*) ;;
    *) dir=$(pwd)/$dir ;;
  esac
  while [ "${dir%/}" != "$dir" ] && [ "$dir" != / ]; do dir=${dir%/}; done
  data=${XDG_DATA_HOME:-}
  # As the XDG specification says, a relative path counts for nothing.
  case $data in
    *"$NL"*) data='' extras=no ;;
    /*) ;;
    *) data=${HOME:+$HOME/.local/share} ;;
  esac
  [ -n "$data" ] || extras=no
}

# TLS is what vouches for the checksums. Without it, this machine is the only one to be believed.
check_base_url() {
  base=${BASE_URL:-$RELEASE_BASE_URL}
  while [ "${base%/}" != "$base" ]; do base=${base%/}; done
  after=''
  case $base in
    '') fail 2 'BASE_URL is needed: this copy of install.sh does not know where the releases are' \
      'For example: BASE_URL=https://example.org/releases sh install.sh' ;;
    *"$NL"*) after=wrong ;;
    file:///*) ;;
    *[!!-~]* | *[\?\#\\]*) after=wrong ;;
    https://?*) ;;
    http://localhost*) after=${base#http://localhost} ;;
    http://127.0.0.1*) after=${base#http://127.0.0.1} ;;
    'http://[::1]'*) after=${base#'http://[::1]'} ;;
    *) after=wrong ;;
  esac
  # What follows the name must be a port or a path: localhost.example.org is another machine.
  case ${after%%/*} in
    '') ;;
    [!:]* | :*[!0-9]*) fail 2 "BASE_URL cannot be used: \"$base\"" \
      'It begins with https://, or with http://localhost or file:/// on this machine.' ;;
  esac
  release=$base/latest/download
  [ -z "$version" ] || release=$base/download/v$version
}

# --- what is here

detect_target() {
  system=$(uname -s 2>/dev/null) machine=$(uname -m 2>/dev/null)
  case $system in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    MINGW* | MSYS* | CYGWIN*) fail 4 "This script does not install on Windows ($system)" 'Run it inside WSL.' ;;
    *) fail 4 "There is no executable for ${system:-this unknown system}" 'The npm package runs wherever Node 20 or later does.' ;;
  esac
  case $machine in
    x86_64 | amd64) cpu=x64 ;;
    aarch64 | arm64) cpu=arm64 ;;
    *) fail 4 "There is no executable for ${machine:-an unknown processor}" 'The npm package runs wherever Node 20 or later does.' ;;
  esac
  if [ "$os" = linux ]; then
    check_libc
  elif [ "$(sysctl -n hw.optional.arm64 2>/dev/null)" = 1 ]; then
    cpu=arm64 # also where Rosetta pretends otherwise
  fi
  target=$os-$cpu
}

check_libc() {
  [ "$(getconf LONG_BIT 2>/dev/null)" != 32 ] ||
    fail 4 "This is a 32-bit system on $machine, and there are 64-bit executables only" \
      'The npm package runs wherever Node 20 or later does.'
  libc=$(getconf GNU_LIBC_VERSION 2>/dev/null)
  case $libc in glibc*) ;; *) libc=$(ldd --version 2>&1) ;; esac
  case $libc in
    glibc* | *GLIBC* | *'GNU libc'*) libc=${libc%%"$NL"*} libc=${libc##* } ;;
    *musl*) libc=musl ;;
    *) libc='' ;; # then the executable itself shows whether it runs
  esac
  [ -n "$libc" ] || ! has_file /lib/ld-musl-*.so.1 || libc=musl
  case $libc in
    musl) fail 4 'This system has musl as its libc, and the executable needs glibc and libstdc++' \
      'Use the npm package with Node 20 or later, or a container image with glibc.' ;;
    [0-9]*.[0-9]*) is_older "$libc" "$OLDEST_GLIBC" && fail 4 \
      "This system has glibc $libc, and the executable needs $OLDEST_GLIBC or later" \
      'Use a newer release of the system (Debian 10, Ubuntu 18.10, RHEL 8 are new enough), or a container image.' ;;
  esac
}

has_file() { [ -e "$1" ]; }

# Whether one <major>.<minor> lies before another.
is_older() {
  a=${1%%.*} b=${2%%.*} c=${1#*.} d=${2#*.}
  c=${c%%[!0-9]*} d=${d%%[!0-9]*}
  [ "$a" -lt "$b" ] || { [ "$a" -eq "$b" ] && [ "${c:-0}" -lt "${d:-0}" ]; }
}

find_hasher() {
  for hasher in sha256sum shasum openssl; do have "$hasher" && return; done
  fail 8 'There is no sha256sum, shasum or openssl: nothing can be verified' 'Install one of them.'
}

find_programs() {
  case $base in
    file:*) fetcher='cp' ;;
    *) for fetcher in curl wget ''; do have "$fetcher" && break; done ;;
  esac
  [ -n "$fetcher" ] || fail 8 'There is neither curl nor wget' 'Install one of them.'
  find_hasher
  for program in tar gzip mktemp readlink; do
    have "$program" || fail 8 "There is no $program" 'Install it.'
  done
}

# --- files, directories, and the receipt that names them

# Sets `sum`; fails where the file cannot be read.
sha256_of() {
  case $hasher in
    sha256sum) sum=$(sha256sum <"$1") ;;
    shasum) sum=$(shasum -a 256 <"$1") ;;
    openssl) sum=$(openssl dgst -sha256 -r <"$1") ;;
  esac 2>/dev/null
  sum=${sum%% *}
  is_sum "$sum"
}

is_sum() {
  case $1 in *[!0-9a-f]*) return 1 ;; esac
  [ ${#1} -eq 64 ]
}

# Sets `reason`. What is made here is unmade where the installation fails, and by --uninstall.
make_directory() {
  case $1 in
    '' | /) return 0 ;;
  esac
  # A path may have two slashes in a row.
  [ "${1%/}" = "$1" ] || { make_directory "${1%/}"; return; }
  [ -d "$1" ] && return
  make_directory "${1%/*}" || return
  reason=$(mkdir "$1" 2>&1) || { [ -d "$1" ]; return; } # another installation may have been faster
  made=$1$NL$made
}

remove_directories() {
  printf '%s\n' "$1" | while IFS= read -r directory; do rmdir "$directory" 2>/dev/null; done
}

# Fails with what kept us from writing into a directory.
fail_to_write() {
  if is_full "$1" "$2"; then
    fail 9 "No space is left for $1" 'Free some, or choose another INSTALL_DIR. Nothing was changed.'
  elif [ -e "$1" ] && [ ! -w "$1" ]; then
    fail 6 "$1 may not be written to" 'Choose another INSTALL_DIR, or run this as the user who may.'
  fi
  case $2 in
    *[Pp]'ermission denied'* | *'Read-only file system'*)
      fail 6 "$1 may not be written to: ${2##*"$NL"}" 'Choose another INSTALL_DIR, or run this as the user who may.' ;;
  esac
  fail 1 "$1 cannot be written to: ${2##*"$NL"}" 'Choose another INSTALL_DIR.'
}

# Programs do not all say that a disk is full: less than 1 MiB of it is taken for that.
is_full() {
  case $2 in *'No space left'* | *'uota exceeded'*) return 0 ;; esac
  free=$(df -Pk "$1" 2>/dev/null | sed -n '$s/.* \([0-9][0-9]*\)  *[0-9][0-9]*% .*/\1/p')
  [ "${free:-1024}" -lt 1024 ]
}

# The receipt lies beside the executable, one line for each thing that is in place:
#   version|archive|extras - <value>, file <sha256> <path>, link <target> <path>, directory - <path>
record() { printf '%s %s %s\n' "$1" "$2" "$3" >>"$temp/receipt"; }

recorded() {
  [ ! -f "$receipt" ] || while read -r kind _ value; do
    [ "$kind" != "$1" ] || printf '%s\n' "$value"
  done <"$receipt"
}

is_recorded_in() {
  while read -r _ _ path; do [ "$path" != "$2" ] || return 0; done <"$1"
  return 1
}

is_in_place() { # <kind> <what> <path>
  case $1 in
    file) [ -f "$3" ] && [ ! -L "$3" ] && sha256_of "$3" && [ "$sum" = "$2" ] ;;
    link) [ -L "$3" ] && [ "$(readlink "$3")" = "$2" ] ;;
  esac
}

# Removes what the receipt names and another one, where it is given, does not. What was changed since
# is somebody's work: `kept` names it.
remove_recorded() {
  kept=''
  while read -r each_kind each_what each_path; do
    case $each_kind in file | link) ;; *) continue ;; esac
    if [ -n "${1:-}" ] && is_recorded_in "$1" "$each_path"; then continue; fi
    if is_in_place "$each_kind" "$each_what" "$each_path"; then
      rm -f "$each_path" 2>/dev/null || kept="$kept $each_path"
    elif [ -e "$each_path" ] || [ -L "$each_path" ]; then
      kept="$kept $each_path"
    fi
  done <"$receipt"
}

# --- downloading

# Runs a command so that a signal ends it at once: a shell would wait for one in the foreground.
run_until_signal() {
  if [ -n "$progress" ]; then
    "$@" >"$temp/log" </dev/null &
  else
    "$@" >"$temp/log" 2>&1 </dev/null &
  fi
  child=$!
  wait "$child"
  status=$?
  child=''
  return "$status"
}

# Puts a file of the release into the temporary directory; 1 where the release has none of that name.
fetch() {
  name=$1 url=$release/$1
  case $fetcher in
    cp)
      [ -e "${url#file://}" ] || return 1
      run_until_signal cp "${url#file://}" "$temp/$name"
      ;;
    curl)
      case $base in
        https:*) set -- --proto =https --proto-redir =https --tlsv1.2 ;;
        *) set -- --proto =http,https ;;
      esac
      [ -n "$progress" ] || set -- "$@" --silent --show-error
      run_until_signal curl "$@" --progress-bar --write-out ' error: %{http_code}' --fail --location \
        --globoff --retry 2 --connect-timeout 30 --speed-limit 1 --speed-time 60 \
        --output "$temp/$name" "$url"
      ;;
    wget)
      # All that busybox's can be trusted with: Debian's dies of -T.
      set -- -q
      case $(wget --version 2>/dev/null) in *GNU*) set -- --no-verbose --tries=2 --timeout=60 ;; esac
      run_until_signal wget "$@" -O "$temp/$name" "$url"
      ;;
  esac
  status=$? log=$(cat "$temp/log")
  case $log in
    *'certificate validation not implemented'*)
      fail 8 'This wget does not check whom it talks to, so nothing would be verified' 'Install curl, or GNU wget.' ;;
  esac
  [ "$status" -ne 0 ] || return 0
  case $log in *'error: 404'* | *'ERROR 404'* | *'HTTP/1.'?' 404'* | *'response 404'*) return 1 ;; esac
  ! is_full "$dir" "$log" || fail_to_write "$dir" "$log"
  log=${log%" error: 000"}
  fail 5 "Cannot download $url ($fetcher ended with status $status)" "${log%"$NL"}"
}

find_expected_sum() {
  fetch SHA256SUMS ||
    if [ -n "$version" ]; then
      fail 3 "There is no version $version at $base" 'Leave VERSION out for the latest.'
    else
      fail 3 "There is no release at $base" 'BASE_URL must be what latest/download/SHA256SUMS is below.'
    fi
  archive=claude-orchestrator-$target.tar.gz expected=''
  while read -r each name || [ -n "$each" ]; do
    case $name in "$archive" | "*$archive") expected=$each ;; esac
  done <"$temp/SHA256SUMS"
  is_sum "$expected" || fail 7 "SHA256SUMS has no checksum of $archive" \
    'Nothing is installed without one. Has this release an executable for this system?'
}

fetch_release() {
  say "Downloading ${version:-the latest version} for $target from $base"
  [ ! -t 2 ] || [ "$fetcher" != curl ] || progress=shown
  fetch "$archive" || fail 3 "${version:-The latest version} has no file $archive at $base" \
    'The release is not complete; choose another VERSION.'
  sha256_of "$temp/$archive" || fail 8 "$hasher does not work here" 'Install sha256sum, shasum or openssl.'
  [ "$sum" = "$expected" ] || fail 7 "The checksum of $archive is wrong: $sum, not $expected" \
    'The download is damaged, or not what was released: try again, and if it stays so, report it.'
  # -o: the files belong to whoever installs, also where that is root.
  reason=$(cd "$temp" && tar -xzof "$archive" 2>&1) || fail_to_write "$dir" "$reason"
  rm -f "$temp/$archive"
  top=$temp/claude-orchestrator-$target
  [ -f "$top/claude-orchestrator" ] || fail 1 "$archive holds no claude-orchestrator" 'Report it.'
}

# The new executable must run before it takes the place of one that does.
try_executable() {
  chmod 755 "$top/claude-orchestrator"
  printed=$("$top/claude-orchestrator" --version 2>&1 </dev/null)
  status=$? reason=${printed##*"$NL"}
  case $status:$printed in
    0:'claude-orchestrator '*) ;;
    *'loading shared libraries: '*)
      library=${printed#*loading shared libraries: }
      fail 4 "The executable needs ${library%%:*}, which is missing here" \
        'libstdc++.so.6 is in the package libstdc++6 (Debian, Ubuntu) or libstdc++ (Fedora, RHEL, SUSE).' ;;
    *GLIBC*'not found'*) fail 4 "The executable needs newer libraries than this system's" "$reason" ;;
    126:*) fail 4 "Nothing may be executed in $dir" 'Is it mounted noexec? Choose another INSTALL_DIR.' ;;
    *) fail 4 "The executable does not run here (status $status)" "$reason" ;;
  esac
  printed=${printed#* } found=${printed%%[ "$NL"]*}
  [ -z "$version" ] || [ "$found" = "$version" ] ||
    fail 7 "The release of version $version holds version $found" 'Report it to whoever serves these files.'
}

# --- putting things in place

place_file() { # <mode> <from> <to>
  if [ -L "$3" ] || { [ -e "$3" ] && [ ! -f "$3" ]; }; then return 1; fi
  new=${3%/*}/.${3##*/}.$$
  if make_directory "${3%/*}" && cp "$2" "$new" && chmod "$1" "$new" && sha256_of "$new" && mv -f "$new" "$3"; then
    record file "$sum" "$3"
  else
    rm -f "$new"
    return 1
  fi
} 2>/dev/null

place_link() { # <target> <path>
  is_in_place link "$1" "$2" ||
    { [ ! -e "$2" ] && [ ! -L "$2" ] && ln -s "$1" "$2" 2>/dev/null; } ||
    is_in_place link "$1" "$2" || return
  record link "$1" "$2"
}

place_extra() { # <from> <below the data directory>
  [ ! -f "$1" ] || place_file 644 "$1" "$data/$2" || unplaced="$unplaced $data/$2"
}

place_extras() {
  unplaced=''
  for page in "$top"/share/man/man1/*.1; do place_extra "$page" "man/man1/${page##*/}"; done
  bash=bash-completion/completions fish=fish/vendor_completions.d completions=$top/share/completions
  place_extra "$completions/claude-orchestrator.bash" "$bash/claude-orchestrator"
  place_extra "$completions/claude-orchestrator.fish" "$fish/claude-orchestrator.fish"
  place_extra "$completions/_claude-orchestrator" zsh/site-functions/_claude-orchestrator
  # Both shells look for the name that is typed.
  [ ! -f "$data/$bash/claude-orchestrator" ] || place_link claude-orchestrator "$data/$bash/cco"
  [ ! -f "$data/$fish/claude-orchestrator.fish" ] || place_link claude-orchestrator.fish "$data/$fish/cco.fish"
  [ -z "$unplaced" ] || warn "Could not be written, and is left out:$unplaced"
}

# From here on it is a matter of milliseconds, and a signal waits for the end of it.
place_all() {
  trap '' HUP INT TERM
  previous=$(recorded version)
  if ! sha256_of "$top/claude-orchestrator" || ! record version - "$found" ||
    ! record archive - "$expected" || ! record extras - "$wanted_extras" ||
    ! record file "$sum" "$dir/claude-orchestrator"; then
    fail_to_write "$dir" ''
  fi
  reason=$(mv -f "$top/claude-orchestrator" "$dir/claude-orchestrator" 2>&1) || fail_to_write "$dir" "$reason"
  [ "$extras" = no ] || place_extras
  place_link claude-orchestrator "$dir/cco" ||
    warn "$dir/cco is something else and stays: the short name is left out"
  directories=$(recorded directory)
  printf '%s\n' "$made$directories" |
    while IFS= read -r path; do [ -z "$path" ] || record directory - "$path"; done
  [ ! -f "$receipt" ] || remove_recorded "$temp/receipt"
  mv -f "$temp/receipt" "$receipt" || fail_to_write "$dir" ''
  made=''
}

# --- the two actions

prepare() {
  child='' temp='' made='' kept='' progress=''
  trap clean_up EXIT
  trap 'interrupted 129' HUP
  trap 'interrupted 130' INT
  trap 'interrupted 143' TERM
  trap '' PIPE # whoever reads may leave; the work goes on
  make_directory "$dir" || fail_to_write "$dir" "$reason"
  dir=$(cd "$dir" && pwd) || fail 6 "$dir may not be entered" 'Choose another INSTALL_DIR.'
  receipt=$dir/.claude-orchestrator.receipt
  if [ -L "$dir/claude-orchestrator" ] || { [ -e "$dir/claude-orchestrator" ] && [ ! -f "$dir/claude-orchestrator" ]; }; then
    fail 1 "$dir/claude-orchestrator is no plain file, and is not replaced" 'Remove it, or choose another INSTALL_DIR.'
  fi
  # In the file system of the executable: then putting it in place is one rename.
  temp=$(mktemp -d "$dir/.claude-orchestrator.XXXXXX" 2>&1) || {
    reason=$temp temp=''
    fail_to_write "$dir" "$reason"
  }
}

# shellcheck disable=SC2317 # called by a trap
clean_up() {
  [ -z "$temp" ] || rm -rf "$temp"
  remove_directories "$made"
}

# shellcheck disable=SC2317 # called by traps
interrupted() {
  trap '' HUP INT TERM
  if [ -n "$child" ]; then
    kill "$child"
    wait "$child"
  fi 2>/dev/null
  warn 'Interrupted; nothing was changed'
  exit "$1"
}

# Whether the receipt is that of the archive, and all that it names is as it was installed.
is_current() {
  [ -f "$receipt" ] && [ -x "$dir/claude-orchestrator" ] && [ "$(recorded archive)" = "$expected" ] &&
    [ "$(recorded extras)" = "$wanted_extras" ] || return
  while read -r each_kind each_what each_path; do
    case $each_kind in
      file | link) is_in_place "$each_kind" "$each_what" "$each_path" || return ;;
    esac
  done <"$receipt"
}

install_release() {
  check_version
  check_base_url
  detect_target
  find_programs
  prepare
  wanted_extras=none
  [ "$extras" = no ] || wanted_extras=$data
  find_expected_sum
  if is_current; then
    say "claude-orchestrator $(recorded version) is in $dir already; nothing was changed"
  else
    fetch_release
    try_executable
    place_all
    say "Installed claude-orchestrator $found in $dir${previous:+ in place of $previous}"
    [ "$extras" = no ] || say "Man pages and completions are in $data"
    [ -z "$kept" ] || warn "Left as it is, because it was changed since it was installed:$kept"
  fi
  show_hints
}

show_hints() {
  shell=${SHELL:-sh} shell=${shell##*/} profile=.profile
  case $shell in bash) profile=.bashrc ;; zsh) profile=.zshrc ;; esac
  [ "$shell:$extras" != zsh:yes ] || say "For completions, into ~/.zshrc before compinit:
  fpath=($(quoted "$data/zsh/site-functions") \$fpath)"
  first=$(command -v claude-orchestrator 2>/dev/null)
  if [ -n "$first" ]; then
    [ "$(cd "${first%/*}/" && pwd -P)" != "$(cd "$dir" && pwd -P)" ] || return 0
    say "Another one comes first in your PATH: $first"
  fi
  case ":$PATH:" in *":$dir:"*) return 0 ;; esac
  if [ "$shell" = fish ]; then
    say "$dir is not in your PATH. To add it:
  fish_add_path $(quoted "$dir")"
  else
    say "$dir is not in your PATH. To add it, here and in ~/$profile:
  export PATH=$(quoted "$dir"):\"\$PATH\""
  fi
}

quoted() {
  case $1 in
    *[!0-9A-Za-z/._+-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) printf '%s' "$1" ;;
  esac
}

uninstall() {
  [ ! -d "$dir" ] || dir=$(cd "$dir" && pwd)
  receipt=$dir/.claude-orchestrator.receipt
  if [ ! -f "$receipt" ]; then
    [ ! -e "$dir/claude-orchestrator" ] ||
      fail 3 "$dir/claude-orchestrator was not installed by this script, and stays" 'Remove it yourself if it is to go.'
    say "claude-orchestrator is not installed in $dir; nothing was changed"
    return
  fi
  [ -w "$dir" ] || fail_to_write "$dir" ''
  find_hasher
  previous=$(recorded version)
  directories=$(recorded directory)
  remove_recorded
  rm -f "$receipt" || fail_to_write "$dir" ''
  remove_directories "$directories"
  say "Removed claude-orchestrator $previous from $dir"
  [ -z "$kept" ] || warn "Left as it is, because it was changed since it was installed:$kept"
  [ ! -d "${HOME:-}/.claude-orchestrator" ] ||
    say "Your configuration, logs and teams stay in $HOME/.claude-orchestrator"
}

main() {
  set +e -u
  export LC_ALL=C
  unset CDPATH
  umask 022
  read_options "$@"
  [ "$action" != help ] || { usage && exit; }
  find_places
  case $action in
    install) install_release ;;
    uninstall) uninstall ;;
  esac
}

main "$@"
exit
}
