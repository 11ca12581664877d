"""Input files by their content: stored once under their sha256, linked into the runs that use them."""

import hashlib
import os
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path

from gpu_host.atomic import sync_folder
from gpu_host.failure import Failure

KEPT_SECONDS = 24 * 3600


class Inputs:
    def __init__(self, data: Path):
        self.folder = data / "inputs"
        self.folder.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        return self.folder / sha256

    def has(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    async def put(self, sha256: str, body: AsyncIterator[bytes], limit: int) -> bool:
        """True if it is new. A repeat is harmless; wrong bytes are never kept."""
        if self.has(sha256):
            return False
        part = self.folder / f"{secrets.token_hex(8)}.part"
        digest, size = hashlib.sha256(), 0
        try:
            with open(part, "wb") as file:
                async for chunk in body:
                    size += len(chunk)
                    if size > limit:
                        raise Failure("too_large", f"An input may have {limit} bytes at most: make the file smaller.", 413)
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if digest.hexdigest() != sha256:
                raise Failure("hash_mismatch", f"The bytes have sha256 {digest.hexdigest()}, not the one in the address: send them again.")
            os.replace(part, self.path(sha256))
            sync_folder(self.folder)
            return True
        finally:
            part.unlink(missing_ok=True)

    def drop_unused(self, names: list[str]) -> None:
        """A run links its inputs: one link left means that nobody else has it."""
        for name in names:
            if self.has(name) and self.path(name).stat().st_nlink == 1:
                self.path(name).unlink(missing_ok=True)

    def tidy(self) -> None:
        """At start: half uploads, and what nobody came to use."""
        for path in self.folder.iterdir():
            old = time.time() - path.stat().st_mtime > KEPT_SECONDS
            if path.suffix == ".part" or (old and path.stat().st_nlink == 1):
                path.unlink(missing_ok=True)
