"""The parts without input or output."""

import ast
import base64
import hashlib
import hmac
import json
import re
import uuid
from enum import Enum
from pathlib import Path

import pytest
import myspinbot as m

SOURCE = Path(m.__file__).read_text()


def test_nothing_that_the_loader_replaces_is_in_the_file():
    for words in ("utils", "apps", "main", "config"):
        assert f"from {words}" not in SOURCE


def test_imports_only_what_open_webui_ships_and_its_insides_in_one_section():
    before, _, after = SOURCE.partition("# ---------------------------------------------------------------- Open WebUI's insides")
    _, _, below = after.partition("\n# ------------------------------------------------")
    for outside in (before, below):
        assert "open_webui" not in re.sub(r"required_open_webui_version", "", outside).replace('"open-webui"', "")
    top = {n.name.split(".")[0] for node in ast.parse(SOURCE).body if isinstance(node, ast.Import) for n in node.names}
    top |= {node.module for node in ast.parse(SOURCE).body if isinstance(node, ast.ImportFrom)}
    assert top - set(__import__("sys").stdlib_module_names) == {"aiohttp", "pydantic"}


def test_nothing_blocks_the_event_loop():
    assert not re.search(r"time\.sleep|import requests|urllib\.request|\bhttpx\.(get|post|Client)\b", SOURCE)


@pytest.mark.parametrize("chat, expected", [("0f9b-1", "owui-0f9b-1"), ("local:ab_C-1", "owui-local:ab_C-1"), ("", None), (None, None)])
def test_conversation_of_a_chat(chat, expected):
    assert m.conversation_of(chat) == expected


def test_a_chat_id_that_our_server_would_refuse_gets_a_steady_name():
    for chat in ("x" * 200, "a b", "ä"):
        name = m.conversation_of(chat)
        assert re.fullmatch(r"[\w.:-]{1,128}", name, re.ASCII) and name == m.conversation_of(chat)


def test_ids_of_a_repeat_are_the_same_and_uuid5():
    assert m.message_id_of("dlv_1") == m.message_id_of("dlv_1") != m.message_id_of("dlv_2")
    assert m.file_id_of("u", "art_1") == m.file_id_of("u", "art_1") != m.file_id_of("v", "art_1")
    assert uuid.UUID(m.message_id_of("dlv_1")).version == 5


def test_branch_is_the_path_and_no_sibling():
    tree = {
        "u1": {"role": "user", "parentId": None},
        "a1": {"role": "assistant", "parentId": "u1"},
        "b1": {"role": "assistant", "parentId": "u1"},
        "u2": {"role": "user", "parentId": "b1"},
        "a2": {"role": "assistant", "parentId": "u2"},
    }
    assert m.branch_of(tree, "a2") == ["b1", "b1:yes", "a2", "a2:yes"]
    assert m.branch_of(tree, None) == []
    assert m.branch_of({"a": {"role": "assistant", "parentId": "a"}}, "a") == ["a", "a:yes"]
    long = {str(i): {"role": "assistant", "parentId": str(i - 1)} for i in range(3000)}
    assert len(m.branch_of(long, "2999")) <= 2000 and m.branch_of(long, "2999")[-1] == "2999:yes"


def test_text_is_the_persons_own():
    prefixed = '<attached_files>\n<file type="file" id="1"/>\n</attached_files>\n\nupscale that'
    assert m.text_of({"user_message": {"content": "upscale that"}}, {"messages": [{"role": "user", "content": prefixed}]}) == "upscale that"
    assert m.text_of({}, {"messages": [{"role": "user", "content": prefixed}]}) == "upscale that"
    parts = [{"type": "text", "text": prefixed}, {"type": "image_url", "image_url": {"url": "data:x"}}]
    assert m.text_of({}, {"messages": [{"role": "user", "content": parts}]}) == "upscale that"
    assert m.text_of({"user_message": {"content": "a\x00b\ud800c"}}, {}) == "abc"


def test_the_user_token_is_hs256_and_short_lived():
    token = m.sign_user({"id": "u1", "email": "a@b.c", "name": "Ä", "role": "user"}, "secret", now=1000)
    head, body, mark = token.split(".")
    pad = lambda t: base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))  # noqa: E731
    assert json.loads(pad(head)) == {"alg": "HS256", "typ": "JWT"}
    assert json.loads(pad(body)) == {"sub": "u1", "email": "a@b.c", "name": "Ä", "role": "user", "iss": "open-webui", "iat": 1000, "exp": 1300}
    assert pad(mark) == hmac.new(b"secret", f"{head}.{body}".encode(), hashlib.sha256).digest()


def test_events_in_any_pieces_and_of_any_length():
    long = "x" * 300_000
    stream = f": keep-alive\n\nretry: 1000\n\nevent: preview\ndata: {json.dumps({'d': long})}\n\nevent: text\r\ndata: {{\"t\": 1}}\r\n\r\n".encode()
    for size in (7, 65536, len(stream)):
        events, got = m.Events(), []
        for at in range(0, len(stream), size):
            got += list(events.feed(stream[at : at + size]))
        assert got == [("preview", {"d": long}), ("text", {"t": 1})]


