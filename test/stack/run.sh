#!/bin/bash
# The whole core of compose/compose.yaml on a real container engine where no image can be pulled, and what it promises, checked: see checks.sh.
#
#   STACK_PARTS=~/stack-parts test/stack/run.sh            everything; 10 to 15 minutes on two cores, the first time 10 more
#
# Needs Podman 4.3 or newer with runc, catatonit, the dnsname plugin (or netavark) and podman-compose 1.1 or newer; as root.
#   STACK_PARTS          folder outside the repository for what is built once: minio (from its Go module, needs Go)
#   BASE_IMAGE           Debian 12 with apt; made by debootstrap where it is left out and localhost/base:bookworm is not there
#   NODE_IMAGE           Node 20 on it; made of this machine's `node` where it is left out and localhost/node:20 is not there
#   STACK_TAG            tag of the images that are made here: try. Another one makes them all anew
#   STACK_SERVER_IMAGE   our image, where it is built already; else it is built here from compose/server/Dockerfile (BUILD_ARGS: more arguments)
#   STACK_PORT           where the server is published: 24417
#   STACK_PROFILES       monitoring = Prometheus too (the only one of that profile that is stood in for); empty = core alone
#   STACK_KEEP=1         the stack stays up at the end
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
here=$repo/test/stack
: "${STACK_PARTS:?a folder outside the repository, such as ~/stack-parts}"
export BASE_IMAGE=${BASE_IMAGE:-localhost/base:bookworm} NODE_IMAGE=${NODE_IMAGE:-localhost/node:20} STACK_TAG=${STACK_TAG:-try}
mkdir -p "$STACK_PARTS"
work=$(mktemp -d)
health=

say() { printf '%s %s\n' "$(date +%T)" "$*"; }
compose() {
  (cd "$work/compose" && podman-compose -p myspinbot-try -f compose.yaml -f compose.local.yaml "$@")
}
finish() {
  local code=$?
  if [ -n "${STACK_KEEP:-}" ]; then say "kept: $work/compose, health loop $health"; exit "$code"; fi
  [ -z "$health" ] || kill "$health" 2>/dev/null || true
  compose --profile monitoring down -v >/dev/null 2>&1 || true
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT

# --- images ----------------------------------------------------------------------------------------------------------------
# docker's format keeps HEALTHCHECK; the host's network is where apt and npm reach what this machine reaches
build() { podman build --format docker --network host --build-arg "BASE_IMAGE=$BASE_IMAGE" -t "localhost/stack-$1:$STACK_TAG" "$2" >"$work/build-$1.log" 2>&1 || { tail -20 "$work/build-$1.log"; return 1; }; }
has() { podman image exists "$1"; }
if ! has "$BASE_IMAGE"; then
  say "base image by debootstrap"
  debootstrap --variant=minbase bookworm "$work/rootfs" >/dev/null
  tar -C "$work/rootfs" -c . | podman import - "$BASE_IMAGE" >/dev/null
  rm -rf "$work/rootfs"
fi
if ! has "$NODE_IMAGE"; then
  mkdir -p "$work/node"
  cp "$(readlink -f "$(command -v node)")" "$work/node/node"
  npm_home=$(readlink -f "$(dirname "$(readlink -f "$(command -v npm)")")/..")
  cp -rL "$npm_home" "$work/node/npm"
  printf 'FROM %s\nCOPY node /usr/local/bin/node\nCOPY npm /usr/local/lib/node_modules/npm\nRUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx && groupadd -g 1000 node && useradd -u 1000 -g 1000 -m node\n' "$BASE_IMAGE" >"$work/node/Dockerfile"
  podman build -t "$NODE_IMAGE" "$work/node" >/dev/null
fi
if [ ! -x "$STACK_PARTS/minio" ]; then
  say "MinIO from its Go module (5 minutes of processor)"
  GOBIN=$STACK_PARTS CGO_ENABLED=0 nice go install -trimpath -ldflags '-s -w' github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c
fi
for name in postgres redis prometheus minio; do
  has "localhost/stack-$name:$STACK_TAG" && continue
  say "image $name"
  cp -r "$here/images/$name" "$work/image-$name"
  [ "$name" != minio ] || cp "$STACK_PARTS/minio" "$work/image-minio/minio"
  build "$name" "$work/image-$name"
done
if [ -z "${STACK_SERVER_IMAGE:-}" ]; then
  say "our image"
  export STACK_SERVER_IMAGE=localhost/stack-server:$STACK_TAG
  # shellcheck disable=SC2086 # several arguments
  podman build --format docker --network host --build-arg "NODE_IMAGE=$NODE_IMAGE" ${BUILD_ARGS:-} -f "$repo/compose/server/Dockerfile" -t "$STACK_SERVER_IMAGE" "$repo"
fi
export STACK_SERVER_IMAGE

# --- the stack -------------------------------------------------------------------------------------------------------------
mkdir "$work/compose"
cp -r "$repo/compose/." "$work/compose/"
rm -rf "$work/compose/secrets" "$work/compose/.env" "$work/compose"/.state*
cp "$here/compose.local.yaml" "$work/compose/"
(cd "$repo" && npx tsx scripts/compose-init.ts --folder "$work/compose" --profiles "${STACK_PROFILES:-core}") >"$work/init.log"
printf 'SERVER_PORT=%s\n' "${STACK_PORT:=24417}" >>"$work/compose/.env"

# health checks are driven by systemd's timers, where it runs; else by this
(while sleep 1; do for id in $(podman ps -q --filter label=io.podman.compose.project=myspinbot-try); do podman healthcheck run "$id" || true; done; done) >/dev/null 2>&1 &
health=$!

export STACK_URL=http://127.0.0.1:$STACK_PORT STACK_KEY
STACK_KEY=$(cat "$work/compose/secrets/myspinbot_key")
export STACK_REPO=$repo STACK_WORK=$work
# shellcheck source=test/stack/checks.sh
. "$here/checks.sh"
