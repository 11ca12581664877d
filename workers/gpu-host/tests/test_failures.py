"""Each way in which a training can end without its file: a code, a remedy, and nothing of the engine's own words."""

import os

import pytest
from fastapi.testclient import TestClient

from gpu_host.watch import supervisor
from tests.conftest import ended, events, leftovers, start, until
from tests.world import World, upload


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("out_of_memory", "out_of_memory"),
        ("disk_full", "disk_full"),
        ("error", "engine_error"),
        ("exit_0_without_file", "no_output"),
        ("truncated", "no_output"),
    ],
)
def test_ends_without_a_result(client: TestClient, world: World, fault: str, code: str) -> None:
    world.fault(fault=fault, at=6)
    start(client)
    view = until(client, ended)
    assert (view["state"], view["failure"]["code"]) == ("failed", code)
    text = client.get("/v1/runs/a1/events?follow=false").text + str(view)
    assert "Traceback" not in text and "GiB" not in text and str(world.folder) not in text
    assert view["resume"] == {"step": 4 if code != "no_output" else 8, "total": 12}
    assert events(client)[-1]["resume"] == view["resume"]
    assert not (world.settings.data / "card.lock").exists()


def test_the_trainers_words_stay_in_its_log(client: TestClient, world: World) -> None:
    world.fault(fault="error", at=2)
    start(client)
    until(client, ended)
    assert "Half but found Float" in (world.settings.data / "runs/a1/stderr.log").read_text()


def test_a_model_that_vanishes_before_the_trainer_opens_it(client: TestClient, world: World) -> None:
    """Measured: a missing file is taken for a hub name, exit 1."""
    script = world.folder / "scripts/train_network.py"
    script.write_text(script.read_text().replace("if not os.path.isfile(args.pretrained", "if True or not os.path.isfile(args.pretrained"))
    start(client)
    assert until(client, ended)["failure"]["code"] == "model_missing"


def test_stall_is_measured_by_progress(world: World, serve) -> None:
    world.settings.limits.stall_seconds = 1
    client = serve()
    upload(client)
    world.fault(fault="hang", at=6)
    start(client)
    view = until(client, ended)
    assert view["failure"]["code"] == "stalled" and view["resume"]["step"] == 4
    assert leftovers(world) == set()


def test_a_disk_that_runs_full_meanwhile(client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.fault(fault="hang", at=6)
    start(client)
    until(client, lambda view: view["step"] >= 5)
    world.settings.limits.free_bytes = 2
    monkeypatch.setattr(supervisor, "free_bytes", lambda _: 0)
    view = until(client, ended)
    assert view["failure"]["code"] == "disk_full" and view["resume"]["step"] == 4


def test_a_trainer_killed_from_outside(client: TestClient, world: World) -> None:
    world.fault(fault="hang", at=6)
    start(client)
    until(client, lambda view: view["step"] >= 5)
    for pid in leftovers(world):
        os.kill(pid, 9)
    view = until(client, ended)
    assert view["failure"]["code"] == "interrupted" and view["resume"] == {"step": 4, "total": 12}


def test_a_caption_cannot_pose_as_an_error(client: TestClient, world: World) -> None:
    script = world.folder / "scripts/train_network.py"
    script.write_text(
        script.read_text().replace(
            'say("running training', 'say("caption: CUDA out of memory OutOfMemoryError")\n    say("running training'
        )
    )
    world.fault(fault="error", at=6)
    start(client)
    assert until(client, ended)["failure"]["code"] == "engine_error"


def test_a_trainer_that_ends_at_once(client: TestClient, world: World) -> None:
    script = world.folder / "scripts/train_network.py"
    script.write_text("raise SystemExit(1)")
    start(client)
    view = until(client, ended)
    assert view["failure"]["code"] == "engine_error" and view["resume"] is None