def test_video_and_audio_are_the_three_line_block_that_plays_and_pictures_are_not():
    video = {"id": "a", "name": "c.mp4", "media_type": "video/mp4", "bytes": 5}
    card, text = m.shown_as("F", video)
    assert text == "\n\n<video>\n/api/v1/files/F/content\n</video>\n\n"
    assert card == {"type": "file", "id": "F", "url": "F", "name": "c.mp4", "size": 5, "content_type": "video/mp4"}
    assert "<audio>\n/api/v1/files/F/content\n</audio>" in m.shown_as("F", {**video, "media_type": "audio/wav"})[1]
    assert m.shown_as("F", {**video, "media_type": "image/png"}) == ({"type": "image", "url": "/api/v1/files/F/content"}, "")
    card, text = m.shown_as("F", {**video, "name": "l.safetensors", "media_type": "application/octet-stream"})
    assert card["type"] == "file" and text == ""


def test_tasks_are_answered_without_a_model():
    class Task(str, Enum):
        TITLE = "title_generation"

    body = {"messages": [{"role": "user", "content": "draw a red fox in fresh snow"}, {"role": "assistant", "content": "ok"}]}
    assert json.loads(m.task_answer(Task.TITLE, body, set())) == {"title": "draw a red fox in fresh snow"}
    assert len(json.loads(m.task_answer("title_generation", {"messages": [{"role": "user", "content": "word " * 99}]}, set()))["title"]) <= 49
    assert json.loads(m.task_answer("tags_generation", {}, set())) == {"tags": []}
    assert json.loads(m.task_answer("query_generation", {}, set())) == {"queries": []}
    assert json.loads(m.task_answer("follow_up_generation", {}, {"image"}))["follow_ups"][0] == "Upscale that 2x"
    assert json.loads(m.task_answer("follow_up_generation", {}, {"failed", "images"}))["follow_ups"][:2] == ["Try again", "Upscale number 1"]
    assert json.loads(m.task_answer("follow_up_generation", {}, set())) == {"follow_ups": []}
    assert m.task_answer("moa_response_generation", {}, set()) == ""


def test_a_status_only_for_what_matters():
    part = lambda f, s: {"type": "progress", "job": "j", "progress": {"stage": "sampling", "fraction": f, "step": s, "steps": 20}}  # noqa: E731
    keys = [m.status_of(part(i / 20, i))[0] for i in range(20)]
    assert len(set(keys)) == 4
    assert m.status_of(part(0.5, 10))[1] == "Drawing 50 %, step 10 of 20"
    several = {"type": "progress", "job": "j", "progress": {"stage": "sampling", "fraction": 0.05, "note": "picture 1 of 4", "step": 5, "steps": 25}}
    assert m.status_of(several)[1] == "Picture 1 of 4, 5 %, step 5 of 25"
    loading = {"type": "progress", "job": "j", "progress": {"stage": "loading", "fraction": 0.0, "step": 0, "steps": 25}}
    assert m.status_of(loading)[1] == "Loading the model"
    training = {"stage": "training", "fraction": 0.25, "step": 300, "steps": 1200, "loss": 0.08312, "savedStep": 250}
    told = m.status_of({"type": "progress", "job": "j", "progress": training, "seconds": [1100, 1300]})[1]
    assert told == "Training 25 %, step 300 of 1200, loss 0.0831, last saved at 250, about 22 min left"
    queued = {"type": "job", "job": {"id": "j", "state": "queued", "title": "t", "position": 3, "eta_seconds": [10, 20]}}
    assert m.status_of(queued)[1] == "t: number 3 in line, 10–20 s left"
    assert m.status_of({"type": "preview"}) is None


def test_a_failure_has_cause_what_to_say_and_the_job():
    error = {"code": "engine_lost", "message": "ComfyUI ended.", "retryable": True}
    job = {"id": "job_1", "title": "render", "state": "failed", "error": error}
    words = m.failure_words(job)
    assert "ComfyUI ended." in words and "say *try again*" in words.lower() and "`engine_lost` · `job_1`" in words
    assert "*/retry job_1*" in m.failure_words(job, alone=False)
    lasting = m.failure_words({**job, "error": {**error, "code": "out_of_memory", "message": "Too large. Ask for a smaller one.", "retryable": False}})
    assert "Too large. Ask for a smaller one." in lasting and "with that changed" in lasting and "say *try again*" in lasting
    assert "say *try again*" in m.failure_words({**job, "state": "canceled"}).lower()


def test_what_is_kept_of_an_accepted_job_is_true_later_too():
    said = "Job job_9j (Render: a red fox (in snow)) is queued, next in line, done in about 13 s."
    assert m.lasting(said) == "**Render: a red fox (in snow)** · `job_9j`"
    assert m.lasting(f"\n{said}") == "\n**Render: a red fox (in snow)** · `job_9j`"
    assert m.lasting("Job job_9j (x) failed: no.") == "Job job_9j (x) failed: no."


def test_a_recipe_says_each_thing_once_and_the_prompt_first():
    recipe = {
        "tool": "render_image",
        "input": {"seed": 42, "model": "a", "prompt": "a fox", "negative_prompt": "", "loras": [{"name": "ink", "weight": 0.8}]},
        "details": {"model": "a", "cfg": 7},
        "engine": {"id": "comfyui", "version": "0.33.0"},
    }
    lines = m.recipe_lines({"recipe": recipe, "width": 64, "height": 48})
    assert lines == ["prompt: a fox", "seed: 42", "model: a", "cfg: 7", "LoRA: ink at 0.8", "made by: render_image on comfyui 0.33.0", "size: 64 × 48"]


def test_sizes_are_said_as_people_say_them():
    assert [m.size_words(n) for n in (9999, 50_000, 2_147_483_648)] == ["9999 bytes", "50 kB", "2147 MB"]


def test_chunks_are_framed_so_that_data_colon_survives():
    assert m.chunk_of("data: x")["choices"][0]["delta"]["content"] == "data: x"
