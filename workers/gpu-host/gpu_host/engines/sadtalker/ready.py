"""Whether SadTalker can be started here, and if not, what brings it."""

import shutil
from pathlib import Path

from gpu_host import weights
from gpu_host.settings import SadTalker, Settings

MAPPING = {"crop": "mapping_00229-model.pth.tar", "full": "mapping_00109-model.pth.tar"}
FACE = ("alignment_WFLW_4HG.pth", "detection_Resnet50_Final.pth")
SIZES = (256, 512)
FFMPEG = "ffmpeg is not installed on the GPU machine: apt-get install ffmpeg."


def checkpoint(engine: SadTalker, size: int) -> Path:
    return engine.checkpoints / f"SadTalker_V0.0.2_{size}.safetensors"


def files(engine: SadTalker, size: int, preprocess: str) -> list[Path]:
    """Weights of one run."""
    return [checkpoint(engine, size), engine.checkpoints / MAPPING[preprocess], *(engine.face_weights / name for name in FACE)]


def missing(settings: Settings, size: int, preprocess: str) -> list[str]:
    """What one kind of run lacks. A face detector that is missing would be downloaded."""
    assert settings.sadtalker
    paths = files(settings.sadtalker, size, preprocess)
    return [problem for path in paths if (problem := weights.problem(path, settings.pins, "A weights file of SadTalker"))]


def problems(settings: Settings) -> list[str]:
    engine = settings.sadtalker
    if engine is None:
        return ["SadTalker is not set up: add [sadtalker] with python, folder, checkpoints and face_weights to the settings."]
    found = []
    if not engine.python.is_file():
        found.append("sadtalker.python does not exist: make SadTalker's environment (the README says how).")
    if not (engine.folder / "inference.py").is_file():
        found.append("sadtalker.folder has no inference.py: check out SadTalker there.")
    if shutil.which("ffmpeg") is None:
        found.append(FFMPEG)
    lacks = [missing(settings, size, preprocess) for size in SIZES for preprocess in MAPPING]
    return found + (min(lacks, key=len) if all(lacks) else [])
