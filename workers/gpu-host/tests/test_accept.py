"""What is accepted and what is refused before any program starts: idempotent ids, inputs, models, space, the card."""

import hashlib

import pytest
from fastapi.testclient import TestClient

from gpu_host import disk
from tests.conftest import ended, start, until
from tests.fake_sd_scripts.fake_files import safetensors
from tests.world import PICTURES, World, sha, training


def refused(client: TestClient, **changes: object) -> tuple[int, str, str]:
    body = {"id": "a1", "engine": "sd-scripts", "params": training(**changes)}
    response = client.post("/v1/runs", json=body)
    error = response.json()["error"]
    assert client.get("/v1/runs/a1").status_code == 404
    return response.status_code, error["code"], error["message"]


def test_the_same_id_twice_is_one_run(client: TestClient, world: World) -> None:
    start(client)
    body = {"id": "a1", "engine": "sd-scripts", "params": training()}
    assert client.post("/v1/runs", json=body).status_code == 200
    until(client, ended)
    again = client.post("/v1/runs", json=body)
    assert again.status_code == 200 and again.json()["state"] == "succeeded"
    other = client.post("/v1/runs", json={**body, "params": training(rank=8)})
    assert other.status_code == 409 and other.json()["error"]["code"] == "run_conflict"


def test_one_run_at_a_time(client: TestClient, world: World) -> None:
    world.fault(fault="hang", at=2)
    start(client)
    busy = client.post("/v1/runs", json={"id": "a2", "engine": "sd-scripts", "params": training()})
    assert busy.status_code == 409 and busy.json()["error"]["code"] == "card_busy" and "a1" in busy.json()["error"]["message"]
    assert client.get("/v1/gpu").json()["owner"] == "a1"
    client.post("/v1/runs/a1/cancel", json={"keep": False})
    until(client, ended)
    world.fault()
    start(client, "a2")
    assert until(client, ended, "a2")["state"] == "succeeded"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": 0}, "steps"),
        ({"steps": 10**9}, "steps"),
        ({"learning_rate": float("1e9")}, "learning_rate"),
        ({"alpha": 64}, "alpha 64 is above rank 4"),
        ({"resolution": 500}, "resolution"),
        ({"base_model": "../secret.safetensors"}, "base_model"),
        ({"base_model": "/etc/passwd"}, "base_model"),
        ({"pictures": []}, "pictures"),
        ({"pictures": [{"image": "../x", "caption": "a"}]}, "image"),
        ({"pictures": [{"image": "0" * 64, "caption": "a\nb"}]}, "caption"),
        ({"title": "x\n--resume=/"}, "title"),
        ({"output_dir": "/etc"}, "output_dir"),
        ({"optimizer": "evil.module.Optimizer"}, "optimizer"),
        ({"family": "sdxl", "resolution": 256}, "SDXL"),
        ({"steps": 20_000, "save_every": 1}, "save_every"),
    ],
)
def test_bad_parameters(client: TestClient, changes: dict, words: str) -> None:
    status, code, message = refused(client, **changes)
    assert (status, code) == (400, "invalid_request") and words in message


def test_models(client: TestClient, world: World) -> None:
    models = world.settings.models
    assert refused(client, base_model="none.safetensors")[1] == "model_missing"
    assert "sd15.safetensors" in refused(client, base_model="none.safetensors")[2]
    assert refused(client, base_model="sdxl.safetensors")[1] == "model_mismatch"
    (models / "cut.safetensors").write_bytes((models / "sd15.safetensors").read_bytes()[:-1])
    (models / "vae.safetensors").write_bytes(safetensors({"first_stage_model.x": b"1"}, {}))
    assert refused(client, base_model="cut.safetensors")[1] == "model_refused"
    assert refused(client, base_model="vae.safetensors")[1] == "model_mismatch"


def test_a_pickle_only_where_its_hash_is_pinned(client: TestClient, world: World) -> None:
    path = world.settings.models / "old.ckpt"
    path.write_bytes(b"weights")
    assert refused(client, base_model="old.ckpt")[1] == "model_refused"
    world.settings.pins["old.ckpt"] = hashlib.sha256(b"other").hexdigest()
    assert refused(client, base_model="old.ckpt")[1] == "model_refused"
    world.settings.pins["old.ckpt"] = hashlib.sha256(b"weights").hexdigest()
    start(client, base_model="old.ckpt")
    assert until(client, ended)["state"] == "succeeded"


def test_inputs(client: TestClient, world: World) -> None:
    name = "0" * 64
    assert client.put(f"/v1/inputs/{name}", content=b"x").json()["error"]["code"] == "hash_mismatch"
    assert client.put("/v1/inputs/..%2fx", content=b"x").status_code in (400, 404)
    assert client.put(f"/v1/inputs/{sha(PICTURES[0])}", content=PICTURES[0]).status_code == 200
    assert client.put(f"/v1/inputs/{name}", content=b"x" * 100_001).json()["error"]["code"] == "too_large"
    chunks = (b"x" * 1000 for _ in range(200))
    assert client.put(f"/v1/inputs/{name}", content=chunks).json()["error"]["code"] == "too_large"
    assert sorted(path.name for path in (world.settings.data / "inputs").iterdir()) == sorted(map(sha, PICTURES))
    assert refused(client, pictures=[{"image": name, "caption": "a"}])[1] == "input_missing"
    text = b"not a picture"
    client.put(f"/v1/inputs/{sha(text)}", content=text)
    assert refused(client, pictures=[{"image": sha(text), "caption": "a"}])[1] == "bad_dataset"


def test_space_is_asked_first(client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda _: 10_000_000)
    status, code, _ = refused(client)
    assert (status, code) == (507, "disk_full")


def test_delete_takes_the_pictures_too(client: TestClient, world: World) -> None:
    world.fault(fault="hang", at=2)
    start(client)
    assert client.delete("/v1/runs/a1").json()["error"]["code"] == "run_active"
    client.post("/v1/runs/a1/cancel", json={"keep": True})
    until(client, ended)
    assert client.delete("/v1/runs/a1").status_code == 204
    assert client.get("/v1/runs/a1").status_code == client.delete("/v1/runs/a1").status_code == 404
    assert list((world.settings.data / "inputs").iterdir()) == list((world.settings.data / "runs").iterdir()) == []


def test_an_engine_that_is_not_ready_says_what_brings_it(client: TestClient, world: World) -> None:
    config = world.folder / "tokenizers/openai_clip-vit-large-patch14/tokenizer_config.json"
    config.write_text('{"model_max_length": 8192}')
    status, code, message = refused(client)
    assert (status, code) == (503, "engine_not_ready") and "set it to 77" in message
    engine = client.get("/v1/engines").json()["engines"][0]
    assert engine["ready"] is False and "set it to 77" in engine["families"][0]["problems"][0]
    world.settings.sd_scripts = None
    engine = client.get("/v1/engines").json()["engines"][0]
    assert engine["ready"] is False and "[sd_scripts]" in engine["problems"][0]


def test_engines_names_models_and_families(client: TestClient) -> None:
    engine = client.get("/v1/engines").json()["engines"][0]
    assert engine["ready"] is True and engine["families"] == [{"id": "sd15", "problems": []}, {"id": "sdxl", "problems": []}]
    assert {model["name"]: model["family"] for model in engine["models"]} == {"sd15.safetensors": "sd15", "sdxl.safetensors": "sdxl"}
