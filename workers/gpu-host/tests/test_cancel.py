"""Cancel: by group, TERM then KILL, until nothing is left; what is kept is what was asked to be kept."""

import pytest
from fastapi.testclient import TestClient

from tests.conftest import ended, events, leftovers, start, until
from tests.world import World


def hanging(client: TestClient, world: World, **faults: object) -> None:
    world.fault(**{"fault": "hang", "at": 6, **faults})
    start(client)


@pytest.mark.parametrize("keep", [True, False])
def test_cancel(client: TestClient, world: World, keep: bool) -> None:
    hanging(client, world)
    until(client, lambda view: view["step"] >= 5)
    assert client.post("/v1/runs/a1/cancel", json={"keep": keep}).json()["state"] in ("canceling", "canceled")
    view = until(client, ended)
    assert view["state"] == "canceled" and leftovers(world) == set()
    assert view["resume"] == ({"step": 4, "total": 12} if keep else None)
    assert bool(view["files"]) == (world.settings.data / "runs/a1/work/out").exists() == keep
    assert not (world.settings.data / "card.lock").exists()


def test_cancel_twice_and_after_the_end(client: TestClient, world: World) -> None:
    hanging(client, world)
    for _ in range(3):
        assert client.post("/v1/runs/a1/cancel", json={"keep": True}).status_code == 200
    until(client, ended)
    assert client.post("/v1/runs/a1/cancel", json={"keep": False}).json()["state"] == "canceled"
    assert [event["type"] for event in events(client)].count("canceling") == 1


def test_a_child_in_another_session_that_ignores_term(client: TestClient, world: World) -> None:
    """The orphan of `accelerate launch` would hold the card: it is found by its token and killed."""
    world.fault(fault="grandchild", step_seconds=0.2)
    start(client, steps=200, save_every=50)
    until(client, lambda view: view["step"] >= 1)
    assert len(leftovers(world)) == 2
    client.post("/v1/runs/a1/cancel", json={"keep": True})
    until(client, ended)
    assert leftovers(world) == set()
    text = client.get("/metrics").text
    assert 'gpu_host_signals_total{signal="SIGTERM"} 1.0' in text and 'gpu_host_signals_total{signal="SIGKILL"} 1.0' in text


def test_a_child_that_outlives_a_success(client: TestClient, world: World) -> None:
    world.fault(fault="grandchild")
    start(client)
    assert until(client, ended)["state"] == "succeeded"
    assert leftovers(world) == set()


def test_orders_that_the_trainer_cannot_take(client: TestClient, world: World) -> None:
    start(client)
    for what in ("sample", "save"):
        response = client.post(f"/v1/runs/a1/{what}-now")
        assert response.status_code == 409 and response.json()["error"]["code"] == "not_supported"
    capabilities = client.get("/v1/engines").json()["engines"][0]["capabilities"]
    assert capabilities["sample_now"] is False and capabilities["save_now"] is False
    until(client, ended)
