"""What a WAV file holds: format, length, loudest sample. PCM of 16 bits is read; nothing else is decoded."""

import array
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

PCM, EXTENSIBLE = 1, 0xFFFE
LARGEST = 512 * 2**20


@dataclass(frozen=True)
class Wav:
    channels: int
    rate: int
    bits: int
    seconds: float
    # of the loudest sample, 0 to 1; only of 16 bits
    peak: float


def read_wav(path: Path) -> Wav | None:
    """None where it is missing, cut off, empty or no PCM."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    chunks = chunks_of(data)
    if chunks is None:
        return None
    form, sound = chunks
    kind, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", form)
    if kind == EXTENSIBLE and len(form) >= 26:
        kind = struct.unpack_from("<H", form, 24)[0]
    if kind != PCM or not channels or not rate or bits not in (8, 16, 24, 32) or block != channels * bits // 8 or len(sound) < block:
        return None
    return Wav(channels, rate, bits, len(sound) // block / rate, peak_of(sound) if bits == 16 else 1.0)


def chunks_of(data: bytes) -> tuple[bytes, bytes] | None:
    """The `fmt ` and `data` chunks, where both are whole."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    form, at = None, 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + size > len(data):
            return None
        if name == b"fmt " and size >= 16:
            form = data[at + 8 : at + 8 + size]
        if name == b"data":
            return (form, data[at + 8 : at + 8 + size]) if form else None
        at += 8 + size + size % 2
    return None


def peak_of(sound: bytes) -> float:
    samples = array.array("h", sound[: len(sound) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return max(max(samples), -min(samples)) / 32768
