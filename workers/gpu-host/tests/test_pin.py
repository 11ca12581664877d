"""The pinned torch has kernels for the target card.

RTX 5070 Ti: compute capability 12.0 (sm_120), in CUDA from 12.8 on (CUDA 12.8 release notes; NVIDIA Blackwell
compatibility guide). PyPI's torch 2.8.0 for Linux declares nvidia-cuda-runtime-cu12 12.8.90: that pin says which CUDA a torch was
built for. Looked at by hand: its libtorch_cuda.so holds sm_120 kernels, and so does libbitsandbytes_cuda128.so of bitsandbytes 0.47.0.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).parents[1]
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[a-z,]+\])?==([^\s;#]+)")


def pins(name: str) -> dict[str, str]:
    lines = [line for line in (FOLDER / name).read_text().splitlines() if line.strip() and not line.startswith(("#", "--"))]
    found = [PIN.match(line) for line in lines]
    assert all(found), f"every line of {name} is an exact version"
    return {match[1].lower().replace("_", "-"): match[2] for match in found if match}


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.split("+")[0]))


def cuda_of(train: dict[str, str]) -> tuple[int, ...]:
    """From the local version (2.8.0+cu128) where there is one, else from the runtime that is pinned beside it."""
    local = re.search(r"\+cu(\d+)(\d)$", train["torch"])
    if local:
        return int(local[1]), int(local[2])
    (runtime,) = [value for name, value in train.items() if re.fullmatch(r"nvidia-cuda-runtime(-cu\d+)?", name)]
    return version(runtime)


def test_cuda_has_the_cards_kernels() -> None:
    train = pins("requirements-train.txt")
    assert cuda_of(train) >= (12, 8)
    assert cuda_of({"torch": "2.8.0+cu126"}) < (12, 8) <= cuda_of({"torch": "2.8.0+cu128"})
    assert cuda_of({"torch": "2.7.0", "nvidia-cuda-runtime-cu12": "12.6.77"}) < (12, 8)


def test_torch_loads_weights_only_and_fits_its_neighbours() -> None:
    train = pins("requirements-train.txt")
    # TORCH_FORCE_WEIGHTS_ONLY_LOAD and the default weights_only=True
    assert version(train["torch"]) >= (2, 6)
    assert version(train["torchvision"])[1] == version(train["torch"])[1] + 15


def test_the_speech_engine_has_the_trainers_torch() -> None:
    voice, train = pins("requirements-voice.txt"), pins("requirements-train.txt")
    assert voice["f5-tts"] == "1.1.22" and voice["torch"] == train["torch"]
    assert cuda_of(voice) >= (12, 8) and voice["nvidia-cuda-runtime-cu12"] == train["nvidia-cuda-runtime-cu12"]
    assert version(voice["torchaudio"])[:2] == version(voice["torch"])[:2]
    # torchcodec 0.7 is the one of torch 2.8
    assert version(voice["torchcodec"])[:2] == (0, 7)


def test_the_service_is_locked() -> None:
    lock = pins("requirements.txt")
    assert {"fastapi", "uvicorn", "prometheus-client", "pydantic", "nvidia-ml-py"} <= set(lock)
    assert {"pytest", "httpx", "hypothesis"} <= set(pins("requirements-test.txt"))
    assert "torch" not in lock
