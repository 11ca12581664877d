"""The files that sd-scripts writes, small: written in its order and, like its own, not at once."""

import argparse
import json
import struct
import time
import zipfile
import zlib
from pathlib import Path


def safetensors(tensors: dict[str, bytes], metadata: dict[str, str]) -> bytes:
    header, at = {"__metadata__": metadata}, 0
    for name, data in tensors.items():
        header[name] = {"dtype": "U8", "shape": [len(data)], "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(tensors.values())


def png(width: int = 64, height: int = 64) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\x7f" * 3 * width) * height)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def write(path: Path, data: bytes) -> None:
    """In two halves, so that a kill in between leaves a half file."""
    with open(path, "wb") as file:
        file.write(data[: len(data) // 2])
        file.flush()
        time.sleep(0.001)
        file.write(data[len(data) // 2 :])


def save_lora(args: argparse.Namespace, name: str, step: int, weights: str, version: str) -> None:
    metadata = {
        "ss_output_name": args.output_name,
        "ss_network_module": args.network_module,
        "ss_network_dim": args.network_dim,
        "ss_base_model_version": version,
        "ss_steps": str(step),
        "ss_max_train_steps": args.max_train_steps,
        "ss_training_comment": args.training_comment,
        "modelspec.title": args.metadata_title,
    }
    kinds = ("alpha", "lora_down.weight", "lora_up.weight")
    tensors = {f"lora_unet_block_{number}.{kind}": weights.encode() for number in range(2) for kind in kinds}
    write(Path(args.output_dir) / f"{name}.safetensors", safetensors(tensors, metadata))


def save_state(args: argparse.Namespace, name: str, epoch: int, step: int, weights: str) -> None:
    folder = Path(args.output_dir) / name
    folder.mkdir(exist_ok=True)
    (folder / "train_state.json").write_text(json.dumps({"current_epoch": epoch, "current_step": step}))
    write(folder / "model.safetensors", safetensors({"weights": weights.encode()}, {"format": "pt"}))
    for part in ("optimizer.bin", "scheduler.bin", "random_states_0.pkl"):
        with zipfile.ZipFile(folder / part, "w") as archive:
            archive.writestr("archive/data.pkl", b"\x80\x02." * 50)


def save_png(args: argparse.Namespace, step: int, index: int, seed: int) -> None:
    folder = Path(args.output_dir) / "sample"
    folder.mkdir(exist_ok=True)
    stamp = time.strftime("%Y%m%d%H%M%S", time.localtime())
    write(folder / f"{args.output_name}_{step:06d}_{index:02d}_{stamp}_{seed}.png", png())
