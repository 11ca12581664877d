# shellcheck shell=bash
# What the stack promises, one line each; sourced by run.sh, whose functions and variables it uses.
passed=0
failed=0
ok() { passed=$((passed + 1)); say "ok    $*"; }
bad() { failed=$((failed + 1)); say "WRONG $*"; }
check() { # WHAT COMMAND...: its last line of output goes into the report
  local what=$1 out
  shift
  if out=$("$@" 2>&1); then ok "$what: $(tail -1 <<<"$out")"; else bad "$what: $(tail -3 <<<"$out")"; fi
}
client() { (cd "$repo" && npx tsx test/stack/client.ts "$@"); }
named() { podman ps -a --filter label=io.podman.compose.project=myspinbot-try --filter "label=com.docker.compose.service=$1" --format '{{.Names}}'; }
healthy() { # SECONDS SERVICE...
  local until=$((SECONDS + $1)) service name found
  shift
  for service in "$@"; do
    while :; do
      found=yes
      [ -n "$(named "$service")" ] || found=
      for name in $(named "$service"); do [ "$(podman inspect --format '{{.State.Running}} {{.State.Health.Status}}' "$name" 2>&1)" = "true healthy" ] || found=; done
      [ -z "$found" ] || break
      if [ $SECONDS -gt $until ]; then
        echo "$service: $(for name in $(named "$service"); do podman inspect --format '{{.Name}} {{.State.Status}} {{.State.Health.Status}}' "$name"; podman logs --tail 5 "$name" 2>&1; done)"
        return 1
      fi
      sleep 1
    done
  done
  echo "$*: after $SECONDS s of the run"
}
sql() { podman exec "$(named postgres)" bash -c "PGPASSWORD=\$(cat /run/secrets/postgres_password) psql -U myspinbot -d myspinbot -h 127.0.0.1 -Atc \"$1\""; }
workers() { sql "select count(distinct worker) || ' workers: ' || string_agg(distinct worker, ', ') from attempts where outcome = 'succeeded' and started_at > now() - interval '$1 seconds'"; }
# podman-compose does not wait for health with Podman older than 4.6, so what depends on something comes after it by hand
start() {
  compose up -d --no-build postgres redis minio >>"$work/up.log" 2>&1 || { tail -5 "$work/up.log"; return 1; }
  healthy 120 postgres redis minio && compose up -d --no-build --no-recreate server worker >>"$work/up.log" 2>&1
  healthy 180 server worker && compose up -d --no-build --no-recreate backup >>"$work/up.log" 2>&1
}
two() { compose up -d --no-build --no-deps --no-recreate --scale worker=2 worker >>"$work/up.log" 2>&1 && healthy 120 worker && [ "$(named worker | wc -l)" = 2 ] && echo "$(named worker | tr '\n' ' ')"; }
shared() { local told; told=$(workers 600) && echo "$told" && [ "${told%% *}" -ge 2 ]; }

check "stores, server and worker get healthy" start
[ "$failed" = 0 ] || { say "$passed passed, $failed failed; the rest needs them"; exit 1; }
check "nobody in them is root, but MinIO" bash -c "for s in server worker backup redis postgres; do n=\$(podman ps --filter label=io.podman.compose.project=myspinbot-try --filter label=com.docker.compose.service=\$s --format '{{.Names}}'); u=\$(podman exec \$n id -u); printf '%s %s, ' \$s \$u; [ \$u != 0 ] || exit 1; done"
check "the server's root is read only" bash -c "podman exec $(named server) touch /app/x 2>&1 | grep 'Read-only file system'"
check "only the server has a published port" bash -c "p=\$(podman ps --filter label=io.podman.compose.project=myspinbot-try --format '{{.Ports}}' | grep -v '^\$'); echo \"\$p\"; [ \"\$p\" = '127.0.0.1:$STACK_PORT->4417/tcp' ]"
check "a chat through the published port makes a picture" client chat
check "a chat inside the container makes a picture" podman exec "$(named server)" myspinbot chat --new --out /tmp/made "draw a blue fox, square"
check "a second worker joins" two

touch "$work/ids"
client load "$work/ids" "$work/stop" >"$work/load.log" 2>&1 &
loading=$!
sleep 15
check "both take jobs" shared
for service in redis postgres minio worker server backup; do
  for name in $(named "$service"); do
    at=$SECONDS
    if podman restart "$name" >>"$work/up.log" 2>&1 && healthy 180 "$service" >"$work/healthy.log"; then ok "$name was restarted, and healthy after $((SECONDS - at)) s"; else bad "$name: $(cat "$work/healthy.log")"; fi
    sleep 3
  done
done
touch "$work/stop"
wait "$loading" && ok "jobs were accepted meanwhile: $(tail -1 "$work/load.log")" || bad "load: $(tail -3 "$work/load.log")"
check "every accepted job succeeded once and its file is whole" client verify "$work/ids"
check "no lane is left over" bash -c "[ \"$(sql 'select count(*) from lanes')\" -ge 1 ] && echo \"$(sql 'select count(*) from lanes') lanes\""

backed_up() { podman exec "$(named backup)" sh -c 'ls -l /backups && ls /backups | grep -q tar$'; }
check "the backup service has made a backup" backed_up
check "one more by hand holds the jobs" podman exec "$(named backup)" myspinbot backup /backups
rows=$(sql "select count(*) from jobs")
files=$(sql "select count(*) from artifacts")
down() { compose down >>"$work/up.log" 2>&1 && [ -z "$(podman ps -aq --filter label=io.podman.compose.project=myspinbot-try)" ] && echo "no container is left"; }
# podman-compose knows one worker only, and leaves the second one there
second() { podman stop "$(named worker | tail -1)" >/dev/null && podman rm "$(named worker | tail -1)" >/dev/null && echo "one is left"; }
check "the second worker leaves" second
check "down" down
check "up again" start
after() { local now; now="$(sql "select count(*) from jobs") $(sql "select count(*) from artifacts")"; echo "$rows jobs and $files files before, $now after"; [ "$now" = "$rows $files" ]; }
check "down and up keep the rows" after
check "and the files" client verify "$work/ids"
check "and the backups" backed_up
check "a chat makes a picture again" client chat

if [ -n "${STACK_PROFILES:-}" ]; then
  watched() { compose --profile monitoring up -d --no-build --no-deps prometheus >>"$work/up.log" 2>&1 && healthy 120 prometheus && sleep 45 && podman exec "$(named prometheus)" wget -qO- 'http://127.0.0.1:9090/api/v1/query?query=max+by(job)(up)' | tee "$work/up.json" | grep -q '"job":"server"'; local r=$?; cat "$work/up.json"; return $r; }
  check "Prometheus sees it" watched
fi
say "$passed passed, $failed failed"
[ "$failed" = 0 ]
