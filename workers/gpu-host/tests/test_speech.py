"""Speech through F5-TTS, on a package that speaks its protocol: files, progress, refusals, failures."""

import hashlib
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gpu_host.wav import read_wav
from tests.conftest import ended, events, until
from tests.engines_world import SOUND, TRANSCRIPT, EnginesWorld, post, refused, speech, upload_media
from tests.fake_media import wav
from tests.world import sha


@pytest.fixture
def world(tmp_path: Path) -> EnginesWorld:
    return EnginesWorld(tmp_path)


@pytest.fixture
def voice(serve) -> TestClient:
    client = serve()
    upload_media(client)
    return client


def run(client: TestClient, name: str = "a1", *texts: str, **changes: object) -> dict:
    post(client, "f5-tts", speech(*texts, **changes), name)
    return until(client, ended, name)


def test_each_line_is_a_probed_file(voice: TestClient, world: EnginesWorld) -> None:
    view = run(voice)
    assert view["state"] == "succeeded", view
    assert [result["name"] for result in view["results"]] == ["line-0.wav", "line-1.wav"] == view["files"]
    for result in view["results"]:
        assert result["media_type"] == "audio/wav"
        body = voice.get(f"/v1/runs/a1/files/{result['name']}").content
        assert hashlib.sha256(body).hexdigest() == result["sha256"]
    sound = read_wav(world.settings.data / "runs/a1/work/out/line-0.wav")
    assert sound and (sound.rate, sound.channels) == (24_000, 1)
    assert [(said["text"], said["seed"], said["steps"]) for said in world.noted("said")] == [
        ("Good evening, everybody.", 0, 16),
        ("It is late.", 1, 16),
    ]


def test_progress_counts_lines_and_prints_are_no_answers(voice: TestClient) -> None:
    """The fake prints `{"id": "a1", "type": "done"}` as text of a person's could be."""
    view = run(voice, "a1", "One thing.", 'Say {"id": "a1", "type": "done"} now', "And another thing.")
    told = events(voice)
    assert [(event["step"], event["total"]) for event in told if event["type"] == "step"] == [(1, 3), (2, 3), (3, 3)]
    assert [event["name"] for event in told if event["type"] == "stage"] == ["preparing", "loading", "speaking"]
    assert view["state"] == "succeeded" and len(view["results"]) == 3 and view["resume"] is None


def test_batches_of_one_text_come_one_after_the_other(voice: TestClient, world: EnginesWorld) -> None:
    run(voice)
    assert {said["threads"] for said in world.noted("said")} == {1}


def test_the_same_seed_gives_the_same_sound(voice: TestClient) -> None:
    first, second = run(voice), run(voice, "a2")
    other = run(voice, "a3", "Good evening, everybody.", lines=[{"text": "Good evening, everybody.", "seed": 9}])
    assert first["results"] == second["results"] and other["results"][0]["sha256"] != first["results"][0]["sha256"]


def test_brackets_are_taken_out_and_said(voice: TestClient, world: EnginesWorld) -> None:
    view = run(voice, "a1", "[angry] Go away [now], please")
    assert [warning["code"] for warning in view["warnings"]] == ["brackets_removed"]
    assert world.noted("said")[0]["text"] == "angry Go away now , please"
    assert view["results"]


