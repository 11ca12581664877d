"""The children that stay loaded between runs: at most one an engine, ended on request, never left behind."""

import threading
from pathlib import Path

from gpu_host.atomic import read_json
from gpu_host.identity import Identity
from gpu_host.launch import Launch, Program
from gpu_host.members import end
from gpu_host.metrics import Metrics
from gpu_host.watch import children
from gpu_host.watch.warm_child import RECORD, WarmChild


class Warm:
    def __init__(self, data: Path, metrics: Metrics, term_seconds: float):
        self.folder, self.metrics, self.term_seconds = data / "warm", metrics, term_seconds
        self.lock = threading.Lock()
        self.children: dict[str, WarmChild] = {}

    def end_survivors(self) -> None:
        """At start. One that outlived its gpu-host has no stdin any more and ends by itself; one that hangs is ended."""
        for folder in self.folder.glob("*"):
            record = read_json(folder / RECORD)
            if record and "token" in record:
                for name in end(record["token"], Identity.read(record), self.term_seconds, lambda: children.reap(self.metrics)):
                    self.metrics.signals.labels(name).inc()
            (folder / RECORD).unlink(missing_ok=True)

    def kept(self, engine: str, launch: Launch) -> WarmChild | None:
        """The one that is loaded, where it lives and was started in the same way."""
        child = self.children.get(engine)
        return child if child and child.alive() and child.launch == launch else None

    def has(self, engine: str, launch: Launch) -> bool:
        with self.lock:
            return self.kept(engine, launch) is not None

    def child(self, engine: str, launch: Launch, allowed: frozenset[Program]) -> WarmChild:
        """The one that is kept; else a new one."""
        with self.lock:
            if kept := self.kept(engine, launch):
                return kept
            self.end(engine)
            self.children[engine] = WarmChild(self.folder / engine, launch, allowed, self.metrics, self.term_seconds)
            self.metrics.loads.labels(engine).inc()
            return self.children[engine]

    def end(self, engine: str) -> bool:
        """Afterwards none of its processes is left. False if there was none."""
        child = self.children.get(engine)
        if child is None:
            return False
        lived = child.alive()
        child.end()
        self.children.pop(engine, None)
        return lived

    def unload(self, but: str | None = None) -> list[str]:
        """Ends all, or all but one; answers the engines whose children are gone."""
        with self.lock:
            return [engine for engine in sorted(self.children) if engine != but and self.end(engine)]

    def drop(self, child: WarmChild) -> None:
        """Ends this one: it failed, hangs, or works for a run that is canceled."""
        with self.lock:
            child.end()
            for engine in [engine for engine, kept in self.children.items() if kept is child]:
                del self.children[engine]

    def engine_of_pids(self) -> dict[int, str]:
        return {pid: engine for engine, child in list(self.children.items()) for pid in child.pids()}
