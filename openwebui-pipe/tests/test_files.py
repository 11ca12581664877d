"""What is attached to a message: sent once, a few at a time, and refused in words."""

import asyncio
import base64

import myspinbot as m
from scene import USER, play


def attach(s, files):
    s.inside.own.update(files)
    s.metadata["user_message"]["files"] = [{"type": "file", "id": key, "url": key} for key in files]


def test_only_this_turns_attachments_are_sent_and_once():
    async def story(s):
        s.inside.own = {"old": ("old.png", b"old")}
        s.metadata["files"] = [{"type": "file", "id": "old"}]
        attach(s, {"f1": ("cat.png", b"cat" * 1000)})
        await s.turn()
        assert s.studio.uploads == [("cat.png", b"cat" * 1000)]
        assert s.studio.turns[0]["attachments"] == ["art_up1"]
        assert s.studio.turns[0]["conversation"] == "owui-chat-1" and s.studio.turns[0]["message"] == "message-1"
        assert all(opened.closed for opened in s.inside.closed)

    play(story)


def test_regenerate_and_the_same_bytes_under_another_id_are_not_sent_again():
    async def story(s):
        attach(s, {"f1": ("cat.png", b"cat" * 1000), "f2": ("clip.wav", b"clip" * 1000)})
        await s.turn()
        s.metadata["message_id"] = "message-2"
        s.inside.messages["message-2"] = {"id": "message-2", "role": "assistant", "parentId": "user-1", "childrenIds": []}
        await s.turn()
        attach(s, {"f3": ("copy.png", b"cat" * 1000)})
        await s.turn()
        # which of two that are sent at once comes first is chance
        ids = {name: f"art_up{at}" for at, (name, _) in enumerate(s.studio.uploads, 1)}
        assert sorted(ids) == ["cat.png", "clip.wav"]
        both = [ids["cat.png"], ids["clip.wav"]]
        assert [t["attachments"] for t in s.studio.turns] == [both, both, both[:1]]

    play(story)


def test_300_photos_a_few_at_a_time_in_their_order_with_few_statuses():
    async def story(s):
        s.studio.upload_seconds = 0.002
        attach(s, {f"f{n}": (f"{n}.jpg", b"photo %d" % n) for n in range(300)})
        await s.turn()
        sent = {f"art_up{at}": name for at, (name, _) in enumerate(s.studio.uploads, 1)}
        assert [sent[i] for i in s.studio.turns[0]["attachments"]] == [f"{n}.jpg" for n in range(300)]
        assert 1 < s.studio.most_at_once <= m.UPLOADS_AT_ONCE
        words = [d["description"] for d in s.statuses]
        assert words[1] == "Sending 300 attachments" and any(w.startswith("Sending attachments: ") and w.endswith(" of 300") for w in words)
        assert len(words) <= 8 and all(opened.closed for opened in s.inside.closed) and s.statuses[-1]["done"]

    play(story)


def test_too_many_files_are_refused_with_the_number_that_the_server_takes():
    async def story(s):
        attach(s, {f"f{n}": ("x.jpg", b"x") for n in range(401)})
        await s.turn()
        assert "at most 400 files; this one has 401" in s.text and s.studio.uploads == [] and s.studio.turns == []

    play(story)


def test_an_older_server_that_tells_no_limits_and_finds_no_files_still_takes_them():
    async def story(s):
        s.studio.old = True
        attach(s, {"f1": ("cat.png", b"cat")})
        await s.turn()
        assert s.studio.turns[0]["attachments"] == ["art_up1"]

    play(story)


def test_2_gb_are_refused_before_a_byte_is_read():
    class Huge:
        closed = False

        def read(self, count):
            raise AssertionError("it was read")

        def close(self):
            self.closed = True

    async def story(s):
        huge = Huge()

        async def opened(file_id, user):
            return huge, "film.mov", 2_147_483_648

        s.inside.opened = opened
        s.metadata["user_message"]["files"] = [{"type": "file", "id": "f1"}]
        await s.turn()
        assert "**film.mov** could not be used: it has 2147 MB, and a file has at most 1 MB (MYSPINBOT_MAX_UPLOAD" in s.text
        assert huge.closed and s.studio.uploads == [] and s.studio.turns == [] and s.statuses[-1]["done"]

    play(story)


def test_bad_files_among_good_ones_are_all_named_and_nothing_begins():
    async def story(s):
        attach(s, {"f1": ("cat.png", b"cat"), "f2": ("notes.png", b"only words"), "f3": ("none.wav", b""), "f4": ("dog.png", b"dog")})
        s.metadata["user_message"]["files"].append({"type": "file", "id": "another's"})
        await s.turn()
        for words in ("**notes.png** could not be used: The file is text.", "**none.wav** could not be used: it is empty (0 bytes)", "not there any more"):
            assert words in s.text
        assert "3 of 5 attachments cannot be used" in s.text and s.studio.turns == []
        assert s.text.index("notes.png") < s.text.index("none.wav")

    play(story)


def test_an_attachment_that_came_as_a_data_address_is_sent_too():
    async def story(s):
        url = "data:image/png;base64," + base64.b64encode(b"inline").decode()
        s.metadata["user_message"]["files"] = [{"type": "image", "url": url}, {"type": "image", "url": url}]
        await s.turn()
        assert s.studio.uploads == [("picture", b"inline")]

    play(story)


def test_stop_while_files_are_sent_closes_them_and_the_status():
    async def story(s):
        s.studio.upload_seconds = 60
        attach(s, {f"f{n}": (f"{n}.jpg", b"photo %d" % n) for n in range(8)})
        turn = asyncio.ensure_future(s.turn())
        while s.studio.sending < m.UPLOADS_AT_ONCE:
            await asyncio.sleep(0.01)
        turn.cancel()
        await asyncio.wait([turn])
        assert s.statuses[-1] == {"description": "Stopped", "done": True} and s.studio.turns == []
        assert all(opened.closed for opened in s.inside.closed)

    play(story)


def test_a_message_of_1_mb_is_refused_in_words_and_one_of_30_kb_is_not():
    async def story(s):
        s.metadata["user_message"]["content"] = "fox " * 262_144
        await s.turn()
        assert "This message has 1048576 characters; at most 32000 are read" in s.text and s.studio.turns == [] and s.statuses[-1]["done"]
        s.metadata["user_message"]["content"] = "fox " * 7500
        await s.turn()
        assert s.studio.turns[0]["text"] == "fox " * 7500

    play(story)


def test_who_asks_is_who_open_webui_says_and_no_word_of_the_browser():
    async def story(s):
        s.pipe.valves.USER_SECRET = "a secret of both"
        s.metadata |= {"user_id": "user-b", "user": {"id": "user-b"}}
        s.metadata["user_message"] |= {"user": {"id": "user-b"}, "user_id": "user-b"}
        body = {"stream": True, "model": "myspinbot.agent", "messages": [], "user": {"id": "user-b", "role": "admin"}}
        stream = await s.pipe.pipe(body, __user__=dict(USER), __event_emitter__=s.emit, __metadata__=s.metadata)
        async for _ in stream:
            pass
        tokens = {h.get("X-OpenWebUI-User-Jwt", "").split(".")[1] for h in s.studio.headers if "X-OpenWebUI-User-Jwt" in h}
        said = [base64.urlsafe_b64decode(t + "=" * (-len(t) % 4)).decode() for t in tokens]
        assert said and all('"sub":"user-a"' in t and "user-b" not in t for t in said)

    play(story)
