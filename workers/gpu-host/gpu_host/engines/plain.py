"""What an engine answers that has no model families and cannot go on from a saved state."""

from pathlib import Path
from typing import Any

from gpu_host.engines.port import Found, Point
from gpu_host.watch.snapshot import Snapshot

OUT = "out"


class PlainEngine:
    """Its results are in `work/out`; half files there have `.part` in their names."""

    families: tuple[str, ...] = ()
    warm = False
    capabilities = {"cancel": True, "resume": False, "sample_now": False, "save_now": False, "saves_on_cancel": False}

    def family_problems(self, family: str) -> list[str]:
        return []

    def models(self) -> list[dict]:
        return []

    def found(self, work: Path, snapshot: Snapshot) -> list[Found]:
        return []

    def resume_point(self, work: Path, params: Any) -> Point | None:
        return None

    def sweep(self, work: Path, succeeded: bool) -> None:
        for path in (work / OUT).glob("*.part*"):
            path.unlink(missing_ok=True)

    def forget(self, work: Path) -> None:
        pass
