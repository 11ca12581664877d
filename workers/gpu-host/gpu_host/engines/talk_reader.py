"""Reads what a talking-head program prints: stages, one bar that counts the work, and the texts of its ends."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gpu_host.engines.bars import BAR, CLASSES, ERROR
from gpu_host.failure import Failure
from gpu_host.watch.snapshot import Snapshot


@dataclass(frozen=True)
class Words:
    """
    `counts`: title of the bar whose steps are told. `of`: the line that tells how many things it counts, and how many make a step, where
    other bars have the same title. `ends`: words that end a run at once.
    """

    counts: str
    stages: Sequence[tuple[re.Pattern[str], str]]
    classes: Sequence[tuple[re.Pattern[str], str]]
    warnings: Sequence[tuple[re.Pattern[str], str, str]] = ()
    ends: Sequence[tuple[re.Pattern[str], str, str]] = ()
    of: tuple[re.Pattern[str], int] | None = None


class TalkReader:
    whole = BAR

    def __init__(self, words: Words, snapshot: Snapshot):
        self.words, self.stage, self.step = words, snapshot.stage, snapshot.step if snapshot.total else -1
        self.classes = set(snapshot.log_classes)
        self.warned = {warning["code"] for warning in snapshot.warnings}
        self.progress, self.last = 0, ""
        self.total = snapshot.total

    def read(self, line: str) -> Iterator[dict]:
        bar = BAR.match(line)
        key = f"{bar[1]} {bar[2]}/{bar[3]}" if bar else line
        if key != self.last:
            self.last, self.progress = key, self.progress + 1
        for pattern, stage in self.words.stages:
            if pattern.match(line) and stage != self.stage:
                self.stage = stage
                yield {"type": "stage", "name": stage}
        if bar:
            yield from self.count(bar)
            line = line[bar.end() :].strip()  # a sentence may be glued behind a bar
        if line:
            yield from self.sentence(line)

    def count(self, bar: re.Match[str]) -> Iterator[dict]:
        step = int(bar[2])
        mine = (bar[1] or "").strip() == self.words.counts and int(bar[3]) == (self.total or int(bar[3]))
        if mine and step > self.step:
            self.step = step
            yield {"type": "step", "step": step, "total": int(bar[3]), "loss": None, "eta_seconds": seconds(bar[5])}

    def sentence(self, line: str) -> Iterator[dict]:
        if self.words.of and (match := self.words.of[0].match(line)):
            self.total = math.ceil(int(match[1]) / self.words.of[1])
        for pattern, code, message in self.words.ends:
            if pattern.match(line):
                raise Failure(code, message)
        for pattern, code, message in self.words.warnings:
            if pattern.match(line) and code not in self.warned:
                self.warned.add(code)
                yield {"type": "warning", "code": code, "message": message}
        shared = CLASSES if ERROR.match(line) else ()
        for pattern, kind in (*self.words.classes, *shared):
            if pattern.search(line) and kind not in self.classes:
                self.classes.add(kind)
                yield {"type": "log", "class": kind}


def seconds(text: str) -> int | None:
    if "?" in text:
        return None
    total = 0
    for part in text.split(":"):
        total = total * 60 + int(part)
    return total
