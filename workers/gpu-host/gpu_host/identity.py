"""Which process it is: a pid with its start time, so that a reused pid is never taken for ours."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stat:
    state: str
    ppid: int
    session: int
    start: int


def stat_of(pid: int) -> Stat | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    # the name in brackets may hold blanks and brackets
    fields = text[text.rindex(")") + 2 :].split()
    return Stat(state=fields[0], ppid=int(fields[1]), session=int(fields[3]), start=int(fields[19]))


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


@dataclass(frozen=True)
class Identity:
    pid: int
    start: int
    boot: str

    @staticmethod
    def of(pid: int) -> "Identity | None":
        stat = stat_of(pid)
        return Identity(pid, stat.start, boot_id()) if stat else None

    @staticmethod
    def mine() -> "Identity":
        me = Identity.of(os.getpid())
        assert me is not None
        return me

    @staticmethod
    def read(value: object) -> "Identity | None":
        try:
            return Identity(int(value["pid"]), int(value["start"]), str(value["boot"]))  # type: ignore[index]
        except (TypeError, KeyError, ValueError):
            return None

    def view(self) -> dict:
        return asdict(self)

    def same(self) -> bool:
        """Whether that pid is still this process, be it a zombie."""
        stat = stat_of(self.pid)
        return stat is not None and stat.start == self.start and self.boot == boot_id()

    def alive(self) -> bool:
        stat = stat_of(self.pid)
        return stat is not None and stat.start == self.start and stat.state not in "ZX" and self.boot == boot_id()
