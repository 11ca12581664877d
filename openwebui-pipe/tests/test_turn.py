"""Whole turns against a stand-in of our server and of Open WebUI's insides."""

import asyncio

import myspinbot as m
import pytest
from fake_studio import PICTURE
from scene import USER, play

def test_a_picture_is_stored_as_the_persons_own_emitted_once_and_acknowledged():
    async def story(s):
        s.studio.script = lambda turn: [
            {"type": "text", "text": "I draw it."},
            {"type": "job", "job": s.studio.job("queued", position=2)},
            {"type": "progress", "job": "job_1", "progress": {"stage": "sampling", "fraction": 0.5, "step": 1, "steps": 2}},
            s.studio.done(s.studio.job(artifacts=[s.studio.artifact()])),
        ]
        await s.turn()
        await s.settled()
        file_id = m.file_id_of("user-a", "art_1")
        assert s.inside.files[file_id] == ("user-a", PICTURE)
        assert s.files == [[{"type": "image", "url": f"/api/v1/files/{file_id}/content"}]]
        assert s.text.startswith("I draw it.") and "Upscale that 2x" in s.text
        assert s.statuses[-1] == {"description": "Done", "done": True}
        assert [d["done"] for d in s.statuses].count(True) == 1
        assert any("number 2 in line" in d["description"] for d in s.statuses)
        assert [d["document"] for t, d in s.events if t == "source"][0][0].startswith("prompt: a red fox\nseed: 42")
        assert s.studio.log_of() == ["ack"]
        assert s.studio.deliveries["job_1"]["target"] == {"chat": "chat-1", "message": "message-1", "user": "user-a", "model": "myspinbot.agent"}
        assert m.shared().live == {}

    play(story)


@pytest.mark.parametrize("key, url, words", [("wrong", None, "does not accept the key"), (None, "http://127.0.0.1:9", "Is it running")])
def test_a_wrong_key_and_an_absent_server_are_named_with_the_fix(key, url, words):
    async def story(s):
        if key:
            s.pipe.valves.KEY = key
        if url:
            s.pipe.valves.BASE_URL = url
        await s.turn()
        assert words in s.text and "administrator sets" in s.text
        assert s.statuses[-1] == {"description": "Something went wrong", "done": True}

    play(story)


def test_an_older_server_is_named_and_a_job_is_then_waited_for():
    async def story(s):
        s.pipe.valves.BASE_URL += "/elsewhere"
        await s.turn()
        assert "older one than this function needs" in s.text
        s.pipe.valves.BASE_URL, s.pipe.valves.HOLD_SECONDS, s.text = s.studio.url, 0, ""
        s.studio.has_deliveries = s.studio.takes_delivery = False
        s.studio.script = lambda turn: [
            {"type": "job", "job": s.studio.job("running")},
            "wait",
            s.studio.done(s.studio.job(artifacts=[s.studio.artifact()])),
        ]
        asyncio.get_running_loop().call_later(0.5, s.studio.release.set)
        await s.turn()
        assert len(s.files) == 1

    play(story)


def test_a_long_job_ends_the_turn_and_comes_later_as_one_new_message():
    async def story(s):
        s.pipe.valves.HOLD_SECONDS = 0
        s.studio.script = lambda turn: [{"type": "job", "job": s.studio.job("running")}, "wait"]
        await s.turn()
        assert "Still at work" in s.text and "new message" in s.text
        assert s.statuses[-1] == {"description": "Goes on in the background", "done": True}
        await s.settled()
        assert s.studio.deliveries["job_1"]["log"][-1] == ("renew", {"lease_seconds": 5, "worker": m.worker_name()})
        target = s.studio.deliveries["job_1"]["target"]
        delivery = {"id": "dlv_job_1", "target": target, "job": s.studio.job(artifacts=[s.studio.artifact()])}
        for _ in range(3):
            assert await m.deliver(s.inside, s.pipe.valves, delivery)
        new = s.inside.messages[m.message_id_of("dlv_job_1")]
        assert new["parentId"] == "message-1" and new["done"] and new["files"][0]["type"] == "image"
        assert len(s.inside.messages) == 3 and s.inside.fetched == 1 and len(s.inside.reloads) == 1

    play(story)


