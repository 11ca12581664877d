#!/bin/sh
# Everything that it writes is in /work. No manager, no custom nodes, no nodes that call services; nobody but our worker reaches it.
set -eu
work=${COMFYUI_WORK:-/work}
mkdir -p "$work/input" "$work/output" "$work/temp" "$work/user"
exec python main.py \
  --listen 0.0.0.0 --port 8188 --disable-auto-launch \
  --disable-all-custom-nodes --disable-api-nodes \
  --preview-method latent2rgb --max-upload-size 600 \
  --reserve-vram "${COMFYUI_RESERVE_VRAM:-1}" \
  --extra-model-paths-config /app/extra_model_paths.yaml \
  --input-directory "$work/input" --output-directory "$work/output" --temp-directory "$work/temp" --user-directory "$work/user" \
  --database-url "sqlite:///$work/user/comfyui.db" "$@"
