"""Kinds and sizes of pictures from their first bytes."""

from pathlib import Path

import pytest

from gpu_host.pictures import probe
from tests.fake_sd_scripts.fake_files import png

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 10 + b"\xff\xc0\x00\x11\x08\x01\x00\x02\x00" + b"\0" * 20
VP8X = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x01\0\xff\0\0"
VP8 = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x00\x02\x00\x01"
VP8L = b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + ((511) | (255 << 14)).to_bytes(4, "little") + b"\0" * 8


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (png(512, 256), (".png", 512, 256)),
        (JPEG, (".jpg", 512, 256)),
        (VP8X, (".webp", 512, 256)),
        (VP8, (".webp", 512, 256)),
        (VP8L, (".webp", 512, 256)),
        (b"", None),
        (b"GIF89a", None),
        (b"\xff\xd8\xff", None),
        (b"<svg/>", None),
        (JPEG[:12], None),
    ],
)
def test_probe(tmp_path: Path, data: bytes, kind: tuple | None) -> None:
    (tmp_path / "x").write_bytes(data)
    assert probe(tmp_path / "x") == kind
