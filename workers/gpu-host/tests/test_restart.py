"""After its own death gpu-host finds its children again, or says honestly what became of them."""

import json
import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests.conftest import ended, events, leftovers, until
from tests.service import Service
from tests.world import World, training, upload


@pytest.fixture
def service(world: World) -> Iterator[Service]:
    service = Service(world)
    service.start()
    upload(service.client)
    yield service
    if service.process and service.process.poll() is None:
        service.stop()
    for pid in leftovers(world):
        os.kill(pid, 9)


def begin(service: Service, **changes: object) -> None:
    body = {"id": "a1", "engine": "sd-scripts", "params": training(**changes)}
    assert service.client.post("/v1/runs", json=body).status_code == 201


def test_a_living_child_is_adopted(service: Service, world: World) -> None:
    world.fault(fault="gate", at=10)
    begin(service, steps=40)
    until(service.client, lambda view: view["step"] >= 5)
    service.kill()
    service.start()
    assert service.client.get("/v1/gpu").json()["owner"] == "a1"
    until(service.client, lambda _: any(event["type"] == "adopted" for event in events(service.client)))
    world.open_gate()
    view = until(service.client, ended)
    told = events(service.client)
    assert view["state"] == "succeeded"
    steps = [(event["step"], event["loss"]) for event in told if event["type"] == "step"]
    assert [step for step, _ in steps] == sorted(step for step, _ in steps) and {step for step, _ in steps} == set(range(41))
    assert len(set(steps)) == len(steps)
    assert [event["type"] for event in told].count("adopted") == 1
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))


def test_a_child_that_ended_meanwhile_is_judged_by_its_files(service: Service, world: World) -> None:
    world.fault(fault="gate", at=6)
    begin(service)
    until(service.client, lambda view: view["step"] >= 5)
    service.kill()
    world.open_gate()
    deadline = time.monotonic() + 60
    while leftovers(world):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    service.start()
    view = until(service.client, ended)
    assert view["state"] == "succeeded" and view["step"] == 12


def both_die_past_a_saved_state(service: Service, world: World) -> None:
    world.fault(fault="hang", at=6)
    begin(service)
    until(service.client, lambda view: view["step"] >= 5)
    service.kill()
    for pid in leftovers(world):
        os.kill(pid, 9)


def test_a_child_that_died_meanwhile_can_be_resumed(service: Service, world: World) -> None:
    both_die_past_a_saved_state(service, world)
    service.start()
    view = until(service.client, ended)
    assert view["failure"]["code"] == "interrupted" and view["resume"] == {"step": 4, "total": 12}
    assert not (world.settings.data / "card.lock").exists()


def test_a_cancel_survives_the_restart(service: Service, world: World) -> None:
    world.settings.limits.term_seconds = 30
    world.fault(fault="grandchild", step_seconds=0.1)
    service.stop()
    service.start()
    begin(service, steps=200, save_every=50)
    until(service.client, lambda view: view["step"] >= 1)
    service.client.post("/v1/runs/a1/cancel", json={"keep": True})
    service.kill()
    assert leftovers(world)
    world.settings.limits.term_seconds = 0.5
    service.start()
    assert until(service.client, ended)["state"] == "canceled"
    assert leftovers(world) == set()


def test_a_reused_pid_is_not_ours(service: Service, world: World) -> None:
    both_die_past_a_saved_state(service, world)
    record = world.settings.data / "runs/a1/record.json"
    value = json.loads(record.read_text())
    value["spawn"]["pid"] = os.getpid()
    record.write_text(json.dumps(value))
    service.start()
    assert until(service.client, ended)["failure"]["code"] == "interrupted"


def test_a_spawn_without_a_pid_is_found_by_its_token(service: Service, world: World) -> None:
    """We died between starting the program and writing its pid down."""
    world.fault(fault="hang", at=6)
    begin(service)
    until(service.client, lambda view: view["step"] >= 5)
    service.kill()
    (orphan,) = leftovers(world)
    record = world.settings.data / "runs/a1/record.json"
    value = json.loads(record.read_text())
    record.write_text(json.dumps({**value, "spawn": {"token": value["spawn"]["token"]}}))
    world.fault()
    service.start()
    assert until(service.client, ended)["state"] == "succeeded"
    assert orphan not in leftovers(world)


def test_a_stop_frees_the_card(service: Service, world: World) -> None:
    world.fault(fault="hang", at=6)
    begin(service)
    until(service.client, lambda view: view["step"] >= 5)
    assert service.stop() in (0, -signal.SIGTERM)
    assert leftovers(world) == set() and not (world.settings.data / "card.lock").exists()
    service.start()
    view = service.client.get("/v1/runs/a1").json()
    assert view["failure"]["code"] == "interrupted" and view["resume"]["step"] == 4


def test_two_on_one_folder(service: Service, world: World) -> None:
    second = Service(world)
    with pytest.raises(AssertionError, match="already_running"):
        second.start()
