"""The sd-scripts engine: one LoRA training a run."""

import os
import shutil
from pathlib import Path

from pydantic import BaseModel

from gpu_host.checkout import commit_of
from gpu_host.engines.port import Found, Point
from gpu_host.engines.sd_scripts import outputs, ready, verdict
from gpu_host.engines.sd_scripts.command import SCRIPTS, program, training_launch
from gpu_host.engines.sd_scripts.dataset import check_pictures, lay
from gpu_host.engines.sd_scripts.params import TrainLora
from gpu_host.engines.sd_scripts.progress import SdScriptsReader
from gpu_host.failure import Failure
from gpu_host.inputs import Inputs
from gpu_host.launch import Launch, Program
from gpu_host.models import find_model, list_models
from gpu_host.settings import Settings
from gpu_host.watch.snapshot import Snapshot

# estimates: bytes of a LoRA file (fp16) for each rank
BYTES_PER_RANK = {"sd15": 900_000, "sdxl": 6_000_000}


class SdScriptsEngine:
    id = "sd-scripts"
    title = "kohya sd-scripts (LoRA training)"
    licence = "Apache-2.0"
    warm = False
    families: tuple[str, ...] = ("sd15", "sdxl")
    # it has no signal handlers: nothing can be asked of it while it trains, and TERM saves nothing
    capabilities = {"cancel": True, "resume": True, "sample_now": False, "save_now": False, "saves_on_cancel": False}
    params: type[BaseModel] = TrainLora

    def __init__(self, settings: Settings):
        self.settings = settings

    def version(self) -> str | None:
        return commit_of(self.settings.sd_scripts.folder) if self.settings.sd_scripts else None

    def programs(self) -> frozenset[Program]:
        scripts = self.settings.sd_scripts
        return frozenset(program(scripts, family) for family in SCRIPTS) if scripts else frozenset()

    def problems(self) -> list[str]:
        return ready.problems(self.settings)

    def family_problems(self, family: str) -> list[str]:
        return ready.family_problems(self.settings, family)

    def models(self) -> list[dict]:
        return list_models(self.settings)

    def inputs_of(self, params: TrainLora) -> list[str]:
        return [picture.image for picture in params.pictures]

    def check(self, params: TrainLora, inputs: Inputs) -> None:
        against = ready.problems(self.settings) or ready.family_problems(self.settings, params.family)
        if against:
            raise Failure("engine_not_ready", " ".join(against), 503)
        find_model(self.settings, params.base_model, params.family)
        check_pictures(params, inputs)

    def disk_need(self, params: TrainLora) -> int:
        """Checkpoints, and three states of float32 weights with two moments each."""
        lora = BYTES_PER_RANK[params.family] * params.rank
        pictures = len(params.samples) * (params.steps // params.sample_every) * 2_000_000
        return lora * (params.steps // params.save_every + 1) + 3 * 6 * lora + pictures

    def prepare(self, run: str, params: TrainLora, work: Path, inputs: Inputs, resume: Point | None) -> Launch:
        assert self.settings.sd_scripts is not None
        model = find_model(self.settings, params.base_model, params.family)
        shutil.rmtree(work, ignore_errors=True)
        lay(work, params, inputs)
        if resume:
            # links: the earlier run may be deleted while this one goes on
            (work / outputs.RESUME).mkdir()
            for path in resume.folder.iterdir():
                os.link(path, work / outputs.RESUME / path.name)
        return training_launch(self.settings.sd_scripts, run, params, model, work / outputs.RESUME if resume else None)

    def total(self, params: TrainLora) -> int:
        return params.steps

    def reader(self, params: TrainLora, snapshot: Snapshot) -> SdScriptsReader:
        return SdScriptsReader(params.steps, snapshot)

    def found(self, work: Path, snapshot: Snapshot) -> list[Found]:
        return outputs.found(work, snapshot)

    def resume_point(self, work: Path, params: TrainLora) -> Point | None:
        return outputs.newest(work, params.steps)

    def results(self, run: str, work: Path, params: TrainLora) -> list[Path]:
        return verdict.results(run, work, params)

    def explain(self, snapshot: Snapshot, exit_code: int | None) -> tuple[str, str]:
        return verdict.explain(snapshot, exit_code)

    def sweep(self, work: Path, succeeded: bool) -> None:
        outputs.sweep(work, succeeded)

    def forget(self, work: Path) -> None:
        shutil.rmtree(work / "out", ignore_errors=True)
