"""A run's events as lines of JSON: first those that were, then those that come, until the last."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

from gpu_host.watch.run import Run
from gpu_host.watch.snapshot import LAST

LOOK_SECONDS = 0.2
PING_SECONDS = 15


async def lines(run: Run, after: int, follow: bool) -> AsyncIterator[bytes]:
    told = time.monotonic()
    while True:
        ended = run.snapshot().ended
        for event in run.events.after(after):
            after, told = event["seq"], time.monotonic()
            yield json.dumps(event, ensure_ascii=False).encode() + b"\n"
            if event["type"] in LAST:
                return
        if ended or not follow:
            return
        if time.monotonic() - told > PING_SECONDS:
            told = time.monotonic()
            yield b'{"type": "ping"}\n'
        await asyncio.sleep(LOOK_SECONDS)
