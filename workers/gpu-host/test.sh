#!/usr/bin/env bash
# Makes the tests' own environment where it is missing or out of date (GPU_HOST_VENV says where), then runs pytest, or `kills ...`.
set -euo pipefail
cd "$(dirname "$0")"
venv=${GPU_HOST_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/myspinbot/gpu-host-tests}
lock=$(cat requirements.txt requirements-test.txt | sha256sum | cut -d' ' -f1)
if [[ $(cat "$venv/lock" 2>/dev/null) != "$lock" ]]; then
  python=
  for name in python3.11 python3.12 python3.13 python3; do
    if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$name && break; fi
  done
  [[ -n $python ]] || { echo "Python 3.11 or newer is needed: apt-get install python3 python3-venv" >&2; exit 1; }
  "$python" -m venv --clear "$venv" || { echo "$python cannot make an environment: apt-get install python3-venv" >&2; exit 1; }
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r requirements.txt -r requirements-test.txt
  echo "$lock" >"$venv/lock"
fi
export PYTHONDONTWRITEBYTECODE=1
if [[ ${1:-} == kills ]]; then exec "$venv/bin/python" -m tests.kills "${@:2}"; fi
exec "$venv/bin/python" -m pytest -q "$@"
