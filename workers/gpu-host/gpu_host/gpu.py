"""The card as NVML tells it; none where there is no NVML or no card."""

from dataclasses import dataclass, field

import pynvml


@dataclass(frozen=True)
class Card:
    name: str
    total: int
    free: int
    used_by: dict[int, int] = field(default_factory=dict)


def text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def cards() -> list[Card]:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        return [one(pynvml.nvmlDeviceGetHandleByIndex(index)) for index in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()


def one(handle: object) -> Card:
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    try:
        used = {process.pid: process.usedGpuMemory or 0 for process in pynvml.nvmlDeviceGetComputeRunningProcesses(handle)}
    except pynvml.NVMLError:  # not told inside some containers and under WSL
        used = {}
    return Card(text(pynvml.nvmlDeviceGetName(handle)), int(memory.total), int(memory.free), used)
