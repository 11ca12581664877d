"""A child that stays loaded: used again, ended on request and before another engine, never left behind."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gpu_host.gpu import Card
from gpu_host.reaper import reap_orphans
from tests.conftest import ended, events, leftovers, start, until, zombies
from tests.engines_world import EnginesWorld, post, speech, upload_media
from tests.service import Service
from tests.world import upload


@pytest.fixture
def world(tmp_path: Path) -> EnginesWorld:
    return EnginesWorld(tmp_path)


@pytest.fixture
def voice(serve) -> TestClient:
    client = serve()
    upload_media(client)
    upload(client)
    return client


@pytest.fixture
def service(world: EnginesWorld) -> Iterator[Service]:
    service = Service(world)
    service.start()
    upload_media(service.client)
    yield service
    if service.process and service.process.poll() is None:
        service.stop()
    for pid in leftovers(world):
        os.kill(pid, 9)
    reap_orphans(set())  # this process became the parent of what outlived a gpu-host


def run(client: object, name: str = "a1", **changes: object) -> dict:
    post(client, "f5-tts", speech(**changes), name)
    return until(client, ended, name)  # type: ignore[arg-type]


def none_left(world: EnginesWorld) -> None:
    deadline = time.monotonic() + 60
    while leftovers(world):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_two_runs_one_load(voice: TestClient, world: EnginesWorld) -> None:
    assert [run(voice, name)["state"] for name in ("a1", "a2", "a3")] == ["succeeded"] * 3
    assert len(world.noted("loads")) == 1 and len(leftovers(world)) == 1
    assert 'gpu_host_warm_starts_total{engine="f5-tts"} 1.0' in voice.get("/metrics").text


def test_only_a_run_that_loads_says_so(voice: TestClient) -> None:
    def stages(name: str) -> list[str]:
        run(voice, name)
        return [event["name"] for event in events(voice, name) if event["type"] == "stage"]

    assert stages("a1") == ["preparing", "loading", "speaking"]
    assert stages("a2") == ["preparing", "speaking"]
    voice.post("/v1/unload")
    assert stages("a3") == ["preparing", "loading", "speaking"]


def test_other_weights_are_loaded_anew(voice: TestClient, world: EnginesWorld) -> None:
    run(voice)
    assert run(voice, "a2", model="other")["state"] == "succeeded"
    assert [Path(load["ckpt"]).name for load in world.noted("loads")] == ["base.safetensors", "other.safetensors"]
    assert len(leftovers(world)) == 1


def test_unload_answers_when_it_is_gone(voice: TestClient, world: EnginesWorld) -> None:
    assert voice.post("/v1/unload").json() == {"unloaded": []}
    run(voice)
    assert voice.post("/v1/unload").json() == {"unloaded": ["f5-tts"]}
    assert leftovers(world) == set() and zombies() == []
    assert voice.post("/v1/unload").json() == {"unloaded": []}
    assert run(voice, "a2")["state"] == "succeeded" and len(world.noted("loads")) == 2


def test_unload_ends_no_run(voice: TestClient, world: EnginesWorld) -> None:
    world.break_engines(fault="gate", at="late")
    post(voice, "f5-tts", speech())
    until(voice, lambda view: view["step"] == 1)
    busy = voice.post("/v1/unload")
    assert busy.status_code == 409 and busy.json()["error"]["code"] == "card_busy" and "a1" in busy.json()["error"]["message"]
    (world.site / "open").touch()
    assert until(voice, ended)["state"] == "succeeded"


def test_another_engine_ends_it_first(voice: TestClient, world: EnginesWorld) -> None:
    run(voice)
    (speaker,) = leftovers(world)
    world.fault(fault="gate", at=2)
    start(voice, "t1")
    until(voice, lambda view: view["step"] >= 1, "t1")
    assert speaker not in leftovers(world) and len(leftovers(world)) == 1
    assert voice.post("/v1/unload").json() == {"unloaded": []}
    world.open_gate()
    assert until(voice, ended, "t1")["state"] == "succeeded"


def test_a_cancel_ends_it_and_the_next_run_loads_anew(voice: TestClient, world: EnginesWorld) -> None:
    world.break_engines(fault="hang", at="late")
    post(voice, "f5-tts", speech())
    until(voice, lambda view: view["step"] == 1)
    voice.post("/v1/runs/a1/cancel", json={"keep": False})
    assert until(voice, ended)["state"] == "canceled"
    assert leftovers(world) == set() and zombies() == []
    assert not (world.settings.data / "runs/a1/work").exists() and not (world.settings.data / "card.lock").exists()
    world.break_engines()
    assert run(voice, "a2")["state"] == "succeeded" and len(world.noted("loads")) == 2


def test_one_that_dies_between_runs_leaves_no_zombie(voice: TestClient, world: EnginesWorld) -> None:
    run(voice)
    (speaker,) = leftovers(world)
    os.kill(speaker, 9)
    none_left(world)
    deadline = time.monotonic() + 30
    while zombies():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert voice.post("/v1/unload").json() == {"unloaded": []}
    assert run(voice, "a2")["state"] == "succeeded"


def test_a_deaf_one_is_killed(voice: TestClient, world: EnginesWorld) -> None:
    world.break_engines(fault="deaf", at="nothing")
    run(voice)
    assert voice.post("/v1/unload").json() == {"unloaded": ["f5-tts"]}
    assert leftovers(world) == set()
    assert 'gpu_host_signals_total{signal="SIGKILL"} 1.0' in voice.get("/metrics").text


def test_a_stall_is_ended(world: EnginesWorld, serve) -> None:
    world.settings.limits.stall_seconds = 3
    client = serve()
    upload_media(client)
    world.break_engines(fault="hang", at="late")
    view = run(client)
    assert view["failure"]["code"] == "stalled" and "resume_from" not in view["failure"]["message"]
    assert leftovers(world) == set()


def test_its_memory_is_counted(voice: TestClient, world: EnginesWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    run(voice)
    (pid,) = leftovers(world)
    monkeypatch.setattr("gpu_host.web.app.cards", lambda: [Card("RTX 5070 Ti", 16 << 30, 9 << 30, {pid: 2 << 30})])
    gpu = voice.get("/v1/gpu").json()
    assert gpu["owner"] is None and gpu["cards"][0]["ours"] == [{"engine": "f5-tts", "vram": 2 << 30}]
    assert 'gpu_host_vram_used_bytes{engine="f5-tts"}' in voice.get("/metrics").text


def test_it_ends_with_a_gpu_host_that_is_killed(service: Service, world: EnginesWorld) -> None:
    run(service.client)
    (speaker,) = leftovers(world)
    service.kill()
    none_left(world)
    service.start()
    assert service.client.post("/v1/unload").json() == {"unloaded": []}
    assert run(service.client, "a2")["state"] == "succeeded"
    assert speaker not in leftovers(world) and len(world.noted("loads")) == 2


def test_a_deaf_one_is_ended_by_the_next_gpu_host(service: Service, world: EnginesWorld) -> None:
    world.break_engines(fault="deaf", at="nothing")
    run(service.client)
    (speaker,) = leftovers(world)
    service.kill()
    service.start()
    assert speaker not in leftovers(world)


def test_a_run_goes_on_after_a_kill_and_keeps_its_whole_lines(service: Service, world: EnginesWorld) -> None:
    world.break_engines(fault="gate", at="late")
    post(service.client, "f5-tts", speech())
    until(service.client, lambda view: view["step"] == 1)
    service.kill()
    none_left(world)
    (world.site / "open").touch()
    service.start()
    view = until(service.client, ended)
    assert view["state"] == "succeeded" and view["step"] == view["total"] == 2
    assert [said["text"] for said in world.noted("said")] == ["Good evening, everybody.", "It is late.", "It is late."]
    told = events(service.client)
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))


def test_a_cancel_survives_the_restart(service: Service, world: EnginesWorld) -> None:
    world.break_engines(fault="deaf", at="late")
    post(service.client, "f5-tts", speech())
    until(service.client, lambda view: view["step"] == 1)
    service.client.post("/v1/runs/a1/cancel", json={"keep": True})
    service.kill()
    service.start()
    assert until(service.client, ended)["state"] == "canceled"
    assert leftovers(world) == set()


def test_a_stop_frees_the_card(service: Service, world: EnginesWorld) -> None:
    run(service.client)
    service.stop()
    assert leftovers(world) == set()
