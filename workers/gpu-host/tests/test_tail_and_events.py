"""Logs read from a kept offset, events that survive a torn write."""

from pathlib import Path

import pytest

from gpu_host.engines.sd_scripts.progress import BAR
from gpu_host.watch.events import EventLog
from gpu_host.watch.tail import Tail

BARS = "\rsteps:   0%|          | 0/2 [00:00<?, ?it/s]\rsteps:  50%|█████     | 1/2 [00:01<00:01, 1.00s/it, avr_loss=1.32]"


def test_carriage_returns_and_an_open_bar(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("a\nb" + BARS, "utf-8")
    tail = Tail(path, 0, BAR)
    assert list(tail.read()) == ["a", "b", *BARS.split("\r")[1:]]
    with open(path, "a", encoding="utf-8") as file:
        file.write("glued 学\nhalf")
    assert list(tail.read()) == ["glued 学"]
    assert list(tail.read(final=True)) == ["half"]
    assert tail.offset == path.stat().st_size and list(tail.read(final=True)) == []


def test_every_cut_gives_the_same_lines(tmp_path: Path) -> None:
    """A restart at any line, and a read at any byte, tell each line once."""
    data = ("x\r\ny / 学習\n" + BARS + "\nend\n").encode()
    path = tmp_path / "log"
    path.write_bytes(data)
    whole = list(Tail(path, 0, BAR).read(final=True))
    for cut in range(len(data)):
        path.write_bytes(data[:cut])
        first = Tail(path, 0, BAR)
        lines = list(first.read())
        path.write_bytes(data)
        assert lines + list(Tail(path, first.offset, BAR).read(final=True)) == whole


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * 3_000_000)
    assert max(map(len, Tail(path, 0, BAR).read(final=True))) <= 64 * 1024 + 256 * 1024


def test_torn_and_foreign_lines_are_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    log = EventLog(path)
    log.append("accepted", engine="e")
    log.append("stage", (3, 4), name="loading")
    for torn in (b'{"seq": 3, "ty', b'{"seq": 9, "type": "stage", "name": "x"}\n'):
        with open(path, "ab") as file:
            file.write(torn)
        again = EventLog(path)
        assert len(again.events) == 2 and again.offsets() == (3, 4)
    again.append("failed", code="c", message="m", resume=None)
    assert [event["seq"] for event in EventLog(path).after(0)] == [1, 2, 3]
    assert EventLog(path).after(2)[0]["code"] == "c" and "_read" not in str(EventLog(path).after(0))


def test_a_full_disk_leaves_no_torn_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = EventLog(tmp_path / "events.ndjson")
    log.append("accepted", engine="e")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("gpu_host.watch.events.os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            log.append("failed", code="c", message="m", resume=None)
    assert not log.snapshot().ended
    log.append("failed", code="c", message="m", resume=None)
    assert [event["seq"] for event in EventLog(log.path).after(0)] == [1, 2]
