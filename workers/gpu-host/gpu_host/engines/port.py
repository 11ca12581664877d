"""What an engine tells the supervisor: how to start it, how to read it, what it made."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from gpu_host.inputs import Inputs
from gpu_host.launch import Launch, Program
from gpu_host.watch.snapshot import Snapshot

# an instance of the engine's own `params`
Params = Any


@dataclass(frozen=True)
class Point:
    """A saved state that a run can go on from."""

    step: int
    folder: Path


@dataclass(frozen=True)
class Found:
    """A file of the run that a client may have: the event that tells of it, its name and its place inside the run's folder."""

    event: dict
    path: str | None


class Reader(Protocol):
    # a bar that is complete though its line is not
    whole: re.Pattern[str]

    def read(self, line: str) -> Iterator[dict]:
        """Events of one line of output. A Failure ends the run."""

    # grows when the engine gets on, not when it merely prints
    progress: int


def again(engine: "Engine") -> str:
    """What a person does after a run that gave nothing."""
    return "go on with resume_from or train again" if engine.capabilities["resume"] else "start the run again"


class Engine(Protocol):
    id: str
    title: str
    # of the program and of its weights, with what they forbid
    licence: str
    # its program stays loaded between runs and takes one order at a time (watch/warm.py)
    warm: bool
    families: tuple[str, ...]
    capabilities: dict
    params: type[BaseModel]

    def version(self) -> str | None: ...
    def programs(self) -> frozenset[Program]: ...

    def problems(self) -> list[str]:
        """Why it is not ready, each with its fix; empty if it is."""

    def family_problems(self, family: str) -> list[str]: ...
    def models(self) -> list[dict]: ...
    def inputs_of(self, params: Params) -> list[str]: ...

    def check(self, params: Params, inputs: Inputs) -> None:
        """Everything that can be known to be wrong before a program is started, as a Failure."""

    def disk_need(self, params: Params) -> int: ...

    def prepare(self, run: str, params: Params, work: Path, inputs: Inputs, resume: Point | None) -> Launch:
        """Lays the work folder anew; may be called again after a crash."""

    def total(self, params: Params) -> int: ...
    def reader(self, params: Params, snapshot: Snapshot) -> Reader: ...
    def found(self, work: Path, snapshot: Snapshot) -> list[Found]: ...
    def resume_point(self, work: Path, params: Params) -> Point | None: ...

    def results(self, run: str, work: Path, params: Params) -> list[Path]:
        """The files that make a success, probed. Failure `no_output` if there are none."""

    def explain(self, snapshot: Snapshot, exit_code: int | None) -> tuple[str, str]:
        """Code and message of a run that ended without its result."""

    def sweep(self, work: Path, succeeded: bool) -> None:
        """Removes half files, and after a success what only a resume would need."""

    def forget(self, work: Path) -> None:
        """Removes what this run made; the state that it was given stays."""
