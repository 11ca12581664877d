"""Reads the header of a .safetensors file without loading it: is it whole, what is in it."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

LARGEST_HEADER = 64 * 2**20


@dataclass(frozen=True)
class Header:
    tensors: frozenset[str]
    metadata: dict[str, str]


def read_header(path: Path) -> Header | None:
    """None where it is missing, cut off or not safetensors."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(LARGEST_HEADER, size - 8):
                return None
            header = json.loads(file.read(length))
        metadata = header.pop("__metadata__", {})
        end = max((entry["data_offsets"][1] for entry in header.values()), default=0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None
    return Header(frozenset(header), metadata) if size == 8 + length + end else None
