"""Talking heads and lip-sync, on programs that print, write and end as SadTalker and Wav2Lip do."""

import json
import os
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gpu_host.mp4 import read_mp4
from gpu_host.reaper import reap_orphans
from tests.conftest import ended, events, leftovers, until
from tests.engines_world import PICTURE, EnginesWorld, lips, post, refused, talk, upload_media
from tests.fake_media import mp4, wav
from tests.fake_sd_scripts.fake_files import png
from tests.service import Service
from tests.world import sha


@pytest.fixture
def world(tmp_path: Path) -> EnginesWorld:
    return EnginesWorld(tmp_path)


@pytest.fixture
def face(serve) -> TestClient:
    client = serve()
    upload_media(client)
    return client


def put(client: TestClient, data: bytes) -> str:
    assert client.put(f"/v1/inputs/{sha(data)}", content=data).status_code in (200, 201)
    return sha(data)


def run(client: TestClient, engine: str = "sadtalker", params: dict | None = None, name: str = "a1") -> dict:
    post(client, engine, params or (talk() if engine == "sadtalker" else lips()), name)
    return until(client, ended, name)


def test_a_picture_speaks(face: TestClient, world: EnginesWorld) -> None:
    view = run(face)
    assert view["state"] == "succeeded", view
    (result,) = view["results"]
    assert (result["name"], result["media_type"]) == ("talking.mp4", "video/mp4")
    found = read_mp4(world.settings.data / "runs/a1/work/out/talking.mp4")
    assert found and found.seconds == 2.0 and found.sound
    told = events(face)
    assert [event["step"] for event in told if event["type"] == "step"] == [0, 1, 2, 3, 4, 5]
    stages = [event["name"] for event in told if event["type"] == "stage"]
    assert stages[:2] == ["preparing", "loading"] and {"finding_face", "listening", "rendering"} <= set(stages)
    assert [path.name for path in (world.settings.data / "runs/a1/work/out").iterdir()] == ["talking.mp4"]
    assert leftovers(world) == set()


def test_every_choice_reaches_the_program(face: TestClient, world: EnginesWorld) -> None:
    assert run(face, params=talk(size=512, still=True, preprocess="full", pose_style=45))["state"] == "succeeded"
    argv = json.loads((world.sadtalker / "argv.json").read_text())
    assert {"--size=512", "--still", "--preprocess=full", "--pose_style=45", "--source_image=picture.png"} <= set(argv)
    assert "--cpu" not in argv


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("coeffs", "no_face"),
        ("no_face", "no_face"),
        ("outside", "no_face"),
        ("out_of_memory", "out_of_memory"),
        ("detector_asks_for_ever", "out_of_memory"),
        ("no_ffmpeg", "engine_error"),
        ("mute", "no_output"),
        ("truncated", "no_output"),
        ("too_long", "no_output"),
    ],
)
def test_a_picture_that_does_not_speak(face: TestClient, world: EnginesWorld, fault: str, code: str) -> None:
    world.break_engines(fault=fault)
    view = run(face)
    assert (view["state"], view["failure"]["code"]) == ("failed", code), view
    assert view["resume"] is None and view["files"] == []
    text = face.get("/v1/runs/a1/events?follow=false").text + str(view)
    assert "Traceback" not in text and "train" not in text and str(world.folder) not in text
    assert list((world.settings.data / "runs/a1/work/out").iterdir()) == []


def test_a_face_that_was_hard_to_find_is_said(face: TestClient, world: EnginesWorld) -> None:
    world.break_engines(fault="unsure")
    view = run(face)
    assert view["state"] == "succeeded" and [warning["code"] for warning in view["warnings"]] == ["face_unsure"]


def test_cancel_and_kill_from_outside(face: TestClient, world: EnginesWorld) -> None:
    world.break_engines(fault="hang")
    post(face, "sadtalker", talk())
    until(face, lambda view: view["step"] == 2)
    face.post("/v1/runs/a1/cancel", json={"keep": False})
    assert until(face, ended)["state"] == "canceled" and leftovers(world) == set()
    post(face, "sadtalker", talk(), "a2")
    until(face, lambda view: view["step"] == 2, "a2")
    for pid in leftovers(world):
        os.kill(pid, 9)
    assert until(face, ended, "a2")["failure"]["code"] == "interrupted"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"size": 300}, "invalid_request", "size"),
        ({"preprocess": "extfull"}, "invalid_request", "preprocess"),
        ({"pose_style": 46}, "invalid_request", "pose_style"),
        ({"enhancer": "gfpgan"}, "invalid_request", "enhancer"),
        ({"picture": "../x"}, "invalid_request", "picture"),
        ({"picture": "0" * 64}, "input_missing", "PUT /v1/inputs"),
    ],
)
def test_bad_parameters(face: TestClient, changes: dict, code: str, words: str) -> None:
    _, found, message = refused(face, "sadtalker", talk(**changes))
    assert found == code and words in message


