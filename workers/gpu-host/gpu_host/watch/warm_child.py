"""A program that stays loaded: one order at a time as a line of JSON on its stdin, answers as lines of JSON on its stdout."""

import json
import logging
import subprocess
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path

from gpu_host.atomic import write_json
from gpu_host.identity import Identity
from gpu_host.launch import Launch, Program
from gpu_host.members import end, find
from gpu_host.metrics import Metrics
from gpu_host.watch import children

RECORD = "child.json"
LAST = ("done", "error")
log = logging.getLogger("gpu_host")


@dataclass
class Order:
    """One run's work. `answers` gets each answer as a line."""

    id: str
    answers: Path
    # how it was answered, `done` or `error`; None while it is not
    end: str | None = None


class WarmChild:
    def __init__(self, folder: Path, launch: Launch, allowed: frozenset[Program], metrics: Metrics, term_seconds: float):
        self.launch, self.metrics, self.term_seconds = launch, metrics, term_seconds
        self.order: Order | None = None
        # the folder stays: what the libraries keep there (fonts, compiled code) makes the next start shorter
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "stderr.log").unlink(missing_ok=True)
        # on disk before the process is: whenever we die, it can be found
        self.token, self.record = uuid.uuid4().hex, folder / RECORD
        write_json(self.record, {"token": self.token})
        self.popen = children.begin(launch, allowed, folder, folder, self.token, talk=True)
        self.identity = Identity.of(self.popen.pid)
        write_json(self.record, {"token": self.token, **(self.identity.view() if self.identity else {})})
        self.listener = threading.Thread(target=self.listen, name=f"answers of {self.popen.pid}", daemon=True)
        self.listener.start()

    def ask(self, order: Order, work: Path, words: Path) -> None:
        """`work` holds its `request.json`; what the program prints goes to the file `words`. A dead child answers nothing: `alive` tells."""
        self.order = order
        line = json.dumps({"id": order.id, "folder": str(work), "log": str(words)}) + "\n"
        assert self.popen.stdin
        try:
            self.popen.stdin.write(line.encode())
            self.popen.stdin.flush()
        except OSError:
            log.warning("the child %s took no order: it is gone", self.popen.pid)

    def listen(self) -> None:
        """Until its stdout closes; then its death is waited for, so that an idle child leaves no zombie."""
        assert self.popen.stdout
        for line in self.popen.stdout:
            try:
                self.hear(line)
            except (OSError, ValueError) as error:
                log.warning("an answer of the child %s was not taken (%s)", self.popen.pid, type(error).__name__)
        self.popen.wait()

    def hear(self, line: bytes) -> None:
        answer, order = json.loads(line), self.order
        if order is None or not isinstance(answer, dict) or answer.get("id") != order.id or order.end:
            return
        with open(order.answers, "ab") as file:
            file.write(line)
        if answer.get("type") in LAST:  # after the line is in the file: who sees the end reads it all
            order.end = answer["type"]

    def alive(self) -> bool:
        return self.popen.poll() is None

    def pids(self) -> list[int]:
        return list(find(self.token, self.identity))

    def end(self) -> None:
        for name in end(self.token, self.identity, self.term_seconds, lambda: children.reap(self.metrics)):
            self.metrics.signals.labels(name).inc()
        try:
            self.popen.wait(self.term_seconds)
        except subprocess.TimeoutExpired:
            log.warning("the child %s is not reaped yet", self.popen.pid)
        self.listener.join(self.term_seconds)
        for pipe in (self.popen.stdin, self.popen.stdout):
            try:
                if pipe:
                    pipe.close()
            except OSError:
                pass
        self.record.unlink(missing_ok=True)
        children.forget(self.popen)
        children.reap(self.metrics)
