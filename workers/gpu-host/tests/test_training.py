"""A training from upload to file, on the fake trainer: events, samples, results, both families."""

import hashlib
import json

import pytest
from fastapi.testclient import TestClient

from tests.conftest import ended, events, start, until
from tests.world import World


def test_success_is_the_file_probed(client: TestClient, world: World) -> None:
    start(client)
    view = until(client, ended)
    assert view["state"] == "succeeded", view
    (result,) = view["results"]
    body = client.get(f"/v1/runs/a1/files/{result['name']}").content
    assert hashlib.sha256(body).hexdigest() == result["sha256"] and len(body) == result["bytes"]
    assert view["step"] == view["total"] == 12
    assert view["resume"] is None


def test_events_are_numbered_typed_and_replayed(client: TestClient) -> None:
    start(client)
    text = client.get("/v1/runs/a1/events").text  # follows until the end
    told = [json.loads(line) for line in text.splitlines()]
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    assert told[0]["type"] == "accepted" and told[-1]["type"] == "succeeded"
    steps = [event for event in told if event["type"] == "step"]
    # told again when its own loss is known, as real bars are; the first loss comes late
    assert [event["step"] for event in steps] == [0, 1, *(step for step in range(2, 13) for _ in range(2))]
    assert [event["loss"] for event in steps[1::2]] == [float(f"{1 / (step + 1):.3g}") for step in range(1, 13)]
    assert all(event["total"] == 12 for event in steps)
    assert steps[0]["loss"] is None and all(isinstance(event["loss"], float) for event in steps[1:])
    stages = [event["name"] for event in told if event["type"] == "stage"]
    assert stages[:3] == ["preparing", "loading", "caching_latents"] and {"training", "sampling", "saving"} <= set(stages)
    samples = [event for event in told if event["type"] == "sample"]
    assert [(event["step"], event["index"], event["seed"]) for event in samples] == [(6, 0, 7), (12, 0, 7)]
    assert client.get(f"/v1/runs/a1/files/{samples[0]['name']}").content[:4] == b"\x89PNG"
    assert {event["step"] for event in told if event["type"] == "saved" and event["name"]} == {4, 8, 12}
    assert events(client, after=told[5]["seq"]) == told[6:]
    assert "_path" not in text and "/work" not in text


def test_sampling_is_shown_while_it_samples(client: TestClient, world: World) -> None:
    world.fault(fault="gate_in_sample", at=6, step_seconds=0.01)
    start(client)
    view = until(client, lambda view: view["stage"] == "sampling" and view["step"] == 6)
    world.open_gate()
    assert until(client, ended)["state"] == "succeeded"
    told = [event.get("name", event.get("step")) for event in events(client) if event["type"] in ("stage", "step")]
    assert "training" not in told[told.index("sampling") : told.index(7)]


def test_range(client: TestClient) -> None:
    start(client)
    name = until(client, ended)["results"][0]["name"]
    whole = client.get(f"/v1/runs/a1/files/{name}")
    part = client.get(f"/v1/runs/a1/files/{name}", headers={"Range": "bytes=8-15"})
    assert part.status_code == 206 and part.content == whole.content[8:16]
    assert part.headers["content-range"] == f"bytes 8-15/{len(whole.content)}"


@pytest.mark.parametrize("family", ["sd15", "sdxl"])
def test_both_families(client: TestClient, world: World, family: str) -> None:
    start(client, family=family, base_model=f"{family}.safetensors", resolution=1024, samples=[])
    assert until(client, ended)["state"] == "succeeded"
    argv = json.loads((world.settings.data / "runs/a1/record.json").read_text())["spawn"]["argv"]
    assert ("--no_half_vae" in argv) == ("--cache_text_encoder_outputs" in argv) == (family == "sdxl")


def test_many_pictures_few_steps_is_one_epoch(client: TestClient, world: World) -> None:
    start(client, steps=50, batch_size=2, save_every=50)
    assert until(client, ended)["state"] == "succeeded"
    assert "num_repeats = 34" in (world.settings.data / "runs/a1/work/dataset.toml").read_text()


def test_not_a_number_is_told_once(client: TestClient, world: World) -> None:
    world.fault(fault="nan", at=3)
    start(client)
    view = until(client, ended)
    assert [warning["code"] for warning in view["warnings"]] == ["loss_not_a_number"]
    assert view["loss"] is None and view["step"] == 12


def test_whole_result_with_a_bad_exit_code(client: TestClient, world: World) -> None:
    world.fault(fault="crash_after_save")
    start(client)
    view = until(client, ended)
    assert view["state"] == "succeeded"
    assert [warning["code"] for warning in view["warnings"]] == ["exit_code"]


def test_nothing_of_a_resume_is_kept_after_success(client: TestClient, world: World) -> None:
    start(client)
    until(client, ended)
    assert sorted(path.name for path in (world.settings.data / "runs/a1/work/out").iterdir()) == [
        "lora-step00000004.safetensors",
        "lora-step00000008.safetensors",
        "lora-step00000012.safetensors",
        "lora.safetensors",
        "sample",
    ]
