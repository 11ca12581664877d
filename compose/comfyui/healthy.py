"""The container's health check: 0 where ComfyUI answers, 1 where it does not."""

import sys
import urllib.request

try:
    with urllib.request.urlopen("http://127.0.0.1:8188/system_stats", timeout=8) as answer:
        sys.exit(0 if answer.status == 200 else 1)
except OSError:
    sys.exit(1)
