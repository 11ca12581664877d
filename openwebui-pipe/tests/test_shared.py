"""A chat that two people use, and results that are announced for the wrong one."""

import asyncio
from types import SimpleNamespace

import myspinbot as m
import pytest
from scene import play


def late(s, user="user-a", **more):
    job = s.studio.job(artifacts=[s.studio.artifact()])
    s.inside.messages["message-1"].update(done=True, content="Still at work")
    return {"id": "dlv_1", "target": {"chat": "chat-1", "message": "message-1", "user": user, "model": "x"}, "job": job, **more}


def test_a_result_is_its_own_persons_also_in_anothers_chat():
    async def story(s):
        s.inside.writers.add("user-b")
        assert await m.deliver(s.inside, s.pipe.valves, late(s, "user-b")) is True
        assert {owner for owner, _ in s.inside.files.values()} == {"user-b"}
        assert s.inside.history["currentId"] == m.message_id_of("dlv_1")

    play(story)


@pytest.mark.parametrize("user, principal", [("user-b", "openwebui:user-b"), ("user-a", "openwebui:user-b"), ("user-a", "local"), ("user-a", None)])
def test_a_forged_result_is_not_shown(user, principal):
    async def story(s):
        s.pipe.valves.USER_SECRET = "a secret of both"
        before = dict(s.inside.messages)
        delivery = late(s, user, principal=principal)
        with pytest.raises(m.Trouble, match="not for that person"):
            await m.deliver(s.inside, s.pipe.valves, delivery)
        assert set(s.inside.messages) == set(before) and s.inside.files == {} and s.inside.reloads == []
        assert await m.deliver(s.inside, s.pipe.valves, late(s, "user-a", principal="openwebui:user-a")) is True

    play(story)


def test_two_people_in_one_chat_at_once_each_get_their_own():
    async def story(s):
        def script(turn):
            number = int(turn["message"][-1])
            return [s.studio.done(s.studio.job(number=number, message=turn["message"], artifacts=[s.studio.artifact(f"{number}.png", number=number)]))]

        s.studio.script = script

        async def turn(user, message):
            events = []

            async def emit(event):
                events.append(event)

            s.inside.messages[message] = {"id": message, "role": "assistant", "parentId": "user-1", "childrenIds": [], "content": ""}
            metadata = {**s.metadata, "message_id": message}
            stream = await s.pipe.pipe({"stream": True, "messages": []}, __user__={"id": user}, __event_emitter__=emit, __metadata__=metadata)
            async for _ in stream:
                pass
            s.inside.messages[message]["done"] = True
            return [e["data"]["files"] for e in events if e["type"] == "files"]

        first, second = await asyncio.gather(turn("user-a", "message-1"), turn("user-b", "message-2"))
        assert first == [[{"type": "image", "url": m.address_of(m.file_id_of("user-a", "art_1"))}]]
        assert second == [[{"type": "image", "url": m.address_of(m.file_id_of("user-b", "art_2"))}]]
        assert {t["conversation"] for t in s.studio.turns} == {"owui-chat-1"} and m.shared().chats == {}

    play(story)


def inside(**parts):
    made = object.__new__(m.Inside)
    made.__dict__.update(parts)
    return made


def test_whoever_the_chat_is_shared_with_may_see_its_files_and_hears_of_late_results():
    async def go():
        linked, heard = [], []

        async def insert_chat_files(*given):
            linked.append(given)

        async def get_chat_by_id(chat_id):
            return SimpleNamespace(user_id="owner")

        async def emitter(about, update_db):
            async def emit(event):
                heard.append((about["user_id"], event["type"], update_db))

            return emit

        chats = SimpleNamespace(insert_chat_files=insert_chat_files, get_chat_by_id=get_chat_by_id)
        own = inside(Chats=chats, emitter=emitter)
        await own.link("chat-1", "message-1", "file-1", "guest")
        await own.link("local:x", "message-1", "file-1", "guest")
        await own.link("", "", "file-1", "guest")
        assert linked == [("chat-1", "message-1", ["file-1"], "guest")]
        await own.reload("guest", "chat-1", "message-1", "Render is done.")
        assert sorted(set(heard)) == sorted((u, t, False) for u in ("guest", "owner") for t in ("notification", "chat:reload"))
        assert [t for _, t, _ in heard][-2:] == ["chat:reload", "chat:reload"]

    asyncio.run(go())
