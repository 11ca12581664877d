"""Base models: only files of the operator's folder, only safetensors or what the operator pinned by hash."""

from pathlib import Path

from gpu_host.failure import Failure
from gpu_host.hashing import sha256_of
from gpu_host.safetensors_file import read_header
from gpu_host.settings import Settings

PICKLES = (".ckpt", ".pth")
KNOWN = (".safetensors", *PICKLES)


def family_of(tensors: frozenset[str]) -> str:
    if any(name.startswith("conditioner.embedders.1.") for name in tensors):
        return "sdxl"
    if any(name.startswith("cond_stage_model.transformer.") for name in tensors):
        return "sd15"
    return "unknown"


def files(folder: Path) -> dict[str, Path]:
    try:
        return {path.name: path for path in sorted(folder.iterdir()) if path.suffix in KNOWN and path.is_file()}
    except OSError:
        return {}


def list_models(settings: Settings) -> list[dict]:
    return [describe(path, settings.pins) for path in files(settings.models).values()]


def describe(path: Path, pins: dict[str, str]) -> dict:
    if path.suffix in PICKLES:
        pinned = path.name in pins
        note = None if pinned else "It can hold code: give its sha256 under [pins], or convert it to .safetensors."
        return {"name": path.name, "family": "unknown", "usable": pinned, "note": note}
    header = read_header(path)
    if header is None:
        return {"name": path.name, "family": "unknown", "usable": False, "note": "Not a whole safetensors file: copy it again."}
    return {"name": path.name, "family": family_of(header.tensors), "usable": True, "note": None}


def find_model(settings: Settings, name: str, family: str) -> Path:
    """The path for a name, checked; the hash of a pinned file is computed here, at every use."""
    found = files(settings.models)
    path = found.get(name)
    if path is None:
        raise Failure(
            "model_missing",
            f"Base model {name!r} is not there. There are: {', '.join(found) or 'none'}. Put it into the models folder of gpu-host.",
        )
    model = describe(path, settings.pins)
    if not model["usable"]:
        raise Failure("model_refused", f"Base model {name!r} cannot be used. {model['note']}")
    if path.suffix in PICKLES and sha256_of(path) != settings.pins[name]:
        raise Failure(
            "model_refused",
            f"Base model {name!r} is not the file that was pinned: its sha256 differs. Put the right file there, or pin this one.",
        )
    if model["family"] not in ("unknown", family):
        raise Failure(
            "model_mismatch", f"Base model {name!r} is {model['family']}, and {family} was asked for. Set family to {model['family']}."
        )
    if model["family"] == "unknown" and path.suffix == ".safetensors":
        raise Failure(
            "model_mismatch",
            f"Base model {name!r} is neither a SD 1.5 nor an SDXL checkpoint (no text encoder of theirs inside). Choose another.",
        )
    return path
