"""Reads the answers of `programs/f5_worker.py`."""

import json
import re
from collections.abc import Iterator

from gpu_host.engines.f5_tts.params import Speak
from gpu_host.watch.snapshot import Snapshot

CLASSES = ("out_of_memory", "wrong_torch", "model_damaged", "model_missing", "bad_sound", "disk_full", "engine_error")
WARNING = {
    "type": "warning",
    "code": "brackets_removed",
    "message": "Square brackets were taken out of the text: F5-TTS reads [name] as a change of the voice.",
}


class F5Reader:
    whole = re.compile(r"(?!)")  # it prints no bars

    def __init__(self, params: Speak, snapshot: Snapshot):
        self.params, self.step = params, snapshot.step
        self.warned = any(warning["code"] == WARNING["code"] for warning in snapshot.warnings)
        self.classes = set(snapshot.log_classes)
        self.progress = 0

    def read(self, line: str) -> Iterator[dict]:
        try:
            answer = json.loads(line)
        except ValueError:
            return
        if not isinstance(answer, dict):
            return
        self.progress += 1
        match answer:
            case {"type": "begun"}:
                if self.params.has_brackets and not self.warned:
                    self.warned = True
                    yield dict(WARNING)
                yield {"type": "stage", "name": "speaking"}
            case {"type": "line", "done": int(done)} if self.step < done <= len(self.params.lines):
                self.step = done
                yield {"type": "step", "step": done, "total": len(self.params.lines), "loss": None, "eta_seconds": None}
            case {"type": "error", "class": str(kind)} if kind in CLASSES and kind not in self.classes:
                self.classes.add(kind)
                yield {"type": "log", "class": kind}
