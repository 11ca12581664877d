"""What a training leaves in its folder, and which of it is whole."""

import re
import shutil
import zipfile
from pathlib import Path

from gpu_host.atomic import read_json
from gpu_host.engines.port import Found, Point
from gpu_host.engines.sd_scripts.command import NAME
from gpu_host.safetensors_file import read_header
from gpu_host.watch.snapshot import Snapshot

CHECKPOINT = re.compile(rf"^{NAME}-step(\d{{8}})\.safetensors$")
STATE = re.compile(rf"^{NAME}-step(\d{{8}})-state$")
SAMPLE = re.compile(rf"^{NAME}_(\d{{6}})_(\d{{2}})_\d{{14}}(?:_(\d+))?\.png$")
ZIPS = ("optimizer.bin", "scheduler.bin", "random_states_0.pkl")
RESUME = "resume"


def named(folder: Path, pattern: re.Pattern[str]) -> list[tuple[Path, re.Match[str]]]:
    if not folder.is_dir():
        return []
    return [(path, match) for path in sorted(folder.iterdir()) if (match := pattern.match(path.name))]


def state_step(folder: Path) -> int | None:
    """The step of a state folder; None unless every file in it is whole (random_states_0.pkl is written last)."""
    state = read_json(folder / "train_state.json")
    step = state.get("current_step") if state else None
    if not isinstance(step, int) or read_header(folder / "model.safetensors") is None:
        return None
    return step if all(zipfile.is_zipfile(folder / name) for name in ZIPS) else None


def states(work: Path) -> list[Point]:
    found = [Point(step, path) for path, match in named(work / "out", STATE) if (step := state_step(path)) == int(match[1])]
    inherited = work / RESUME
    step = state_step(inherited) if inherited.is_dir() else None
    return found if step is None else [*found, Point(step, inherited)]


def newest(work: Path, total: int) -> Point | None:
    """A state at the very end cannot be resumed: sd-scripts asserts that steps are left."""
    return max((point for point in states(work) if 0 < point.step < total), key=lambda point: point.step, default=None)


def whole_png(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            file.seek(-12, 2)
            return file.read()[4:8] == b"IEND"
    except OSError:
        return False


def found(work: Path, snapshot: Snapshot) -> list[Found]:
    """Whole files that no event has told of yet, oldest step first."""
    new: list[tuple[int, Found]] = []
    for path, match in named(work / "out", CHECKPOINT):
        if path.name not in snapshot.files and read_header(path):
            new.append((int(match[1]), Found({"type": "saved", "step": int(match[1]), "name": path.name}, f"work/out/{path.name}")))
    for path, match in named(work / "out", STATE):
        if int(match[1]) not in snapshot.saved_steps and state_step(path) == int(match[1]):
            new.append((int(match[1]), Found({"type": "saved", "step": int(match[1]), "name": None}, None)))
    for path, match in named(work / "out" / "sample", SAMPLE):
        if path.name not in snapshot.files and whole_png(path):
            event = {
                "type": "sample",
                "name": path.name,
                "step": int(match[1]),
                "index": int(match[2]),
                "seed": int(match[3]) if match[3] else None,
            }
            new.append((int(match[1]), Found(event, f"work/out/sample/{path.name}")))
    return [entry for _, entry in sorted(new, key=lambda pair: pair[0])]


def sweep(work: Path, succeeded: bool) -> None:
    for path, match in named(work / "out", STATE):
        if succeeded or state_step(path) != int(match[1]):
            shutil.rmtree(path, ignore_errors=True)
    shutil.rmtree(work / "out" / f"{NAME}-state", ignore_errors=True)
    for path in (work / "out").glob("*.safetensors"):
        if read_header(path) is None:
            path.unlink(missing_ok=True)
    for path in (work / "out" / "sample").glob("*.png"):
        if not whole_png(path):
            path.unlink(missing_ok=True)
    if succeeded:
        shutil.rmtree(work / RESUME, ignore_errors=True)
