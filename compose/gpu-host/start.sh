#!/bin/sh
# gpu-host takes its key from the environment; a secret of compose is a file.
set -eu
if [ -n "${GPU_HOST_KEY_FILE:-}" ]; then
  if [ ! -s "$GPU_HOST_KEY_FILE" ]; then
    echo "GPU_HOST_KEY_FILE: the secret is missing or empty; run npm run compose:init" >&2
    exit 1
  fi
  GPU_HOST_KEY=$(cat "$GPU_HOST_KEY_FILE")
  export GPU_HOST_KEY
  unset GPU_HOST_KEY_FILE
fi
exec python -m gpu_host "$@"
