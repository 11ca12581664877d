"""What an MP4 file holds, by its boxes: is it whole, how long, how large; nothing is decoded."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LARGEST_INDEX = 64 * 2**20
HOLDERS = (b"trak", b"mdia", b"minf", b"stbl")


@dataclass(frozen=True)
class Mp4:
    seconds: float
    width: int
    height: int
    frames: int
    sound: bool


@dataclass
class Track:
    kind: bytes = b""
    seconds: float = 0
    width: int = 0
    height: int = 0
    frames: int = 0


def read_mp4(path: Path) -> Mp4 | None:
    """None where it is missing, cut off or has no moving picture."""
    try:
        index, media = top_level(path)
        if index is None or not media:
            return None
        tracks = [track(body) for name, body in boxes(index) if name == b"trak"]
        video = next((found for found in tracks if found.kind == b"vide" and found.frames), None)
    except (OSError, ValueError, IndexError):
        return None
    if video is None or not video.width or not video.height or video.seconds <= 0:
        return None
    sound = any(found.kind == b"soun" and found.frames for found in tracks)
    return Mp4(max(found.seconds for found in tracks), video.width, video.height, video.frames, sound)


def top_level(path: Path) -> tuple[bytes | None, bool]:
    """The index (`moov`), and whether media come with it. ValueError where a box reaches beyond the file."""
    index, media, first = None, False, True
    size = path.stat().st_size
    with open(path, "rb") as file:
        at = 0
        while at < size:
            file.seek(at)
            head = file.read(16)
            length, name, start = int.from_bytes(head[:4], "big"), head[4:8], 8
            if length == 1:
                length, start = int.from_bytes(head[8:16], "big"), 16
            if length == 0:
                length = size - at
            if length < start or at + length > size or (first and name != b"ftyp"):
                raise ValueError("not whole")
            if name == b"moov":
                if length > LARGEST_INDEX:
                    raise ValueError("too large")
                file.seek(at + start)
                index = file.read(length - start)
            media, first = media or (name == b"mdat" and length > start), False
            at += length
    return index, media


def boxes(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(body):
        length = int.from_bytes(body[at : at + 4], "big")
        if length < 8 or at + length > len(body):
            raise ValueError("not whole")
        yield body[at + 4 : at + 8], body[at + 8 : at + length]
        at += length


def track(body: bytes) -> Track:
    found = Track()
    todo = [body]
    while todo:
        for name, inner in boxes(todo.pop()):
            if name in HOLDERS:
                todo.append(inner)
            elif name == b"hdlr":
                found.kind = inner[8:12]
            elif name == b"mdhd":
                found.seconds = media_seconds(inner)
            elif name == b"tkhd":
                # 16.16 numbers at the end of the box
                found.width, found.height = int.from_bytes(inner[-8:-6], "big"), int.from_bytes(inner[-4:-2], "big")
            elif name in (b"stsz", b"stz2"):
                found.frames = int.from_bytes(inner[8:12], "big")
    return found


def media_seconds(box: bytes) -> float:
    at, wide = (20, 8) if box[0] == 1 else (12, 4)
    scale = int.from_bytes(box[at : at + 4], "big")
    return int.from_bytes(box[at + 4 : at + 4 + wide], "big") / scale if scale else 0
