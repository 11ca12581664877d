"""Lays the work folder: pictures under generated names with their captions, dataset.toml, prompts.json."""

import json
import math
import os
from pathlib import Path

from gpu_host.engines.sd_scripts.params import TrainLora
from gpu_host.failure import Failure
from gpu_host.inputs import Inputs
from gpu_host.pictures import probe

SMALLEST, LARGEST = 64, 16384
DATASET = """[general]
caption_extension = ".txt"
shuffle_caption = false
[[datasets]]
resolution = {resolution}
batch_size = {batch_size}
enable_bucket = true
min_bucket_reso = 256
max_bucket_reso = {largest}
bucket_reso_steps = 64
bucket_no_upscale = false
  [[datasets.subsets]]
  image_dir = "img"
  num_repeats = {repeats}
"""


def repeats(params: TrainLora) -> int:
    """
    Enough for one epoch to hold all steps. Resumed behind its first epoch, sd-scripts 48d368f counts from the epoch's own step, not from the training's:
    its files, its states and its end would be wrong. With one epoch the two counts are the same.
    """
    return math.ceil(params.steps * params.batch_size / len(params.pictures))


def check_pictures(params: TrainLora, inputs: Inputs) -> None:
    missing = sorted({picture.image for picture in params.pictures if not inputs.has(picture.image)})
    if missing:
        raise Failure(
            "input_missing",
            f"Not uploaded: {', '.join(missing[:20])}{' ...' if len(missing) > 20 else ''}. Send each with PUT /v1/inputs/SHA256, then ask again.",
            409,
        )
    for number, picture in enumerate(params.pictures, 1):
        kind = probe(inputs.path(picture.image))
        if kind is None:
            raise Failure("bad_dataset", f"Picture {number} is no PNG, JPEG or WebP: convert it.")
        if min(kind[1:]) < SMALLEST or max(kind[1:]) > LARGEST:
            raise Failure("bad_dataset", f"Picture {number} is {kind[1]}x{kind[2]}: each side must have {SMALLEST} to {LARGEST} pixels.")


def lay(work: Path, params: TrainLora, inputs: Inputs) -> None:
    folder = work / "img"
    folder.mkdir(parents=True)
    (work / "out").mkdir()
    for number, picture in enumerate(params.pictures):
        kind = probe(inputs.path(picture.image))
        if kind is None:
            raise Failure("bad_dataset", f"Picture {number + 1} is no PNG, JPEG or WebP: convert it.")
        os.link(inputs.path(picture.image), folder / f"{number:04d}{kind[0]}")
        (folder / f"{number:04d}.txt").write_text(picture.caption + "\n", "utf-8")
    largest = max(1024, params.resolution * 2)
    toml = DATASET.format(resolution=params.resolution, batch_size=params.batch_size, repeats=repeats(params), largest=largest)
    (work / "dataset.toml").write_text(toml, "utf-8")
    # JSON, not the text form: there ` --cn FILE` inside a prompt would be read as a flag
    prompts = [
        {
            "prompt": s.prompt,
            "negative_prompt": s.negative_prompt,
            "width": s.width,
            "height": s.height,
            "seed": s.seed,
            "sample_steps": s.steps,
            "scale": s.scale,
        }
        for s in params.samples
    ]
    (work / "prompts.json").write_text(json.dumps(prompts, ensure_ascii=False), "utf-8")
