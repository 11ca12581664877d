"""Weights of an engine: safetensors that are whole, or a file that can hold code only where its hash is pinned."""

from pathlib import Path

from gpu_host.failure import Failure
from gpu_host.hashing import sha256_of
from gpu_host.safetensors_file import read_header


def problem(path: Path, pins: dict[str, str], what: str) -> str | None:
    """What can be seen without reading the file through; None if nothing is wrong."""
    if not path.is_file():
        return f"{what} ({path.name}) is not there: put it where the settings say."
    if path.suffix == ".safetensors":
        return None if read_header(path) else f"{what} ({path.name}) is not a whole safetensors file: copy it again."
    if path.name not in pins:
        return f"{what} ({path.name}) can hold code: give its sha256 under [pins]."
    return None


def verify(paths: list[Path], pins: dict[str, str]) -> None:
    """Before each use: the hash of every file that is no safetensors. Failure `model_refused`."""
    for path in paths:
        if path.suffix != ".safetensors" and sha256_of(path) != pins.get(path.name):
            raise Failure(
                "model_refused",
                f"{path.name} is not the file that was pinned: its sha256 differs. Put the right file there, or pin this one.",
            )
