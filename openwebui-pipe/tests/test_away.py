"""Our server goes away in mid-turn, stays away, or is an older one: what is owed to the chat, what is said, and that a result arrives once."""

import asyncio

import myspinbot as m
import pytest
from scene import play


async def gone(s):
    """A turn that is cut before a byte of it, for as long as the pipe asks."""

    def script(turn):
        if "job_1" not in s.studio.jobs:
            s.studio.job("queued")
        return ["cut"]

    s.studio.script = script
    await s.turn()


def delivery_of(s, **more):
    row = s.studio.deliveries["job_1"]
    return {"id": row["id"], "target": row["target"], "job": s.studio.job(artifacts=[s.studio.artifact()]), **more}


def test_a_job_accepted_while_the_connection_broke_is_owed_to_the_chat_and_ends_in_the_same_message_once():
    async def story(s):
        await gone(s)
        assert "does not answer" in s.text and "comes here by itself" in s.text and "Regenerate" in s.text
        assert any("nothing is lost" in d["description"] for d in s.statuses)
        assert s.statuses[-1] == {"description": "The studio is away", "done": True}
        assert len({t["message"] for t in s.studio.turns}) == 1 < len(s.studio.turns)
        await s.settled()
        row = s.studio.deliveries["job_1"]
        assert row["target"] == {"chat": "chat-1", "message": "message-1", "user": "user-a", "model": "myspinbot.agent"}
        assert (row["worker"], row["lease_seconds"]) == (m.worker_name(), 5)
        assert "POST /v1/deliveries" not in s.studio.calls
        for _ in range(3):
            assert await m.deliver(s.inside, s.pipe.valves, delivery_of(s))
        message = s.inside.messages["message-1"]
        assert message["content"].startswith("**render_image: a red fox** is done.") and "does not answer" not in message["content"]
        assert len(message["files"]) == 1 and message["myspinbot"] == ["dlv_job_1"] and not message["myspinbot_away"]
        assert len(s.inside.messages) == 2 and len(s.inside.reloads) == 1 and m.shared().live == {}

    play(story)


def test_words_said_before_the_server_went_stay_and_a_second_result_is_a_message_of_its_own():
    async def story(s):
        s.studio.script = lambda turn: [{"type": "text", "text": "I think of a fox."}, "cut"]
        await s.turn()
        assert s.text.startswith("I think of a fox.\n\nMySpinBot does not answer")
        await s.settled()
        target = {"chat": "chat-1", "message": "message-1", "user": "user-a", "model": "x"}
        for number in (1, 2):
            job = s.studio.job(number=number, artifacts=[s.studio.artifact(f"{number}.png", number=number)])
            for _ in range(2):
                assert await m.deliver(s.inside, s.pipe.valves, {"id": f"dlv_{number}", "target": target, "job": job})
        assert s.inside.messages["message-1"]["content"].startswith("I think of a fox.\n\n**render_image: a red fox** is done.")
        assert len(s.inside.messages) == 3 and len(s.inside.reloads) == 2

    play(story)


def test_a_server_that_comes_back_in_time_is_taken_up_again_as_the_same_turn():
    async def story(s):
        s.pipe.valves.AWAY_SECONDS = 10
        tries = []

        def script(turn):
            tries.append(turn["message"])
            done = s.studio.done(s.studio.job(artifacts=[s.studio.artifact()]))
            return ["cut"] if len(tries) == 1 else [{"type": "job", "job": s.studio.job("queued")}, done]

        s.studio.script = script
        await s.turn()
        await s.settled()
        assert tries == ["message-1", "message-1"] and len(s.files) == 1 and "does not answer" not in s.text
        assert s.studio.log_of() == ["ack"] and "POST /v1/deliveries" not in s.studio.calls

    play(story)


@pytest.mark.parametrize("files", [False, True])
def test_a_server_that_was_never_reached_begins_nothing_and_the_words_say_so(files):
    async def story(s):
        s.pipe.valves.BASE_URL = "http://127.0.0.1:9"
        if files:
            s.inside.own = {"f1": ("cat.png", b"cat")}
            s.metadata["user_message"]["files"] = [{"type": "file", "id": "f1"}]
        await s.turn()
        assert "Is it running" in s.text and "othing was begun" in s.text and "Regenerate" in s.text and "by itself" not in s.text
        assert any("away" in d["description"] for d in s.statuses)
        await s.settled()
        assert "myspinbot_away" not in s.inside.messages["message-1"]

    play(story)


def test_a_temporary_chat_is_owed_nothing_and_told_so():
    async def story(s):
        s.metadata["chat_id"] = "local:1"
        await gone(s)
        assert "no place for a late result" in s.text and all("delivery" not in t for t in s.studio.turns)

    play(story)


