"""A world of its own for each test, and the service over it, in this process."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[1]))
from gpu_host.host import Host  # noqa: E402
from gpu_host.identity import stat_of  # noqa: E402
from gpu_host.members import TOKEN, pids  # noqa: E402
from gpu_host.web.app import create_app  # noqa: E402
from tests.world import World, training, upload  # noqa: E402


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def serve_world() -> Iterator[Callable[[World], TestClient]]:
    """Starts the service over a world."""
    open_ones: list[tuple[World, TestClient]] = []

    def start(world: World) -> TestClient:
        client = TestClient(create_app(Host(world.settings)), base_url="http://127.0.0.1:7080", raise_server_exceptions=False)
        client.__enter__()
        open_ones.append((world, client))
        return client

    yield start
    for world, client in open_ones:
        client.__exit__(None, None, None)
        assert leftovers(world) == set()
    assert zombies() == []


@pytest.fixture
def serve(world: World, serve_world: Callable[[World], TestClient]) -> Callable[[], TestClient]:
    """Starts the service; again, after `close`, is a restart."""
    return lambda: serve_world(world)


@pytest.fixture
def client(serve: Callable[[], TestClient]) -> TestClient:
    started = serve()
    upload(started)
    return started


def zombies() -> list[int]:
    return [pid for pid in pids() if (stat := stat_of(pid)) and stat.state == "Z" and stat.ppid == os.getpid()]


def leftovers(world: World) -> set[int]:
    """Processes that work in this world's folder."""
    found = set()
    for pid in pids():
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        if TOKEN.encode() in environment and str(world.folder).encode() in environment:
            found.add(pid)
    return found


def start(client: TestClient, run: str = "a1", resume_from: str | None = None, **changes: object) -> dict:
    response = client.post("/v1/runs", json={"id": run, "engine": "sd-scripts", "params": training(**changes), "resume_from": resume_from})
    assert response.status_code == 201, response.text
    return response.json()


def until(client: TestClient, done: Callable[[dict], bool], run: str = "a1", seconds: float = 90) -> dict:
    deadline = time.monotonic() + seconds
    while not done(view := client.get(f"/v1/runs/{run}").json()):
        assert time.monotonic() < deadline, view
        time.sleep(0.05)
    return view


def ended(view: dict) -> bool:
    return view["state"] in ("succeeded", "failed", "canceled")


def events(client: TestClient, run: str = "a1", after: int = 0) -> list[dict]:
    return [json.loads(line) for line in client.get(f"/v1/runs/{run}/events?after={after}&follow=false").text.splitlines()]
