"""The SadTalker engine: one picture and one sound a run."""

import os
import shutil
from pathlib import Path

from pydantic import BaseModel

from gpu_host import weights
from gpu_host.checkout import commit_of
from gpu_host.engines import bars, media
from gpu_host.engines.plain import OUT, PlainEngine
from gpu_host.engines.port import Point
from gpu_host.engines.sadtalker import params as limits
from gpu_host.engines.sadtalker import ready
from gpu_host.engines.sadtalker.params import Talk
from gpu_host.engines.sadtalker.words import WORDS
from gpu_host.engines.talk_reader import TalkReader
from gpu_host.failure import Failure
from gpu_host.inputs import Inputs
from gpu_host.launch import Launch, Program
from gpu_host.pictures import probe
from gpu_host.settings import Settings
from gpu_host.watch.snapshot import Snapshot
from gpu_host.wav import read_wav

NAME, SOUND = "talking.mp4", "sound.wav"
FLAGS = frozenset("driven_audio source_image result_dir checkpoint_dir size preprocess pose_style still cpu".split())


class SadTalkerEngine(PlainEngine):
    id = "sadtalker"
    title = "SadTalker (a picture speaks)"
    licence = "Apache-2.0"
    params: type[BaseModel] = Talk

    def __init__(self, settings: Settings):
        self.settings = settings

    def version(self) -> str | None:
        return commit_of(self.settings.sadtalker.folder) if self.settings.sadtalker else None

    def programs(self) -> frozenset[Program]:
        engine = self.settings.sadtalker
        return frozenset({Program(engine.python, engine.folder / "inference.py", FLAGS)}) if engine else frozenset()

    def problems(self) -> list[str]:
        return ready.problems(self.settings)

    def models(self) -> list[dict]:
        """One for each size of the face that can be rendered."""
        if self.settings.sadtalker is None:
            return []
        names = {size: ready.checkpoint(self.settings.sadtalker, size) for size in ready.SIZES}
        notes = {size: weights.problem(path, self.settings.pins, "The checkpoint") for size, path in names.items()}
        return [{"name": str(size), "family": "sadtalker", "usable": note is None, "note": note} for size, note in notes.items()]

    def inputs_of(self, params: Talk) -> list[str]:
        return [params.picture, params.sound]

    def check(self, params: Talk, inputs: Inputs) -> None:
        against = ready.problems(self.settings) or ready.missing(self.settings, params.size, params.preprocess)
        if against:
            raise Failure("engine_not_ready", " ".join(against), 503)
        assert self.settings.sadtalker
        weights.verify(ready.files(self.settings.sadtalker, params.size, params.preprocess), self.settings.pins)
        media.need(inputs, self.inputs_of(params))
        media.picture(inputs, params.picture, limits.LEAST_PIXELS, limits.MOST_PIXELS)
        media.sound(inputs, params.sound, "sound", limits.LEAST_SECONDS, limits.MOST_SECONDS)

    def disk_need(self, params: Talk) -> int:
        """The video, twice, and the frames' coefficients."""
        return 400_000_000

    def prepare(self, run: str, params: Talk, work: Path, inputs: Inputs, resume: Point | None) -> Launch:
        """The result's name is the time: a folder of its own holds one. The face detectors are looked for in the working folder."""
        engine = self.settings.sadtalker
        assert engine is not None
        shutil.rmtree(work, ignore_errors=True)
        (work / OUT).mkdir(parents=True)
        (work / "gfpgan").mkdir()
        (work / "gfpgan/weights").symlink_to(engine.face_weights)
        kind = probe(inputs.path(params.picture))
        if kind is None:
            raise Failure("bad_picture", "The picture is no PNG or JPEG: convert it.")
        picture = f"picture{kind[0]}"
        os.link(inputs.path(params.picture), work / picture)
        os.link(inputs.path(params.sound), work / SOUND)
        values = {
            "driven_audio": SOUND,
            "source_image": picture,
            "result_dir": OUT,
            "checkpoint_dir": engine.checkpoints,
            "size": params.size,
            "preprocess": params.preprocess,
            "pose_style": params.pose_style,
        }
        switches = [name for name, on in (("still", params.still), ("cpu", engine.cpu)) if on]
        (program,) = self.programs()
        return Launch(program, (*(f"--{name}={value}" for name, value in values.items()), *(f"--{name}" for name in switches)))

    def total(self, params: Talk) -> int:
        return 1

    def reader(self, params: Talk, snapshot: Snapshot) -> TalkReader:
        return TalkReader(WORDS, snapshot)

    def results(self, run: str, work: Path, params: Talk) -> list[Path]:
        videos = sorted((work / OUT).glob("*.mp4"))
        if len(videos) != 1:
            raise Failure("no_output", "SadTalker ended without its video. Its log is on the GPU machine; start the run again.")
        sound = read_wav(work / SOUND)
        media.talking(videos[0], sound.seconds if sound else 0)
        target = work / OUT / NAME
        videos[0].rename(target)
        return [target]

    def explain(self, snapshot: Snapshot, exit_code: int | None) -> tuple[str, str]:
        return bars.explain("SadTalker", snapshot.log_classes, exit_code)

    def sweep(self, work: Path, succeeded: bool) -> None:
        """What it made on the way lies beside the result, in folders and, of its ffmpeg, in the working folder."""
        super().sweep(work, succeeded)
        for path in (*(work / OUT).iterdir(), *work.glob("*.mp4")) if work.is_dir() and (work / OUT).is_dir() else ():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif not (succeeded and path == work / OUT / NAME):
                path.unlink(missing_ok=True)