def test_a_stuck_message_is_repaired_in_place_once():
    async def story(s):
        target = {"chat": "chat-1", "message": "message-1", "user": "user-a", "model": "x"}
        delivery = {"id": "dlv_job_1", "target": target, "job": s.studio.job(artifacts=[s.studio.artifact()])}
        for _ in range(2):
            assert await m.deliver(s.inside, s.pipe.valves, delivery)
        message = s.inside.messages["message-1"]
        assert message["done"] and message["content"] and message["output"][0]["content"][0]["text"] == message["content"]
        assert message["statusHistory"][-1]["done"] and len(s.inside.messages) == 2

    play(story)


def test_a_message_that_is_alive_here_is_left_alone_and_a_gone_chat_is_let_go():
    async def story(s):
        target = {"chat": "chat-1", "message": "message-1", "user": "user-a", "model": "x"}
        delivery = {"id": "dlv_job_1", "target": target, "job": s.studio.job(artifacts=[s.studio.artifact()])}
        m.shared().live["message-1"] = 1
        assert await m.deliver(s.inside, s.pipe.valves, delivery) is False
        s.inside.gone = True
        assert await m.deliver(s.inside, s.pipe.valves, delivery) is True
        assert s.inside.files == {}

    play(story)


def test_stop_cancels_the_jobs_and_closes_the_status_but_a_shutdown_cancels_none():
    async def story(s):
        s.studio.script = lambda turn: [{"type": "job", "job": s.studio.job("running")}, "wait"]

        async def stopped():
            task = asyncio.create_task(s.turn())
            while "job_1" not in s.studio.deliveries:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        s.pipe.start()
        m.shared().server = type("Server", (), {"should_exit": True})()
        await stopped()
        await s.settled()
        assert s.studio.canceled == []
        m.shared().server = None
        s.studio.deliveries.clear()
        await stopped()
        s.save()
        await s.settled()
        assert s.studio.canceled == ["job_1"]
        assert s.statuses[-1] == {"description": "Stopped", "done": True}
        s.pipe.valves.CANCEL_ON_STOP = False
        s.studio.deliveries.clear()
        await stopped()
        s.save()
        await s.settled()
        assert s.studio.canceled == ["job_1"]

    play(story)


def test_the_end_of_the_event_loop_is_no_stop():
    async def story(s):
        async def for_ever():
            await asyncio.sleep(3600)

        m.shared().task = asyncio.create_task(for_ever())
        await asyncio.sleep(0)
        assert not m.is_shutting_down()
        m.shared().task.cancel()
        assert m.is_shutting_down()

    play(story)


@pytest.mark.parametrize("said, sent", [(True, "yes"), (False, "no"), ({"error": "Client session disconnected."}, None), ("yes", None)])
def test_only_true_itself_is_a_yes(said, sent):
    async def story(s):
        s.said, s.studio.questions["q"] = said, []
        question = {"type": "question", "id": "q", "text": "Shall I train for 2 hours?", "plan": {}}
        s.studio.script = lambda turn: [question, s.studio.done()] if turn["text"] == "a red fox" else [s.studio.done()]
        await s.turn()
        assert [t["text"] for t in s.studio.turns[1:]] == ([sent] if sent else [])
        assert s.studio.answers == ([("q", {"answer": sent, "how": "dialog"})] if sent else [])
        assert ("Shall I train" in s.text) == (sent is None)
        if sent:
            assert s.studio.turns[1]["message"] == "message-1:yes" and s.studio.turns[1]["branch"][-1] == "message-1"

    play(story)


