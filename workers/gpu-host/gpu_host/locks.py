"""Two locks: one gpu-host to a data folder (the kernel's), one run to the card (a file that names its owner)."""

import fcntl
import json
import os
from pathlib import Path

from gpu_host.atomic import read_json
from gpu_host.failure import Failure
from gpu_host.identity import Identity


def lock_folder(data: Path) -> int:
    """Held until the process ends; children do not inherit it."""
    handle = os.open(data / "gpu-host.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise Failure("already_running", "Another gpu-host uses this data folder: stop it, or give this one its own.") from error
    return handle


class CardLock:
    def __init__(self, data: Path):
        self.path = data / "card.lock"

    def owner(self) -> str | None:
        """The run that has the card."""
        value = read_json(self.path)
        return str(value["run"]) if value and "run" in value else None

    def take(self, run: str) -> None:
        # written aside, then linked: it exists whole or not at all, and only one can make it
        part = self.path.with_name(f"card.{os.getpid()}.part")
        part.write_text(json.dumps({"run": run, "host": Identity.mine().view()}), "utf-8")
        try:
            os.link(part, self.path)
        except FileExistsError as error:
            if self.owner() != run:
                raise Failure("card_busy", f"The card works on run {self.owner()}: wait for its end or cancel it.", 409) from error
        finally:
            part.unlink(missing_ok=True)

    def release(self, run: str) -> None:
        if self.owner() == run:
            self.path.unlink(missing_ok=True)

    def settle(self, open_runs: set[str]) -> None:
        """At start, when we alone own the folder: a lock of a run that is not open is of no one."""
        for part in self.path.parent.glob("card.*.part"):
            part.unlink(missing_ok=True)
        if self.path.exists() and self.owner() not in open_runs:
            self.path.unlink(missing_ok=True)
