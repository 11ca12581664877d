"""Makes the function importable; each test begins with nothing of another in the process."""

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]
# also where it is installed: a test of ours must not start it
sys.modules["open_webui"] = None
import myspinbot  # noqa: E402


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    sys.modules.pop("_myspinbot_shared", None)
    monkeypatch.setattr(myspinbot, "FRESH_SECONDS", 0.05)
    monkeypatch.setattr(myspinbot, "STATUS_SECONDS", 0.0)
    yield
    sys.modules.pop("_myspinbot_shared", None)
