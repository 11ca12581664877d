"""The allow-list, and fuzzed requests: whatever is asked, no program outside the list is started, and never by a shell."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpu_host import launch
from gpu_host.engines.sd_scripts.command import FLAGS
from gpu_host.failure import Failure
from gpu_host.launch import Launch, Program, check, child_environment
from tests.world import World, training

TOOL = Program(Path("/usr/bin/python3"), Path("/opt/train.py"), frozenset({"steps", "cache"}))
hard = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["; touch /tmp/x", "$(id)", "--resume=/etc", "../../etc/passwd", "a\0b", "-c", "\n--x", " --cn /etc/passwd"]),
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | hard,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(hard, inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    "arguments", [("--evil=1",), ("steps",), ("-c", "x"), ("--steps", "5"), ("--steps=5\0",), ("--STEPS=1",), ("; ls",), ("--",)]
)
def test_flags_outside_the_list(arguments: tuple[str, ...]) -> None:
    with pytest.raises(Failure, match="list"):
        check(Launch(TOOL, arguments), frozenset({TOOL}))


def test_programs_outside_the_list() -> None:
    check(Launch(TOOL, ("--steps=--evil", "--cache")), frozenset({TOOL}))
    for other in (
        Program(Path("/bin/sh"), TOOL.script, TOOL.flags),
        Program(TOOL.python, Path("/tmp/x.py"), TOOL.flags),
        Program(TOOL.python, TOOL.script, frozenset({"evil"})),
    ):
        with pytest.raises(Failure, match="list"):
            check(Launch(other, ()), frozenset({TOOL}))


def test_the_environment_of_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPU_HOST_KEY", "secret")
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    env = child_environment(Path("/x"), "t")
    assert "secret" not in env.values() and env["CUDA_VISIBLE_DEVICES"] == "0"
    assert (
        env | {"HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1", "COLUMNS": "200", "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1", "HOME": "/x"} == env
    )


class Recorder:
    """Stands where programs are started, and starts none."""

    def __init__(self) -> None:
        self.calls: list[tuple[list[str], dict]] = []

    def __call__(self, argv: list[str], **options: object) -> subprocess.Popen:
        self.calls.append((argv, options))
        return subprocess.Popen(["/bin/true"], start_new_session=True)


def test_fuzzed_requests_start_nothing_outside_the_list(client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    fake = type("subprocess", (), {"DEVNULL": subprocess.DEVNULL, "Popen": recorder})
    monkeypatch.setattr(launch, "subprocess", fake)
    started = {"system": 0}
    monkeypatch.setattr(os, "system", lambda _: started.__setitem__("system", 1))
    number = iter(range(10**6))
    good = training(samples=[])
    fields = st.dictionaries(
        st.sampled_from([*good, "title", "seed", "optimizer", "scheduler", "precision", "extra", "output_dir"]), junk, max_size=3
    )
    texts = st.fixed_dictionaries(
        {}, optional={"title": hard, "samples": st.lists(st.fixed_dictionaries({"prompt": hard}), max_size=2), "base_model": hard}
    )

    @settings(max_examples=40, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(body=st.one_of(junk, st.fixed_dictionaries({"engine": hard, "id": hard, "params": fields})), params=fields, words=texts)
    def fuzz(body: object, params: dict, words: dict) -> None:
        for request in (
            body,
            {"id": f"f{next(number)}", "engine": "sd-scripts", "params": {**good, **params}},
            {"id": f"f{next(number)}", "engine": "sd-scripts", "params": {**good, **words}},
        ):
            response = client.post("/v1/runs", content=json.dumps(request), headers={"content-type": "application/json"})
            assert response.status_code in (200, 201, 400, 404, 409, 507), response.text
            if response.status_code == 201:
                deadline = time.monotonic() + 30
                while client.get("/v1/gpu").json()["owner"]:
                    assert time.monotonic() < deadline
                    time.sleep(0.01)

    fuzz()
    assert recorder.calls, "no request was good enough to start the trainer"
    scripts = world.settings.sd_scripts
    assert scripts and not started["system"]
    for argv, options in recorder.calls:
        assert argv[0] == str(scripts.python) and argv[1] in {
            str(scripts.folder / name) for name in ("train_network.py", "sdxl_train_network.py")
        }
        assert all(argument.startswith("--") and argument[2:].split("=")[0] in FLAGS for argument in argv[2:])
        assert options.get("shell") is None and options["start_new_session"] is True
