"""All processes of one spawn: found by a token in their environment and by their session; ended by TERM, then KILL, until none is left."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from gpu_host.identity import Identity, stat_of

TOKEN = "GPU_HOST_SPAWN"
GONE_SECONDS = 30


def pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def has_token(pid: int, token: str) -> bool:
    try:
        return f"{TOKEN}={token}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def find(token: str, leader: Identity | None = None) -> dict[int, int]:
    """
    pid -> start time. A child that left the group keeps the token; one that wiped its environment keeps the session. Zombies are not counted.
    """
    live = {pid: stat for pid in pids() if (stat := stat_of(pid)) and stat.state not in "ZX"}
    mine = {pid for pid in live if has_token(pid, token)}
    sessions = {live[pid].session for pid in mine} - {os.getsid(0)}
    if leader and leader.same():
        sessions.add(leader.pid)
    return {pid: stat.start for pid, stat in live.items() if pid in mine or stat.session in sessions}


def send(pid: int, start: int, number: signal.Signals) -> None:
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return
    try:
        stat = stat_of(pid)
        if stat and stat.start == start:  # asked after the handle is held: the pid cannot be reused in between
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        pass
    finally:
        os.close(handle)


def end(token: str, leader: Identity | None, term_seconds: float, tick: Callable[[], object] = lambda: None) -> list[str]:
    """Ends them all and waits until they are gone; answers the signals that were needed. `tick` reaps what became ours."""
    used: list[str] = []
    began = time.monotonic()
    while left := find(token, leader):
        late = time.monotonic() - began
        if late > term_seconds + GONE_SECONDS:
            raise TimeoutError(f"{len(left)} processes do not end")
        number = signal.SIGKILL if late >= term_seconds else signal.SIGTERM
        if number == signal.SIGKILL or number.name not in used:
            for pid, start in left.items():
                send(pid, start, number)
            used += [] if number.name in used else [number.name]
        tick()
        time.sleep(0.02)
    tick()
    return used