def test_an_older_server_is_told_of_each_job_instead():
    async def story(s):
        s.studio.takes_delivery = False
        s.studio.script = lambda turn: [
            {"type": "job", "job": s.studio.job("queued")},
            s.studio.done(s.studio.job(artifacts=[s.studio.artifact()])),
        ]
        await s.turn()
        await s.settled()
        assert "delivery" not in s.studio.turns[0] and s.studio.calls.count("POST /v1/deliveries") == 1
        assert s.studio.log_of() == ["ack"] and len(s.files) == 1

    play(story)


def test_a_job_that_is_only_looked_at_is_not_announced():
    async def story(s):
        s.studio.script = lambda turn: [{"type": "job", "job": s.studio.job("running", message="an earlier one"), "delivery": None}, s.studio.done()]
        s.studio.job("running", message="an earlier one")
        await s.turn()
        await s.settled()
        assert s.studio.deliveries == {} and "POST /v1/deliveries" not in s.studio.calls

    play(story)


def test_a_result_that_cannot_be_asked_for_at_the_end_is_left_to_the_delivery():
    async def story(s):
        s.pipe.valves.HOLD_SECONDS = 0
        job = s.studio.job()
        s.studio.script = lambda turn: [{"type": "job", "job": job}, "wait"]
        get = s.studio.get_job

        async def away(request):
            request.transport.close()
            return await get(request)

        s.studio.get_job = away
        async with s.studio.running():
            s.pipe.valves.BASE_URL = s.studio.url
            await s.turn()
            assert "is over, but the studio is away" in s.text and s.files == []
            await s.settled()
            assert s.studio.log_of() == ["renew"]

    play(story)


def test_a_yes_by_click_carries_its_own_delivery_and_a_retry_is_stopped_with_its_turn():
    async def story(s):
        s.studio.questions["q"] = []
        question = {"type": "question", "id": "q", "text": "Shall I?", "plan": {}, "path": "/approve/q?t=1"}
        s.studio.script = lambda turn: (
            [question, s.studio.done()] if turn["text"] == "a red fox" else [{"type": "job", "job": s.studio.job("running", message="an earlier one")}, "wait"]
        )
        task = asyncio.create_task(s.turn())
        while "job_1" not in s.studio.deliveries:
            await asyncio.sleep(0.01)
        row = s.studio.deliveries["job_1"]
        assert (row["message"], row["target"]["message"]) == ("message-1:yes", "message-1")
        while not any("started" in d["description"] for d in s.statuses):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        s.save()
        await s.settled()
        assert s.studio.canceled == ["job_1"]

    play(story)


def test_a_question_with_fields_is_no_click_but_a_link():
    async def story(s):
        s.studio.questions["q"] = [{"name": "who", "title": "Who", "kind": "text", "required": True}]
        question = {"type": "question", "id": "q", "text": "Whose face?", "plan": {}, "path": "/approve/q?t=1"}
        s.studio.script = lambda turn: [question, s.studio.done()]
        await s.turn()
        assert "Whose face?" in s.text and f"{s.studio.url}/approve/q?t=1" in s.text
        assert s.studio.answers == [] and len(s.studio.turns) == 1

    play(story)


def test_next_steps_come_with_a_late_result_too_and_fit_what_was_made():
    async def story(s):
        s.inside.messages["message-1"].update(done=True, content="Still at work")
        target = {"chat": "chat-1", "message": "message-1", "user": "user-a", "model": "x"}
        upscaled = s.studio.artifact("big.png", number=2)
        upscaled["recipe"] = {"tool": "upscale_image", "input": {"image": "art_1", "scale": 2}, "engine": {"id": "cpu", "version": "1"}}
        for number, artifact, words in ((1, s.studio.artifact(), "another seed"), (2, upscaled, "Next: *Upscale that 2x*.")):
            job = s.studio.job(number=number, artifacts=[artifact])
            assert await m.deliver(s.inside, s.pipe.valves, {"id": f"dlv_{number}", "target": target, "job": job})
            assert words in s.inside.messages[m.message_id_of(f"dlv_{number}")]["content"]

    play(story)


def test_a_stop_while_the_server_is_away_cancels_when_it_is_back():
    async def story(s):
        s.pipe.valves.AWAY_SECONDS = 10
        s.studio.script = lambda turn: [{"type": "job", "job": s.studio.job("running")}, "wait"]
        task = asyncio.create_task(s.turn())
        while not any("started" in d["description"] for d in s.statuses):
            await asyncio.sleep(0.01)
        url, s.pipe.valves.BASE_URL = s.pipe.valves.BASE_URL, "http://127.0.0.1:9"
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        asked = m.Studio.json

        async def back(studio, *given, **more):
            try:
                return await asked(studio, *given, **more)
            finally:
                studio.base = url

        m.Studio.json = back
        try:
            s.save()
            await s.settled()
        finally:
            m.Studio.json = asked
        assert s.studio.canceled == ["job_1"]

    play(story)
