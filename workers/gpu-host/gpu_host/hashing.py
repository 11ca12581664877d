"""sha256 of a file."""

import hashlib
from pathlib import Path


def sha256_of(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
