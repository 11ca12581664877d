"""/metrics is valid Prometheus text and tells what happened."""

import shutil
import subprocess

import pynvml
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from gpu_host.gpu import Card
from tests.conftest import ended, leftovers, start, until
from tests.world import World


def test_valid_and_true(client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpu_host.web.app.cards", lambda: [Card("RTX 5070 Ti", 16 << 30, 9 << 30, {})])
    start(client)
    until(client, ended)
    world.fault(fault="out_of_memory", at=2)
    start(client, "a2")
    until(client, ended, "a2")
    client.get("/v1/runs/none")
    text = client.get("/metrics").text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert all(family.documentation and name.startswith("gpu_host_") for name, family in families.items())
    assert 'gpu_host_runs_total{code="out_of_memory",engine="sd-scripts",outcome="failed"} 1.0' in text
    assert 'gpu_host_runs_total{code="",engine="sd-scripts",outcome="succeeded"} 1.0' in text
    assert 'gpu_host_refused_requests_total{code="unknown_run"} 1.0' in text
    assert 'gpu_host_steps_total{engine="sd-scripts"} 16.0' in text  # 0 to 12, 0 to 2: each once
    assert 'gpu_host_active_runs{engine="sd-scripts"} 0.0' in text
    assert 'gpu_host_vram_free_bytes{card="0 RTX 5070 Ti"} 9.663676416e+09' in text
    promtool = shutil.which("promtool")
    if promtool:
        checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_vram_by_engine(client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.fault(fault="hang", at=2)
    start(client)
    until(client, lambda view: view["step"] >= 1)
    (pid,) = leftovers(world)
    monkeypatch.setattr("gpu_host.web.app.cards", lambda: [Card("RTX 5070 Ti", 16 << 30, 9 << 30, {pid: 7 << 30, 1: 1 << 30})])
    assert client.get("/v1/gpu").json() == {
        "owner": "a1",
        "cards": [
            {"name": "RTX 5070 Ti", "vram_total": 16 << 30, "vram_free": 9 << 30, "ours": [{"engine": "sd-scripts", "vram": 7 << 30}]}
        ],
    }
    assert 'gpu_host_vram_used_bytes{engine="sd-scripts"} 7.516192768e+09' in client.get("/metrics").text
    client.post("/v1/runs/a1/cancel", json={"keep": False})
    until(client, ended)


def test_no_card_here(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", nothing)
    assert client.get("/v1/gpu").json() == {"owner": None, "cards": []}
