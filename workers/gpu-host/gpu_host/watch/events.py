"""A run's numbered events in an append-only file: what happened, in order, kept over restarts."""

import copy
import errno
import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

from gpu_host.watch.snapshot import LAST, Snapshot, apply


def load(path: Path) -> tuple[list[dict], int]:
    """The events, and how many bytes of the file are whole lines: a line torn by a crash is left out."""
    events: list[dict] = []
    good = 0
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return [], 0
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            break
        if not line.endswith(b"\n") or event.get("seq") != len(events) + 1:
            break
        events.append(event)
        good += len(line)
    return events, good


def public(event: dict) -> dict:
    return {name: value for name, value in event.items() if not name.startswith("_")}


class EventLog:
    def __init__(self, path: Path):
        self.path = path
        self.lock = threading.Lock()
        self.events, good = load(path)
        if path.exists():
            os.truncate(path, good)
        self.sum = Snapshot()
        for event in self.events:
            apply(self.sum, event)

    def append(self, kind: str, read: tuple[int, int] | None = None, **fields: object) -> None:
        """`read`: how far the two logs were read when this came up, so that nothing is told twice after a restart."""
        with self.lock:
            event = {"seq": len(self.events) + 1, "at": datetime.now(UTC).isoformat(timespec="milliseconds"), "type": kind, **fields}
            if read:
                event["_read"] = read
            self.write(json.dumps(event, ensure_ascii=False).encode() + b"\n", kept=kind in LAST or kind == "canceling")
            self.events.append(event)
            apply(self.sum, event)

    def write(self, line: bytes, kept: bool) -> None:
        """Whole or not at all, also on a full disk: what comes after a torn line would be lost."""
        with open(self.path, "ab", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            try:
                if file.write(line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                if kept:
                    os.fsync(file.fileno())
            except OSError:
                file.truncate(size)
                raise

    def snapshot(self) -> Snapshot:
        with self.lock:
            return copy.deepcopy(self.sum)

    def after(self, seq: int) -> list[dict]:
        with self.lock:
            return [public(event) for event in self.events[max(0, seq) :]]

    def offsets(self) -> tuple[int, int]:
        for event in reversed(self.events):
            if "_read" in event:
                return event["_read"][0], event["_read"][1]
        return 0, 0
