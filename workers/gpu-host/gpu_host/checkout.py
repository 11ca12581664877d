"""Which commit a checkout of an engine is at."""

from pathlib import Path


def commit_of(folder: Path) -> str | None:
    """Seven digits; None where it is no checkout."""
    try:
        head = (folder / ".git/HEAD").read_text("ascii").strip()
        if head.startswith("ref: "):
            head = (folder / ".git" / head[5:]).read_text("ascii").strip()
    except OSError:
        return None
    return head[:7] or None
