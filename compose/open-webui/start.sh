#!/usr/bin/env bash
# Open WebUI reads its secrets from the environment alone: NAME_FROM is the file whose text becomes NAME, then it starts as its image does.
set -euo pipefail
for variable in "${!WEBUI_@}" "${!FORWARD_@}"; do
  case $variable in
    *_FROM)
      file=${!variable}
      if [[ ! -s $file ]]; then
        echo "$variable: the secret is missing or empty; run npm run compose:init" >&2
        exit 1
      fi
      export "${variable%_FROM}=$(<"$file")"
      unset "$variable"
      ;;
  esac
done
cd /app/backend
exec bash start.sh
