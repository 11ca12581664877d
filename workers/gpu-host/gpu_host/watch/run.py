"""A run on disk: what was asked, which process serves it, and its events."""

from dataclasses import dataclass
from pathlib import Path

from gpu_host.atomic import read_json, write_json
from gpu_host.identity import Identity
from gpu_host.watch.events import EventLog
from gpu_host.watch.snapshot import Snapshot


@dataclass(frozen=True)
class Asked:
    id: str
    engine: str
    params: dict
    resume_from: str | None

    def view(self) -> dict:
        return {"id": self.id, "engine": self.engine, "params": self.params, "resume_from": self.resume_from}


class Run:
    def __init__(self, folder: Path, asked: Asked, spawn: dict | None):
        self.folder, self.asked, self.spawn = folder, asked, spawn
        self.events = EventLog(folder / "events.ndjson")

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def token(self) -> str | None:
        return self.spawn["token"] if self.spawn else None

    @property
    def process(self) -> Identity | None:
        return Identity.read(self.spawn)

    def snapshot(self) -> Snapshot:
        return self.events.snapshot()

    def save(self) -> None:
        write_json(self.folder / "record.json", {**self.asked.view(), "spawn": self.spawn})

    @staticmethod
    def load(folder: Path) -> "Run | None":
        record = read_json(folder / "record.json")
        if record is None:
            return None
        return Run(folder, Asked(record["id"], record["engine"], record["params"], record["resume_from"]), record["spawn"])
