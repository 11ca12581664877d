"""The container's health check: 0 where gpu-host answers, 1 where it does not."""

import sys
import urllib.request

try:
    with urllib.request.urlopen("http://127.0.0.1:7080/healthz", timeout=8) as answer:
        sys.exit(0 if answer.status == 200 else 1)
except OSError:
    sys.exit(1)
