#!/usr/bin/env bash
# README's first command on fresh clones with an empty HOME and npm cache, in the default places: as an ordinary user, and as root below a private home.
# usage: test/harness/fresh.sh DIR        (DIR is made, and removed again when all is well)
set -uo pipefail
(($# == 1)) || { echo "usage: $0 DIR" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1" && dir=$(cd "$1" && pwd) || exit 2
chmod 711 "$dir"
# an ordinary user that every machine has: PostgreSQL asks for one with a name
user=nobody
rootdata=/var/lib/myspinbot
madedata=
passed=0 failed=0
ok() { passed=$((passed + 1)); echo "  ok      $*"; }
bad() { failed=$((failed + 1)); echo "  FAILED  $*"; }

# nothing of the caller's settings may reach the product
unset XDG_DATA_HOME XDG_CONFIG_HOME XDG_RUNTIME_DIR ROLES DATABASE_URL REDIS_URL NODE_OPTIONS ${!MYSPINBOT_@} ${!COMFYUI_@} ${!OLLAMA_@} ${!OPENAI_@} ${!S3_@}
export npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false

# processes of a clone or of a data folder
left() { # FOLDER...
  local proc about folder
  for proc in /proc/[0-9]*; do
    about="$(tr '\0' ' ' 2>/dev/null <"$proc/cmdline") $(readlink "$proc/exe") $(readlink "$proc/cwd")/"
    for folder; do [[ $about == *"$folder/"* ]] && echo "${proc#/proc/}: $about"; done
  done
  return 0
}

# COMMAND... runs in the clone as that user, with that home
play() { # NAME HOME CLONE DATA RUNNER...
  local name=$1 home=$2 clone=$3 data=$4 out=$dir/$1.out rest tries
  shift 4
  echo; echo "=== $name: $clone, HOME=$home"
  local -a as=("$@" env HOME="$home" npm_config_cache="$home/.npm")
  if (cd "$clone" && "${as[@]}" bash -c 'npm ci && npm run demo') >"$out" 2>"$dir/$name.err"; then
    ok "$name: npm ci && npm run demo"
  else
    bad "$name: npm ci && npm run demo"; tail -n 40 "$out" "$dir/$name.err"
  fi
  sed -n '/^New conversation/,$p' "$out"
  if [[ -d $data ]]; then ok "$name: the data are in $data"; else bad "$name: there is no $data"; fi
  local sums
  sums=$(cd "$clone" && "${as[@]}" node --import tsx test/harness/fresh-check.ts "$out" "$clone" 2>&1)
  echo "$sums"
  if [[ $(tail -n 1 <<<"$sums") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
  else bad "$name: the pictures could not be looked at"; fi
  if (cd "$clone" && "${as[@]}" node dist/main.js stop); then ok "$name: myspinbot stop"; else bad "$name: myspinbot stop"; fi
  for tries in {1..50}; do rest=$(left "$clone" "$data"); [[ $rest ]] || break; sleep 0.1; done
  if [[ $rest ]]; then bad "$name: processes are left: $rest"; else ok "$name: no process is left"; fi
}

clone() { # HOME TARGET
  mkdir -p "$1" && git clone --quiet --no-local "$root" "$2"
}

tidy() {
  # only what this run started: its processes lie in its own folders
  local pids
  pids=$(left "$dir" ${madedata:+"$rootdata"} | cut -d: -f1 | grep -vx "$$")
  [[ $pids ]] && kill -9 $pids 2>/dev/null
  [[ $madedata ]] && rm -rf "$rootdata"
  ((failed == 0)) && rm -rf "$dir"
  return 0
}
trap tidy EXIT

if ((EUID == 0)); then
  if clone "$dir/user-home" "$dir/user-clone" && chown -R "$user:" "$dir/user-home" "$dir/user-clone"; then
    ids=(--reuid "$(id -u "$user")" --regid "$(id -g "$user")")
    play user "$dir/user-home" "$dir/user-clone" "$dir/user-home/.local/share/myspinbot" setpriv "${ids[@]}" --clear-groups
  else bad "user: the clone"; fi
  if [[ -e $rootdata ]]; then
    bad "root: $rootdata exists already; it is not touched. Move it away to run this check."
  elif clone "$dir/root-home" "$dir/root-home/myspinbot" && chmod 700 "$dir/root-home"; then
    madedata=yes
    play root "$dir/root-home" "$dir/root-home/myspinbot" "$rootdata"
  else bad "root: the clone"; fi
else
  echo "not root: only this user's half is run"
  if clone "$dir/user-home" "$dir/user-clone"; then
    play user "$dir/user-home" "$dir/user-clone" "$dir/user-home/.local/share/myspinbot"
  else bad "user: the clone"; fi
fi

echo
echo "$passed passed, $failed failed"
((failed == 0))
