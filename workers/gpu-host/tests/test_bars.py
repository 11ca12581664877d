"""Bars as tqdm 4.70 prints them, with a title that ends in a colon and without one."""

import pytest

from gpu_host.engines.bars import BAR, explain
from gpu_host.engines.sadtalker.words import WORDS
from gpu_host.engines.talk_reader import TalkReader
from gpu_host.failure import Failure
from gpu_host.watch.snapshot import Snapshot


@pytest.mark.parametrize(
    ("line", "title", "done"),
    [
        ("Face Renderer::   0%|          | 0/3 [00:00<?, ?it/s]", "Face Renderer", "0"),
        ("Face Renderer::  33%|███▎      | 1/3 [00:00<00:00,  6.64it/s]", "Face Renderer", "1"),
        ("3DMM Extraction In Video:: 100%|██████████| 3/3 [00:01<00:00, 12.3s/it]", "3DMM Extraction In Video", "3"),
        ("67%|██████▋   | 2/3 [00:00<00:00,  6.63it/s]", None, "2"),
    ],
)
def test_bars(line: str, title: str | None, done: str) -> None:
    bar = BAR.fullmatch(line)
    assert bar and bar[1] == title and bar[2] == done and bar[3] == "3"


def test_each_step_is_told_once_and_a_repeated_line_is_no_progress() -> None:
    reader = TalkReader(WORDS, Snapshot())
    lines = ["Face Renderer::   0%|          | 0/3 [00:00<?, ?it/s]"] * 2 + [
        "Face Renderer::  33%|███▎      | 1/3 [00:00<01:02,  6.64it/s]"
    ]
    told = [event for line in lines for event in reader.read(line)]
    assert told[0] == {"type": "stage", "name": "rendering"}
    assert [(event["step"], event["total"], event["eta_seconds"]) for event in told[1:]] == [(0, 3, None), (1, 3, 62)]
    assert reader.progress == 2


def test_a_detector_that_waits_for_memory_ends_the_run() -> None:
    with pytest.raises(Failure, match="memory"):
        list(TalkReader(WORDS, Snapshot()).read("Warning: out of memory, sleep for 1s"))


def test_an_end_without_a_cause_is_told_by_its_exit_code() -> None:
    assert [explain("X", classes, code)[0] for classes, code in (([], 0), ([], -9), ([], None), ([], 1), (["traceback"], None))] == [
        "no_output",
        "interrupted",
        "interrupted",
        "engine_error",
        "engine_error",
    ]
