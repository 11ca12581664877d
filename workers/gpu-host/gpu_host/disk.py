"""Space on the disk, asked before a run and while it goes."""

import shutil
from pathlib import Path

from gpu_host.failure import Failure


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def need(folder: Path, wanted: int, floor: int) -> None:
    free = free_bytes(folder)
    if free < wanted + floor:
        raise Failure(
            "disk_full",
            f"About {(wanted + floor) >> 20} MB must be free and {free >> 20} MB are: delete old runs (DELETE /v1/runs/ID) or free the disk.",
            507,
        )
