"""What kind of picture it is and how large, from its first bytes; nothing is decoded."""

from pathlib import Path

HEAD = 256 * 1024


def probe(path: Path) -> tuple[str, int, int] | None:
    """(extension, width, height), or None where it is no PNG, JPEG or WebP."""
    with open(path, "rb") as file:
        head = file.read(HEAD)
    if head[:8] == b"\x89PNG\r\n\x1a\n" and head[12:16] == b"IHDR" and len(head) >= 24:
        return ".png", int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
    if head[:3] == b"\xff\xd8\xff":
        return jpeg(head)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP" and len(head) >= 30:
        return webp(head)
    return None


def jpeg(head: bytes) -> tuple[str, int, int] | None:
    at = 2
    while at + 9 < len(head) and head[at] == 0xFF:
        marker, length = head[at + 1], int.from_bytes(head[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return ".jpg", int.from_bytes(head[at + 7 : at + 9], "big"), int.from_bytes(head[at + 5 : at + 7], "big")
        at += 2 + length
    return None


def webp(head: bytes) -> tuple[str, int, int] | None:
    little = lambda start, count: int.from_bytes(head[start : start + count], "little")  # noqa: E731
    if head[12:16] == b"VP8X":
        return ".webp", little(24, 3) + 1, little(27, 3) + 1
    if head[12:16] == b"VP8L":
        bits = little(21, 4)
        return ".webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if head[12:16] == b"VP8 ":
        return ".webp", little(26, 2) & 0x3FFF, little(28, 2) & 0x3FFF
    return None
