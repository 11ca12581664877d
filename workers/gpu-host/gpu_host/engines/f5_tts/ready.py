"""Whether F5-TTS can be started here, and if not, what brings it."""

import re
from pathlib import Path

from gpu_host import weights
from gpu_host.failure import Failure
from gpu_host.settings import F5Model, F5Tts, Settings

VOCODER = ("config.yaml", "pytorch_model.bin")
# vocos makes the objects that this file names
CLASS = re.compile(r"^\s*(?:-\s*)?[\"']?class_path[\"']?\s*:\s*[\"']?([^\s\"'#]+)", re.M)


def version(f5: F5Tts) -> str | None:
    """Of the package in the engine's environment."""
    for folder in f5.python.parent.parent.glob("lib/python3*/site-packages/f5_tts-*.dist-info"):
        return folder.name.removeprefix("f5_tts-").removesuffix(".dist-info")
    return None


def vocoder_problem(f5: F5Tts, pins: dict[str, str]) -> str | None:
    config = f5.vocoder / VOCODER[0]
    try:
        classes = CLASS.findall(config.read_text("utf-8"))
    except (OSError, ValueError):
        return f"f5_tts.vocoder has no readable {VOCODER[0]}: copy the folder vocos-mel-24khz there."
    if not classes or any(not name.startswith("vocos.") for name in classes):
        return f"{VOCODER[0]} of the vocoder names a class that is not of vocos: copy the published file."
    return weights.problem(f5.vocoder / VOCODER[1], pins, "The vocoder")


def model_problem(model: F5Model, pins: dict[str, str]) -> str | None:
    if model.vocab and not model.vocab.is_file():
        return f"The vocabulary ({model.vocab.name}) is not there: put it where the settings say."
    return weights.problem(model.checkpoint, pins, "The checkpoint")


def problems(settings: Settings) -> list[str]:
    f5 = settings.f5_tts
    if f5 is None:
        return ["F5-TTS is not set up: add [f5_tts] with python, vocoder and models to the settings."]
    found = []
    if not f5.python.is_file():
        found.append("f5_tts.python does not exist: make the environment (pip install -r requirements-voice.txt).")
    elif version(f5) is None:
        found.append("f5-tts is not installed beside f5_tts.python: pip install -r requirements-voice.txt there.")
    if vocoder := vocoder_problem(f5, settings.pins):
        found.append(vocoder)
    usable = {name: model_problem(model, settings.pins) for name, model in f5.models.items()}
    if all(usable.values()):
        found += [f"{name}: {problem}" for name, problem in usable.items()]
    return found


def find_model(settings: Settings, name: str) -> F5Model:
    assert settings.f5_tts
    model = settings.f5_tts.models.get(name)
    if model is None:
        raise Failure("model_missing", f"There are no weights {name!r}. There are: {', '.join(settings.f5_tts.models)}.")
    problem = model_problem(model, settings.pins)
    if problem:
        raise Failure("model_refused", f"The weights {name!r} cannot be used. {problem}")
    weights.verify([model.checkpoint, settings.f5_tts.vocoder / VOCODER[1]], settings.pins)
    return model


def models(settings: Settings) -> list[dict]:
    f5: F5Tts | None = settings.f5_tts
    return [describe(name, model, settings.pins) for name, model in (f5.models if f5 else {}).items()]


def describe(name: str, model: F5Model, pins: dict[str, str]) -> dict:
    note = model_problem(model, pins)
    view = {"name": name, "family": "f5-tts", "usable": note is None, "note": note}
    return {**view, "licence": model.licence, "languages": model.languages}


def files(f5: F5Tts, model: F5Model) -> dict[str, str | Path | None]:
    """The command line: name of a flag -> its value."""
    return {
        "architecture": model.architecture,
        "checkpoint": model.checkpoint,
        "vocoder": f5.vocoder,
        "vocab": model.vocab,
        "device": f5.device,
    }