def test_inputs_that_would_fail_are_refused(face: TestClient) -> None:
    for changes, code, words in (
        ({"picture": put(face, png(100, 100))}, "bad_picture", "100x100: each side must have 128 to 4096"),
        ({"picture": put(face, wav(1.2))}, "bad_picture", "no PNG or JPEG"),
        ({"sound": put(face, wav(0.86))}, "bad_sound", "1 to 300 s"),
        ({"sound": put(face, wav(2, loudness=0))}, "bad_sound", "silent"),
        ({"sound": put(face, PICTURE)}, "bad_sound", "WAV"),
    ):
        _, found, message = refused(face, "sadtalker", talk(**changes))
        assert found == code and words in message


def test_a_program_that_outlives_gpu_host_is_adopted(world: EnginesWorld) -> None:
    service = Service(world)
    service.start()
    try:
        upload_media(service.client)
        world.break_engines(fault="gate")
        post(service.client, "sadtalker", talk())
        until(service.client, lambda view: view["step"] == 2)
        service.kill()
        service.start()
        until(service.client, lambda _: any(event["type"] == "adopted" for event in events(service.client)))
        (world.sadtalker / "open").touch()
        view = until(service.client, ended)
        assert view["state"] == "succeeded", view
        told = events(service.client)
        assert [event["type"] for event in told].count("adopted") == 1
        assert [event["step"] for event in told if event["type"] == "step"] == [0, 1, 2, 3, 4, 5]
    finally:
        service.stop()
        reap_orphans(set())  # this process became its parent
    assert leftovers(world) == set()


def engine(client: TestClient, name: str) -> dict | None:
    return next((found for found in client.get("/v1/engines").json()["engines"] if found["id"] == name), None)


def test_a_weights_file_that_is_missing_or_not_pinned_is_named(face: TestClient, world: EnginesWorld) -> None:
    """The program would download the face detectors."""
    found = engine(face, "sadtalker")
    assert found and found["ready"] and found["licence"] == "Apache-2.0" and [model["name"] for model in found["models"]] == ["256", "512"]
    (world.sadtalker / "weights/SadTalker_V0.0.2_512.safetensors").unlink()
    assert refused(face, "sadtalker", talk(size=512))[1] == "engine_not_ready"
    found = engine(face, "sadtalker")
    assert found and found["ready"] and [model["usable"] for model in found["models"]] == [True, False]
    (world.sadtalker / "weights/mapping_00229-model.pth.tar").write_bytes(b"other")
    assert refused(face, "sadtalker", talk())[1] == "model_refused"
    (world.sadtalker / "weights/alignment_WFLW_4HG.pth").unlink()
    found = engine(face, "sadtalker")
    assert found and not found["ready"] and "alignment_WFLW_4HG.pth" in found["problems"][0]


def test_lips_follow_a_sound(face: TestClient, world: EnginesWorld) -> None:
    for number, params in enumerate((lips(), lips(face=sha(PICTURE)))):
        view = run(face, "wav2lip", params, f"a{number}")
        assert view["state"] == "succeeded", view
        assert [result["name"] for result in view["results"]] == ["talking.mp4"]
        told = events(face, f"a{number}")
        assert [(event["step"], event["total"]) for event in told if event["type"] == "step"] == [(0, 1), (1, 1)]
        assert not (world.settings.data / f"runs/a{number}/work/temp").exists()


@pytest.mark.parametrize(("fault", "code"), [("no_file", "no_output"), ("no_face", "no_face"), ("nan", "bad_sound")])
def test_lips_that_do_not(face: TestClient, world: EnginesWorld, fault: str, code: str) -> None:
    world.break_engines(fault=fault)
    assert run(face, "wav2lip")["failure"]["code"] == code


def test_faces_that_would_fail_are_refused(face: TestClient) -> None:
    for data, words in (
        (mp4(1, 255, 256), "even"),
        (mp4(1, 64, 64), "64x64"),
        (png(4096, 4096), "4096x4096"),
        (mp4(100, 2048, 2048), "at most 512 frames"),
        (b"GIF89a", "no PNG"),
    ):
        _, code, message = refused(face, "wav2lip", lips(face=put(face, data)))
        assert code == "bad_picture" and words in message


def test_wav2lip_is_off_unless_the_operator_enables_it(world: EnginesWorld, serve) -> None:
    assert world.settings.wav2lip
    found = engine(serve(), "wav2lip")
    assert found and found["ready"] and "Not open source" in found["licence"] and "non-commercial" in found["licence"]


def test_off_it_is_not_there(world: EnginesWorld, serve) -> None:
    assert world.settings.wav2lip
    world.settings.wav2lip.enabled = False
    client = serve()
    assert engine(client, "wav2lip") is None
    assert refused(client, "wav2lip", lips())[:2] == (404, "unknown_engine")


def test_engines_that_are_not_set_up_say_so(world: EnginesWorld, serve) -> None:
    world.settings.f5_tts = world.settings.sadtalker = world.settings.wav2lip = None
    client = serve()
    for name, section in (("f5-tts", "[f5_tts]"), ("sadtalker", "[sadtalker]")):
        found = engine(client, name)
        assert found and not found["ready"] and section in found["problems"][0] and found["models"] == [] and found["version"] is None
