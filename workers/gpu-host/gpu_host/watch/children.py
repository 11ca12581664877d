"""Starts, adopts and ends the processes of a run; knows which dead children are waited for by whom."""

import subprocess
import threading
import uuid
from pathlib import Path

from gpu_host.identity import Identity
from gpu_host.launch import Launch, Program, spawn
from gpu_host.members import end, find
from gpu_host.metrics import Metrics
from gpu_host.reaper import reap_orphans
from gpu_host.watch.run import Run

_lock = threading.Lock()
_waited_for: set[int] = set()


def begin(launch: Launch, allowed: frozenset[Program], folder: Path, logs: Path, token: str, talk: bool = False) -> subprocess.Popen:
    """Starts a program whose death its own Popen hears of; `forget` when it has."""
    with _lock:
        popen = spawn(launch, allowed, folder, logs, token, talk)
        _waited_for.add(popen.pid)
    return popen


def forget(popen: subprocess.Popen) -> None:
    _waited_for.discard(popen.pid)


def reap(metrics: Metrics) -> None:
    with _lock:
        metrics.reaped.inc(reap_orphans(_waited_for))


class Children:
    """The processes of one run."""

    def __init__(self, run: Run, metrics: Metrics, term_seconds: float):
        self.run, self.metrics, self.term_seconds = run, metrics, term_seconds
        self.popen: subprocess.Popen | None = None

    def loaded(self, _launch: Launch) -> bool:
        """Each run starts its program anew."""
        return False

    def start(self, launch: Launch, allowed: frozenset[Program]) -> None:
        """The token is on disk before the process is: whenever we die, it can be found."""
        token = uuid.uuid4().hex
        self.run.spawn = {"token": token}
        self.run.save()
        self.popen = begin(launch, allowed, self.run.work, self.run.folder, token)
        identity = Identity.of(self.popen.pid)
        assert identity is not None  # at worst a zombie: only we reap it
        self.run.spawn = {"token": token, "argv": launch.argv(), **identity.view()}
        self.run.save()

    def alive(self) -> bool:
        if self.popen is not None:
            return self.popen.poll() is None
        process = self.run.process
        return process is not None and process.alive()

    def pids(self) -> list[int]:
        return list(find(self.run.token, self.run.process)) if self.run.token else []

    def end_all(self) -> None:
        """Afterwards none is left, whether it had ended by itself or not."""
        if self.run.token:
            for name in end(self.run.token, self.run.process, self.term_seconds, self.reap):
                self.metrics.signals.labels(name).inc()
        self.reap()

    def reap(self) -> None:
        if self.popen is not None and self.popen.poll() is not None:
            forget(self.popen)
        reap(self.metrics)

    @property
    def exit_code(self) -> int | None:
        """Unknown for a process that we found again."""
        return self.popen.poll() if self.popen is not None else None