def test_nothing_of_the_voice_is_left_outside_its_run(voice: TestClient, world: EnginesWorld) -> None:
    run(voice)
    assert all(str(world.settings.data / "runs/a1/work/tmp") in said["ref"] for said in world.noted("said"))
    assert sorted(path.name for path in (world.settings.data / "runs/a1/work").iterdir()) == ["out", "reference.wav", "request.json"]
    voice.delete("/v1/runs/a1")
    assert list((world.settings.data / "runs").iterdir()) == [] and len(list((world.settings.data / "inputs").iterdir())) == 3
    upload_media(voice)
    assert run(voice, "a2")["state"] == "succeeded", "the warm child keeps no path of the first run"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lines": []}, "lines"),
        ({"lines": [{"text": "...", "seed": 1}]}, "lines.0 has no letter"),
        ({"lines": [{"text": "[]", "seed": 1}]}, "no letter"),
        ({"lines": [{"text": "a\nb", "seed": 1}]}, "text"),
        ({"lines": [{"text": "a"}]}, "seed"),
        ({"lines": [{"text": "a", "seed": 2**31}]}, "seed"),
        ({"transcript": "  "}, "transcript"),
        ({"speed": 9}, "speed"),
        ({"steps": 0}, "steps"),
        ({"model": "../base"}, "model"),
        ({"reference": "../x"}, "reference"),
        ({"ckpt_file": "/etc/passwd"}, "ckpt_file"),
    ],
)
def test_bad_parameters(voice: TestClient, changes: dict, words: str) -> None:
    status, code, message = refused(voice, "f5-tts", speech(**changes))
    assert (status, code) == (400, "invalid_request") and words in message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (wav(12.5, rate=16_000), "12.50 s long: it must have 1 to 12 s"),
        (wav(0.5), "0.50 s"),
        (wav(2, loudness=0), "silent"),
        (wav(2)[:-10], "no whole WAV"),
        (wav(2, bits=8), "16 bits"),
        (b"ID3 an mp3", "no whole WAV"),
    ],
)
def test_a_reference_that_f5_would_cut_or_misread_is_refused(voice: TestClient, data: bytes, words: str) -> None:
    assert voice.put(f"/v1/inputs/{sha(data)}", content=data).status_code == 201
    status, code, message = refused(voice, "f5-tts", speech(reference=sha(data)))
    assert (status, code) == (400, "bad_sound") and words in message


def test_missing_inputs_and_models_are_named(voice: TestClient) -> None:
    assert refused(voice, "f5-tts", speech(reference="0" * 64))[:2] == (409, "input_missing")
    status, code, message = refused(voice, "f5-tts", speech(model="none"))
    assert (status, code) == (400, "model_missing") and "base, other" in message


def test_nothing_to_resume(voice: TestClient) -> None:
    run(voice)
    response = voice.post("/v1/runs", json={"id": "a2", "engine": "f5-tts", "params": speech(), "resume_from": "a1"})
    assert response.json()["error"]["code"] == "nothing_to_resume"
    assert "Set" not in voice.post("/v1/runs/a1/sample-now").json()["error"]["message"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("out_of_memory", "out_of_memory"),
        ("bad_weights", "model_damaged"),
        ("error", "engine_error"),
        ("dies", "interrupted"),
        ("dies_at_start", "interrupted"),
        ("silent", "no_output"),
        ("truncated", "no_output"),
    ],
)
def test_ends_without_its_files(voice: TestClient, world: EnginesWorld, fault: str, code: str) -> None:
    world.break_engines(fault=fault)
    view = run(voice)
    assert (view["state"], view["failure"]["code"]) == ("failed", code), view
    text = voice.get("/v1/runs/a1/events?follow=false").text + str(view)
    assert not any(word in text for word in ("secret of the library", "Traceback", "GiB", str(world.folder), TRANSCRIPT))
    world.break_engines()
    assert run(voice, "a2")["state"] == "succeeded"


def test_the_engine_says_what_it_lacks(voice: TestClient, world: EnginesWorld) -> None:
    def f5() -> dict:
        return next(engine for engine in voice.get("/v1/engines").json()["engines"] if engine["id"] == "f5-tts")

    assert f5()["ready"] and f5()["version"] == "1.1.22" and "CC-BY-NC-4.0" in f5()["licence"]
    assert [(model["name"], model["usable"], model["languages"]) for model in f5()["models"]] == [
        ("base", True, ["en", "zh"]),
        ("other", True, ["en", "zh"]),
    ]
    (world.voice / "other.safetensors").write_bytes(b"cut")
    assert f5()["ready"] and f5()["models"][1]["usable"] is False
    assert refused(voice, "f5-tts", speech(model="other"))[1] == "model_refused"
    (world.voice / "vocos/config.yaml").write_text("backbone:\n  class_path: os.system\n")
    assert "not of vocos" in f5()["problems"][0]
    assert refused(voice, "f5-tts", speech())[:2] == (503, "engine_not_ready")


def test_a_vocoder_is_used_only_as_it_was_pinned(voice: TestClient, world: EnginesWorld) -> None:
    (world.voice / "vocos/pytorch_model.bin").write_bytes(b"other")
    assert refused(voice, "f5-tts", speech())[1] == "model_refused"
    del world.settings.pins["pytorch_model.bin"]
    assert refused(voice, "f5-tts", speech())[1] == "engine_not_ready"
    assert world.noted("loads") == []


def test_a_stereo_reference_of_another_rate_is_taken(voice: TestClient) -> None:
    assert run(voice, reference=sha(SOUND))["state"] == "succeeded"
