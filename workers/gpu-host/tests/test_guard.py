"""Who may call: the key, loopback, no web page, no large body, no stack trace."""

import pytest
from fastapi.testclient import TestClient

from gpu_host.failure import Failure
from gpu_host.settings import check_listen, load_settings
from tests.world import World, training

KEY = "0123456789abcdef-key"


def test_key(world: World, serve) -> None:
    world.settings.key = KEY
    client: TestClient = serve()
    assert client.get("/healthz").status_code == 200
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": KEY[:-1]}, {"Authorization": "Basic " + KEY}):
        for path in ("/v1/engines", "/v1/gpu", "/metrics", "/v1/runs/a1", "/openapi.json", "/nothing"):
            response = client.get(path, headers=headers)
            assert response.status_code == 401 and response.json()["error"]["code"] == "unauthorized"
    assert client.get("/v1/engines", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
    assert KEY not in repr(world.settings)


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://127.0.0.1:7080"}, {"Host": "evil.example"}, {"Host": "evil.example:7080"}, {"Origin": "null"}]
)
def test_no_web_page(client: TestClient, headers: dict) -> None:
    assert client.get("/v1/engines", headers=headers).status_code == 403


def test_only_loopback_without_a_key(world: World) -> None:
    for host in ("0.0.0.0", "192.168.1.5", "::", "gpu.example"):
        with pytest.raises(Failure, match="GPU_HOST_KEY"):
            check_listen(world.settings.model_copy(update={"host": host}))
        check_listen(world.settings.model_copy(update={"host": host, "key": KEY}))
    for host in ("127.0.0.1", "::1", "localhost"):
        check_listen(world.settings.model_copy(update={"host": host}))
    with pytest.raises(Failure, match="too short"):
        check_listen(world.settings.model_copy(update={"key": "short"}))


def test_settings_file(world: World) -> None:
    path = world.toml(7080)
    assert load_settings({"GPU_HOST_CONFIG": str(path), "GPU_HOST_KEY": KEY}).key == KEY
    good = path.read_text()
    for bad, words in ((f'key = "{KEY}"\n' + good, "GPU_HOST_KEY"), ("surprise = 1\n" + good, "surprise"), ("port = [", "cannot be read")):
        path.write_text(bad)
        with pytest.raises(Failure, match=words):
            load_settings({"GPU_HOST_CONFIG": str(path)})
    with pytest.raises(Failure, match="GPU_HOST_CONFIG"):
        load_settings({})


def test_large_bodies(client: TestClient) -> None:
    assert client.post("/v1/runs", content=b"x" * 60_000).status_code == 413
    assert client.post("/v1/runs", content=(b"x" * 1000 for _ in range(60))).status_code == 411


def test_no_stack_trace(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpu_host.web.app.cards", lambda: 1 / 0)
    response = client.get("/v1/gpu")
    assert response.status_code == 500 and response.json() == {
        "error": {"code": "internal", "message": "gpu-host made a mistake; its log says more."}
    }


def test_unknown_routes_and_files(client: TestClient) -> None:
    assert client.get("/nothing").json()["error"]["code"] == "unknown_route"
    assert client.get("/v1/runs").json() == {"runs": []}
    assert client.put("/v1/engines").json()["error"]["code"] == "method_not_allowed"
    assert client.post("/v1/runs", json={"id": "x", "engine": "bash", "params": training()}).json()["error"]["code"] == "unknown_engine"
    for name in ("..%2f..%2frecord.json", "record.json", "%2fetc%2fpasswd", ".."):
        assert client.get(f"/v1/runs/a1/files/{name}").status_code in (400, 404)
