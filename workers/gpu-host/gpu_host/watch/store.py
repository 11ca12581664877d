"""The runs on disk: one folder each, made, found again after a restart, deleted."""

import os
import secrets
import shutil
from pathlib import Path

from gpu_host.atomic import sync_folder
from gpu_host.failure import Failure
from gpu_host.watch.run import Asked, Run

DOOMED = ".deleting-"
NEW = ".new-"


class Store:
    def __init__(self, data: Path):
        self.folder = data / "runs"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.runs: dict[str, Run] = {}

    def load(self) -> None:
        """At start. What was being made or deleted when we died was promised to nobody, or is unwanted."""
        for folder in sorted(self.folder.iterdir()):
            if folder.name.startswith((DOOMED, NEW)):
                shutil.rmtree(folder, ignore_errors=True)
            elif run := Run.load(folder):
                self.runs[run.asked.id] = run

    def get(self, run: str) -> Run:
        found = self.runs.get(run)
        if found is None:
            raise Failure("unknown_run", "There is no such run here. It was never accepted, or it was deleted.", 404)
        return found

    def create(self, asked: Asked) -> Run:
        """Whole or not at all: made aside, then moved."""
        aside = self.folder / f"{NEW}{secrets.token_hex(8)}"
        aside.mkdir()
        run = Run(aside, asked, None)
        run.save()
        run.events.append("accepted", engine=asked.engine)
        os.rename(aside, self.folder / asked.id)
        sync_folder(self.folder)
        moved = Run(self.folder / asked.id, asked, None)
        self.runs[asked.id] = moved
        return moved

    def delete(self, run: Run) -> None:
        doomed = self.folder / f"{DOOMED}{secrets.token_hex(8)}"
        os.rename(run.folder, doomed)
        del self.runs[run.asked.id]
        shutil.rmtree(doomed, ignore_errors=True)
