"""Sounds and videos, small: a WAV with a tone, an MP4 whose boxes are whole."""

import array
import math
import struct


def wav(seconds: float, rate: int = 24_000, channels: int = 1, loudness: float = 0.3, seed: int = 0, bits: int = 16) -> bytes:
    count = int(seconds * rate) * channels
    samples = array.array("h", (int(32767 * loudness * math.sin((number + seed) * 0.05)) for number in range(count)))
    data = samples.tobytes() if bits == 16 else bytes(count * bits // 8)
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * block, block, bits)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + len(data))
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + b"data"
        + struct.pack("<I", len(data))
        + data
    )


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + name + body


def track(kind: bytes, seconds: float, frames: int, width: int = 0, height: int = 0) -> bytes:
    head = box(b"tkhd", bytes(76), struct.pack(">II", width << 16, height << 16))
    media = box(b"mdhd", bytes(12), struct.pack(">IIHH", 1000, round(seconds * 1000), 0, 0))
    sizes = box(b"stsz", bytes(8), struct.pack(">I", frames), bytes(4 * frames))
    return box(b"trak", head, box(b"mdia", media, box(b"hdlr", bytes(8), kind, bytes(12)), box(b"minf", box(b"stbl", sizes))))


def mp4(seconds: float, width: int = 256, height: int = 256, sound: bool = True, fps: int = 25) -> bytes:
    tracks = [track(b"vide", seconds, round(seconds * fps), width, height)]
    if sound:
        tracks.append(track(b"soun", seconds, round(seconds * 47)))
    return box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", b"\1" * 64) + box(b"moov", box(b"mvhd", bytes(100)), *tracks)
