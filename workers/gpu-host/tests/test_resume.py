"""Going on from a saved state: the newest whole one, the steps counted on, never silently from zero."""

import os

import pytest
from fastapi.testclient import TestClient

from gpu_host.safetensors_file import read_header
from tests.conftest import ended, events, leftovers, start, until
from tests.world import World, training


def weights(world: World, run: str) -> bytes:
    path = world.settings.data / f"runs/{run}/work/out/lora.safetensors"
    assert read_header(path)
    return path.read_bytes()[-64:]


def cut(client: TestClient, world: World, run: str, at: int, **more: object) -> dict:
    world.fault(fault="hang", at=at)
    start(client, run, **more)
    until(client, lambda view: view["step"] >= at - 1, run)
    for pid in leftovers(world):
        os.kill(pid, 9)
    return until(client, ended, run)


def test_twice_resumed_is_the_same_as_never_interrupted(client: TestClient, world: World) -> None:
    start(client, "whole", steps=20)
    until(client, ended, "whole")
    assert cut(client, world, "one", 7, steps=20)["resume"]["step"] == 4
    assert cut(client, world, "two", 15, steps=20, resume_from="one")["resume"]["step"] == 12
    world.fault()
    start(client, "three", resume_from="two", steps=20)
    view = until(client, ended, "three")
    assert view["state"] == "succeeded" and view["resumed_from_step"] == 12
    steps = [event["step"] for event in events(client, "three") if event["type"] == "step"]
    assert sorted(set(steps)) == list(range(12, 21)) and steps == sorted(steps) and view["total"] == 20
    assert weights(world, "three") == weights(world, "whole")


def test_a_state_is_inherited_when_none_is_newer(client: TestClient, world: World) -> None:
    cut(client, world, "one", 7)
    assert cut(client, world, "two", 7, resume_from="one")["resume"] == {"step": 4, "total": 12}


def test_the_earlier_run_may_be_deleted_meanwhile(client: TestClient, world: World) -> None:
    cut(client, world, "one", 7)
    world.fault(step_seconds=0.05)
    start(client, "two", resume_from="one")
    until(client, lambda view: view["state"] != "preparing", "two")
    assert client.delete("/v1/runs/one").status_code == 204
    assert until(client, ended, "two")["state"] == "succeeded"


def test_a_half_state_is_no_state(client: TestClient, world: World) -> None:
    cut(client, world, "one", 11)
    state = world.settings.data / "runs/one/work/out/lora-step00000008-state"
    half = state / "optimizer.bin"
    half.write_bytes(half.read_bytes()[:50])
    assert client.get("/v1/runs/one").json()["resume"]["step"] == 4
    (state / "random_states_0.pkl").unlink()
    (world.settings.data / "runs/one/work/out/lora-step00000004-state/train_state.json").write_text("{")
    assert client.get("/v1/runs/one").json()["resume"] is None
    response = client.post("/v1/runs", json={"id": "two", "engine": "sd-scripts", "params": training(), "resume_from": "one"})
    assert response.status_code == 409 and response.json()["error"]["code"] == "nothing_to_resume"


@pytest.mark.parametrize("step_seconds", [0.05, 0])
def test_a_trainer_that_begins_anew_is_stopped(client: TestClient, world: World, step_seconds: float) -> None:
    """Also where it ended before it was looked at."""
    cut(client, world, "one", 7)
    world.fault(fault="from_zero", step_seconds=step_seconds)
    start(client, "two", resume_from="one")
    view = until(client, ended, "two")
    assert view["failure"]["code"] == "resume_failed" and view["results"] == view["files"] == []
    assert view["resume"] == {"step": 4, "total": 12}


def test_other_settings_or_a_live_run_are_refused(client: TestClient, world: World) -> None:
    cut(client, world, "one", 7)
    body = {"id": "two", "engine": "sd-scripts", "params": training(rank=8), "resume_from": "one"}
    assert client.post("/v1/runs", json=body).json()["error"]["code"] == "resume_mismatch"
    assert client.post("/v1/runs", json={**body, "resume_from": "never"}).json()["error"]["code"] == "unknown_run"
