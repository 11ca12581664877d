"""Fuzzed requests to the voice and face engines: whatever is asked, only their own programs start, with flags of the list and names of ours."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpu_host import launch
from gpu_host.engines.f5_tts.engine import FLAGS as F5_FLAGS
from gpu_host.engines.f5_tts.engine import WORKER
from gpu_host.engines.sadtalker.engine import FLAGS as SADTALKER_FLAGS
from gpu_host.engines.wav2lip.engine import FLAGS as WAV2LIP_FLAGS
from tests.engines_world import EnginesWorld, lips, speech, talk, upload_media
from tests.test_launch import hard, junk

GOOD = {"f5-tts": speech(), "sadtalker": talk(), "wav2lip": lips()}


class Recorder:
    """Stands where programs are started, and starts none of them."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[str], dict]] = []

    def __call__(self, argv: list[str], **options: object) -> subprocess.Popen:
        self.calls.append((argv, options))
        pipes = {name: options[name] for name in ("stdin", "stdout") if options.get(name) == subprocess.PIPE}
        return subprocess.Popen(["/bin/true"], start_new_session=True, **pipes)  # type: ignore[call-overload]


def test_fuzzed_requests_start_nothing_outside_the_list(tmp_path: Path, serve_world, monkeypatch: pytest.MonkeyPatch) -> None:
    world = EnginesWorld(tmp_path)
    client = serve_world(world)
    upload_media(client)
    recorder = Recorder()
    monkeypatch.setattr(
        launch, "subprocess", type("subprocess", (), {"DEVNULL": subprocess.DEVNULL, "PIPE": subprocess.PIPE, "Popen": recorder})
    )
    started = {"system": 0}
    monkeypatch.setattr(os, "system", lambda _: started.__setitem__("system", 1))
    number = iter(range(10**6))
    names = st.sampled_from([*GOOD["f5-tts"], *GOOD["sadtalker"], "face", "checkpoint", "cpu", "outfile"])
    lines = st.lists(
        st.fixed_dictionaries({"text": hard.map(lambda text: f"say {text}"), "seed": st.integers(0, 9)}), min_size=1, max_size=3
    )

    def ask(engine: str, params: dict) -> None:
        body = json.dumps({"id": f"f{next(number)}", "engine": engine, "params": params})
        response = client.post("/v1/runs", content=body, headers={"content-type": "application/json"})
        assert response.status_code in (201, 400, 409), response.text
        deadline = time.monotonic() + 30
        while client.get("/v1/gpu").json()["owner"]:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    @settings(max_examples=25, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(engine=st.sampled_from(list(GOOD)), fields=st.dictionaries(names, junk, max_size=2), words=lines)
    def fuzz(engine: str, fields: dict, words: list) -> None:
        ask(engine, {**GOOD[engine], **fields})
        ask("f5-tts", {**GOOD["f5-tts"], "lines": words})

    for engine, params in GOOD.items():
        ask(engine, params)
    fuzz()
    programs = {
        (str(world.voice / "bin/python"), str(WORKER)): F5_FLAGS,
        (str(world.settings.sadtalker.python), str(world.sadtalker / "inference.py")): SADTALKER_FLAGS,  # type: ignore[union-attr]
        (str(world.settings.wav2lip.python), str(world.wav2lip / "inference.py")): WAV2LIP_FLAGS,  # type: ignore[union-attr]
    }
    assert not started["system"] and {tuple(argv[:2]) for argv, _ in recorder.calls} == set(programs)
    for argv, options in recorder.calls:
        flags = programs[argv[0], argv[1]]
        assert all(argument.startswith("--") and argument[2:].split("=")[0] in flags for argument in argv[2:])
        assert options.get("shell") is None and options["start_new_session"] is True
        assert "say" not in " ".join(argv), "what a person writes reaches a program only through its file"