def test_a_connection_that_breaks_is_taken_up_again_and_nothing_is_said_twice():
    async def story(s):
        answers = [
            [{"type": "text", "text": "I draw "}, {"type": "job", "job": s.studio.job("running")}, "cut"],
            [{"type": "text", "text": "I draw "}, {"type": "text", "text": "it."}, s.studio.done(s.studio.job(artifacts=[s.studio.artifact()]))],
        ]
        s.studio.script = lambda turn: answers.pop(0)
        await s.turn()
        assert s.text.startswith("I draw it.") and s.text.count("I draw") == 1 and len(s.files) == 1
        assert [t["message"] for t in s.studio.turns] == ["message-1", "message-1"]

    play(story)


def test_a_failed_job_is_told_and_a_damaged_file_comes_later():
    async def story(s):
        error = {"code": "out_of_memory", "message": "Too large; ask for a smaller one.", "retryable": False}
        artifact = {**s.studio.artifact(), "sha256": "0" * 64}
        s.studio.script = lambda turn: [s.studio.done(s.studio.job("failed", error=error), s.studio.job(number=2, artifacts=[artifact]))]
        await s.turn()
        await s.settled()
        assert "Too large; ask for a smaller one." in s.text and "come here as a new message" in s.text
        assert s.studio.log_of("job_1") == ["ack"] and s.studio.log_of("job_2")[-1] == "renew"
        assert s.statuses[-1] == {"description": "Failed", "done": True}

    play(story)


def test_the_person_is_named_to_our_server_only_with_a_secret():
    async def story(s):
        await s.turn()
        assert "X-OpenWebUI-User-Jwt" not in s.studio.headers[-1]
        s.pipe.valves.USER_SECRET = "a secret"
        await s.turn()
        assert s.studio.headers[-1]["X-OpenWebUI-User-Jwt"].count(".") == 2

    play(story)


def test_tasks_reach_no_server_and_a_plain_client_gets_links():
    async def story(s):
        answer = await s.pipe.pipe({"stream": False}, __user__=dict(USER), __metadata__={}, __task__="tags_generation", __task_body__={"messages": []})
        assert answer == '{"tags": []}' and s.studio.calls == []
        s.studio.script = lambda turn: [s.studio.done(s.studio.job(artifacts=[s.studio.artifact()]))]
        text = await s.pipe.pipe(
            {"stream": False, "messages": [{"role": "user", "content": "a fox"}]},
            __user__=dict(USER),
            __event_emitter__=s.emit,
            __metadata__={"chat_id": "", "message_id": None},
        )
        assert "![picture](/api/v1/files/" in text and s.studio.deliveries == {}
        assert "conversation" not in s.studio.turns[0]

    play(story)


def test_an_untested_open_webui_is_named():
    async def story(s):
        s.pipe.inside = m.Inside()
        await s.turn()
        assert "made for Open WebUI 0.12" in s.text and s.studio.turns == []

    if m.Inside().problem:
        play(story)


def test_two_results_of_one_chat_at_once_stand_below_each_other():
    async def story(s):
        s.inside.messages["message-1"].update(done=True, content="Still at work")
        target = {"chat": "chat-1", "message": "message-1", "user": "user-a", "model": "x"}
        jobs = [s.studio.job(number=n, artifacts=[s.studio.artifact(f"{n}.png", number=n)]) for n in (1, 2, 3)]
        await asyncio.gather(
            *(m.deliver(s.inside, s.pipe.valves, {"id": f"dlv_{n}", "target": target, "job": job}) for n, job in enumerate(jobs))
        )
        path, at = [], s.inside.history["currentId"]
        while at:
            path.append(at)
            at = s.inside.messages[at]["parentId"]
        assert len(path) == 5 and m.shared().chats == {}

    play(story)


