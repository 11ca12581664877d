"""The Wav2Lip engine: one face and one sound a run."""

import os
import shutil
from pathlib import Path

from pydantic import BaseModel

from gpu_host import weights
from gpu_host.checkout import commit_of
from gpu_host.engines import bars, media
from gpu_host.engines.plain import OUT, PlainEngine
from gpu_host.engines.port import Point
from gpu_host.engines.talk_reader import TalkReader
from gpu_host.engines.wav2lip import params as limits
from gpu_host.engines.wav2lip.face import check_face, face_of
from gpu_host.engines.wav2lip.params import LipSync
from gpu_host.engines.wav2lip.words import WORDS
from gpu_host.failure import Failure
from gpu_host.inputs import Inputs
from gpu_host.launch import Launch, Program
from gpu_host.settings import Settings, Wav2Lip
from gpu_host.watch.snapshot import Snapshot
from gpu_host.wav import read_wav

NAME, SOUND, RESULT = "talking.mp4", "sound.wav", "talking.part.mp4"
FLAGS = frozenset("checkpoint_path face audio outfile".split())
DETECTOR = "face_detection/detection/sfd/s3fd.pth"


def files(engine: Wav2Lip) -> list[Path]:
    """Weights; a face detector that is missing would be downloaded."""
    return [engine.checkpoint, engine.folder / DETECTOR]


class Wav2LipEngine(PlainEngine):
    id = "wav2lip"
    title = "Wav2Lip (lips follow a sound)"
    licence = "Not open source: personal, research and non-commercial use only"
    params: type[BaseModel] = LipSync

    def __init__(self, settings: Settings):
        assert settings.wav2lip is not None
        self.settings, self.own = settings, settings.wav2lip

    def version(self) -> str | None:
        return commit_of(self.own.folder)

    def programs(self) -> frozenset[Program]:
        return frozenset({Program(self.own.python, self.own.folder / "inference.py", FLAGS)})

    def problems(self) -> list[str]:
        found = []
        if not self.own.python.is_file():
            found.append("wav2lip.python does not exist: make Wav2Lip's environment (its requirements.txt).")
        if not (self.own.folder / "inference.py").is_file():
            found.append("wav2lip.folder has no inference.py: check out Wav2Lip there.")
        if shutil.which("ffmpeg") is None:
            found.append("ffmpeg is not installed on the GPU machine: apt-get install ffmpeg.")
        lacks = (weights.problem(path, self.settings.pins, "A weights file of Wav2Lip") for path in files(self.own))
        return found + [problem for problem in lacks if problem]

    def inputs_of(self, params: LipSync) -> list[str]:
        return [params.face, params.sound]

    def check(self, params: LipSync, inputs: Inputs) -> None:
        against = self.problems()
        if against:
            raise Failure("engine_not_ready", " ".join(against), 503)
        weights.verify(files(self.own), self.settings.pins)
        media.need(inputs, self.inputs_of(params))
        sound = media.sound(inputs, params.sound, "sound", limits.LEAST_SECONDS, limits.MOST_SECONDS)
        check_face(inputs.path(params.face), sound.seconds)

    def disk_need(self, params: LipSync) -> int:
        return 400_000_000

    def prepare(self, run: str, params: LipSync, work: Path, inputs: Inputs, resume: Point | None) -> Launch:
        """Its names go through a shell and are cut at dots: they are ours, plain and relative to the working folder."""
        shutil.rmtree(work, ignore_errors=True)
        for folder in (OUT, "temp"):
            (work / folder).mkdir(parents=True)
        kind = face_of(inputs.path(params.face))
        if kind is None:
            raise Failure("bad_picture", "The face is no PNG and no whole MP4: convert it.")
        face = f"face{kind.extension}"
        os.link(inputs.path(params.face), work / face)
        os.link(inputs.path(params.sound), work / SOUND)
        values = {"checkpoint_path": self.own.checkpoint, "face": face, "audio": SOUND, "outfile": f"{OUT}/{RESULT}"}
        (program,) = self.programs()
        return Launch(program, tuple(f"--{name}={value}" for name, value in values.items()))

    def total(self, params: LipSync) -> int:
        return 1

    def reader(self, params: LipSync, snapshot: Snapshot) -> TalkReader:
        return TalkReader(WORDS, snapshot)

    def results(self, run: str, work: Path, params: LipSync) -> list[Path]:
        made, target, sound = work / OUT / RESULT, work / OUT / NAME, read_wav(work / SOUND)
        if not target.exists():
            media.talking(made, sound.seconds if sound else 0)
            made.rename(target)
        return [target]

    def explain(self, snapshot: Snapshot, exit_code: int | None) -> tuple[str, str]:
        return bars.explain("Wav2Lip", snapshot.log_classes, exit_code)

    def sweep(self, work: Path, succeeded: bool) -> None:
        super().sweep(work, succeeded)
        shutil.rmtree(work / "temp", ignore_errors=True)
