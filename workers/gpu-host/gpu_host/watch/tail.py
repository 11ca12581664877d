"""Reads a growing log file from a kept offset, as lines and as progress bars that end in a carriage return or in nothing yet."""

import re
from collections.abc import Iterator
from pathlib import Path

BREAK = re.compile(rb"[\r\n]")
LONGEST = 64 * 1024
CHUNK = 256 * 1024


class Tail:
    def __init__(self, path: Path, offset: int, whole: re.Pattern[str]):
        """`whole` matches a bar that is complete though nothing has ended its line."""
        self.path, self.offset, self.whole = path, offset, whole

    def read(self, final: bool = False) -> Iterator[str]:
        """Each line once; `offset` is behind the line that was just given, so that a restart goes on there."""
        try:
            file = open(self.path, "rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(self.offset)
            rest = b""
            while chunk := file.read(CHUNK):
                rest += chunk
                while found := BREAK.search(rest):
                    yield from self.take(rest[: found.start()], found.end())
                    rest = rest[found.end() :]
                if len(rest) > LONGEST:
                    yield from self.take(rest, len(rest))
                    rest = b""
            if rest and (final or self.whole.fullmatch(rest.decode("utf-8", "replace").strip())):
                yield from self.take(rest, len(rest))

    def take(self, line: bytes, size: int) -> Iterator[str]:
        self.offset += size
        text = line.decode("utf-8", "replace").strip()
        if text:
            yield text