def test_what_an_earlier_process_left_open_is_announced_or_told():
    async def story(s):
        suspects = set()
        job = s.studio.job("running")
        await m.recover(s.inside, s.pipe.valves, "myspinbot", 0, suspects)
        await m.recover(s.inside, s.pipe.valves, "myspinbot", 0, suspects)
        assert s.studio.deliveries["job_1"]["message"] == "message-1" and not s.inside.messages["message-1"]["done"]
        job["message"] = "another"
        m.shared().live["message-1"] = 1
        await m.recover(s.inside, s.pipe.valves, "myspinbot", 0, suspects)
        assert not s.inside.messages["message-1"]["done"]
        m.shared().live.clear()
        await m.recover(s.inside, s.pipe.valves, "myspinbot", 0, suspects)
        message = s.inside.messages["message-1"]
        assert message["done"] and "Regenerate" in message["content"] and message["statusHistory"][-1]["done"]

    play(story)


def test_the_first_thing_is_a_status_before_anything_is_asked_of_anybody():
    async def story(s):
        order = []

        async def emit(event):
            order.append(event["data"].get("description"))
            await asyncio.sleep(0)
            # nobody was asked while this was on its way
            if len(order) == 1:
                assert s.studio.calls == [] and asked == []

        asked = []
        opened, branch = s.inside.opened, s.inside.branch

        def watched(name, work):
            async def call(*given):
                asked.append(name)
                return await work(*given)

            return call

        s.inside.opened, s.inside.branch = watched("opened", opened), watched("branch", branch)
        s.inside.own = {"f1": ("cat.png", b"cat")}
        s.metadata["user_message"]["files"] = [{"type": "file", "id": "f1"}]
        stream = await s.pipe.pipe({"stream": True, "messages": []}, __user__=dict(USER), __event_emitter__=emit, __metadata__=s.metadata)
        assert order == [] and s.studio.calls == []
        async for _ in stream:
            pass
        assert order[0] == "Thinking" and asked == ["opened", "branch"] and s.studio.calls[0] == "GET /v1/limits"

    play(story)


def test_several_jobs_are_told_apart_in_the_statuses_and_when_they_fail():
    async def story(s):
        jobs = [s.studio.job("running", number=n, title=f"Render: fox {n}") for n in (1, 2)]
        error = {"code": "engine_lost", "message": "It ended.", "retryable": True}
        s.studio.script = lambda turn: [
            *({"type": "job", "job": dict(j)} for j in jobs),
            {"type": "progress", "job": "job_2", "progress": {"stage": "sampling", "fraction": 0.5}},
            s.studio.done(*(s.studio.job("failed", number=n, error=error, title=f"Render: fox {n}") for n in (1, 2))),
        ]
        await s.turn()
        assert "Render: fox 2: Drawing 50 %" in [d["description"] for d in s.statuses]
        assert "*/retry job_1*" in s.text and "*/retry job_2*" in s.text and s.statuses[-1]["description"] == "Failed"

    play(story)


def test_every_result_of_several_jobs_has_its_recipe_previews_say_so_and_next_steps_fit():
    async def story(s):
        artifacts = [s.studio.artifact(f"{n}.png", number=n) for n in (1, 2)]
        artifacts[1]["preview"] = True
        s.studio.script = lambda turn: [s.studio.done(*(s.studio.job(number=n, artifacts=[artifacts[n - 1]]) for n in (1, 2)))]
        await s.turn()
        sources = [d for t, d in s.events if t == "source"]
        assert [d["source"]["name"] for d in sources] == ["1.png", "2.png"] and all("seed: 42" in d["document"][0] for d in sources)
        assert "type" not in sources[0]
        assert "*2.png is a preview that only stands in for the real thing" in s.text and "1.png is a preview" not in s.text
        assert "Next: *Upscale number 1*" in s.text
        s.events, s.text = [], ""
        s.user = {"valves": m.Pipe.UserValves(recipe=False, next_steps=False)}
        await s.turn()
        assert [t for t, _ in s.events if t == "source"] == [] and "Next:" not in s.text

    play(story)
