"""Whether the trainer can be started here, and if not, what brings it."""

import json
from pathlib import Path

from gpu_host.engines.sd_scripts.command import SCRIPTS
from gpu_host.settings import Settings

TOKENIZER_FILES = ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json")
CLIP_L = "openai_clip-vit-large-patch14"
CLIP_G = "laion_CLIP-ViT-bigG-14-laion2B-39B-b160k"
NEEDED = {"sd15": (CLIP_L,), "sdxl": (CLIP_L, CLIP_G)}


def tokenizer_problem(folder: Path) -> str | None:
    missing = [name for name in TOKENIZER_FILES if not (folder / name).is_file()]
    if missing:
        return f"Tokenizer {folder.name} lacks {', '.join(missing)}: copy them into the tokenizers folder."
    try:
        length = json.loads((folder / "tokenizer_config.json").read_text("utf-8")).get("model_max_length")
    except (OSError, ValueError):
        return f"tokenizer_config.json of {folder.name} cannot be read: copy it again."
    if length != 77:
        return f"model_max_length in {folder.name}/tokenizer_config.json is {length}: set it to 77, or training ends with an error."
    return None


def problems(settings: Settings) -> list[str]:
    """What stands against every family."""
    scripts = settings.sd_scripts
    if scripts is None:
        return ["sd-scripts is not set up: add [sd_scripts] with python, folder and tokenizers to the settings."]
    found = []
    if not scripts.python.is_file():
        found.append("sd_scripts.python does not exist: make the environment (pip install -r requirements-train.txt).")
    found += [
        f"sd_scripts.folder has no {name}: check out kohya sd-scripts there."
        for name in SCRIPTS.values()
        if not (scripts.folder / name).is_file()
    ]
    if not settings.models.is_dir():
        found.append("The models folder does not exist: create it and put a base model there.")
    return found


def family_problems(settings: Settings, family: str) -> list[str]:
    if settings.sd_scripts is None:
        return []
    return [problem for name in NEEDED[family] if (problem := tokenizer_problem(settings.sd_scripts.tokenizers / name))]
