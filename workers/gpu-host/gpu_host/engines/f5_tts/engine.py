"""The F5-TTS engine: one text a run, a file for each line; the model stays loaded between runs."""

import json
import os
import shutil
from pathlib import Path

from pydantic import BaseModel

from gpu_host.engines import media
from gpu_host.engines.f5_tts import ready, verdict
from gpu_host.engines.f5_tts.params import LEAST_SECONDS, MOST_SECONDS, Speak, without_brackets
from gpu_host.engines.f5_tts.reader import F5Reader
from gpu_host.engines.plain import OUT, PlainEngine
from gpu_host.engines.port import Point
from gpu_host.failure import Failure
from gpu_host.inputs import Inputs
from gpu_host.launch import Launch, Program
from gpu_host.settings import Settings
from gpu_host.watch.snapshot import Snapshot
from gpu_host.wav import read_wav

WORKER = Path(__file__).parents[2] / "programs/f5_worker.py"
FLAGS = frozenset({"architecture", "checkpoint", "vocoder", "vocab", "device"})
BYTES_A_SECOND = 2 * verdict.RATE


class F5TtsEngine(PlainEngine):
    id = "f5-tts"
    title = "F5-TTS (speech in a cloned voice)"
    warm = True
    params: type[BaseModel] = Speak

    def __init__(self, settings: Settings):
        self.settings = settings

    @property
    def licence(self) -> str:
        """The code's, and that of each set of weights."""
        models = self.settings.f5_tts.models if self.settings.f5_tts else {}
        return "; ".join(["Code MIT", *(f"weights {name} {model.licence}" for name, model in models.items())])

    def version(self) -> str | None:
        return ready.version(self.settings.f5_tts) if self.settings.f5_tts else None

    def programs(self) -> frozenset[Program]:
        return frozenset({Program(self.settings.f5_tts.python, WORKER, FLAGS)}) if self.settings.f5_tts else frozenset()

    def problems(self) -> list[str]:
        return ready.problems(self.settings)

    def models(self) -> list[dict]:
        return ready.models(self.settings)

    def inputs_of(self, params: Speak) -> list[str]:
        return [params.reference]

    def check(self, params: Speak, inputs: Inputs) -> None:
        against = ready.problems(self.settings)
        if against:
            raise Failure("engine_not_ready", " ".join(against), 503)
        ready.find_model(self.settings, params.model)
        media.need(inputs, [params.reference])
        media.sound(inputs, params.reference, "reference", LEAST_SECONDS, MOST_SECONDS)

    def disk_need(self, params: Speak) -> int:
        seconds = sum(verdict.expected_seconds(params, line, MOST_SECONDS) for line in params.lines)
        return int(BYTES_A_SECOND * min(seconds, 60.0 * len(params.lines))) + 10_000_000

    def prepare(self, run: str, params: Speak, work: Path, inputs: Inputs, resume: Point | None) -> Launch:
        """Lines that are whole stay: begun anew after a restart, the run makes the same ones."""
        f5 = self.settings.f5_tts
        assert f5 is not None
        model = ready.find_model(self.settings, params.model)
        shutil.rmtree(work / "tmp", ignore_errors=True)
        (work / OUT).mkdir(parents=True, exist_ok=True)
        for path in (work / OUT).iterdir():
            if read_wav(path) is None:
                path.unlink()
        (work / verdict.REFERENCE).unlink(missing_ok=True)
        os.link(inputs.path(params.reference), work / verdict.REFERENCE)
        request = {
            "reference": verdict.REFERENCE,
            "transcript": without_brackets(params.transcript),
            "speed": params.speed,
            "steps": params.steps,
            "lines": [
                {"text": without_brackets(line.text), "seed": line.seed, "file": verdict.name_of(number)}
                for number, line in enumerate(params.lines)
            ],
        }
        (work / "request.json").write_text(json.dumps(request, ensure_ascii=False), "utf-8")
        values = {name: value for name, value in ready.files(f5, model).items() if value is not None}
        (program,) = self.programs()
        return Launch(program, tuple(f"--{name}={value}" for name, value in values.items()))

    def total(self, params: Speak) -> int:
        return len(params.lines)

    def reader(self, params: Speak, snapshot: Snapshot) -> F5Reader:
        return F5Reader(params, snapshot)

    def results(self, run: str, work: Path, params: Speak) -> list[Path]:
        return verdict.results(work, params)

    def sweep(self, work: Path, succeeded: bool) -> None:
        super().sweep(work, succeeded)
        shutil.rmtree(work / "tmp", ignore_errors=True)

    def explain(self, snapshot: Snapshot, exit_code: int | None) -> tuple[str, str]:
        return verdict.explain(snapshot, exit_code)
