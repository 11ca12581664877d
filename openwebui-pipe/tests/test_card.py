"""The live card: what it shows, how often it is drawn, and that nothing of it stays."""

import asyncio
import base64
import io
import xml.etree.ElementTree as ET

import myspinbot as m
import pytest
from scene import play


def job(state="queued", number=1, **more):
    return {"type": "job", "job": {"id": f"job_{number}", "title": f"Render: fox {number}", "state": state, **more}}


def progress(fraction, number=1, **more):
    return {"type": "progress", "job": f"job_{number}", "progress": {"stage": "sampling", "fraction": fraction, **more}, "seconds": [4, 9]}


def svg_of(entry):
    assert entry["type"] == "image" and entry["url"].startswith("data:image/svg+xml;base64,")
    return base64.b64decode(entry["url"].partition(",")[2]).decode()


def words_of(svg):
    return [e.text for e in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_a_row_tells_title_place_stage_and_end():
    card = m.Card()
    assert not card.due(100)
    card.hear(job(position=3, eta_seconds=[240, 400]))
    assert words_of(svg_of(card.draw(100))) == ["Render: fox 1", "Number 3 in line, about 7 min left"]
    card.hear(job(position=1))
    assert "Next in line" in words_of(svg_of(card.draw(101)))
    card.hear(job("running"))
    card.hear(progress(0.5, step=10, steps=20))
    svg = svg_of(card.draw(102))
    assert "Drawing, step 10 of 20, 4–9 s left" in words_of(svg) and 'width="206"' in svg
    for state, word in (("succeeded", "Done"), ("failed", "Failed"), ("canceled", "Canceled")):
        card.hear(job(state))
        assert word in words_of(svg_of(card.draw(103)))


def test_titles_of_people_cannot_break_it_and_are_cut():
    card = m.Card()
    card.hear({"type": "job", "job": {"id": "j", "title": '</text><script>x</script> & "quotes" \x00 ' + "long " * 40, "state": "queued"}})
    card.rows["j"]["title"] = card.rows["j"]["title"].replace("\x00", "")
    title = words_of(svg_of(card.draw(1)))[0]
    assert title.startswith("</text><script>") and title.endswith("…") and len(title) <= 44


def test_it_is_due_when_something_changed_and_again_for_a_page_that_was_reloaded():
    card = m.Card()
    card.hear(job())
    assert card.due(100)
    card.draw(100)
    assert not card.due(100 + m.CARD_AGAIN_SECONDS - 1) and card.due(100 + m.CARD_AGAIN_SECONDS)
    card.hear({"type": "text", "text": "x"})
    card.hear(progress(0.1, number=99))
    assert not card.due(101)


def test_many_jobs_are_counted_and_it_stays_small():
    card = m.Card()
    for number in range(9):
        card.hear(job(number=number))
        card.show(f"job_{number}", "data:image/jpeg;base64," + "A" * m.PREVIEW_BYTES)
    entry = card.draw(1)
    assert words_of(svg_of(entry))[-1] == "and 5 more" and len(entry["url"]) < 4 * m.PREVIEW_BYTES * 1.5


def test_a_preview_is_made_small_or_left_out():
    small = base64.b64encode(b"x" * 100).decode()
    assert m.small_picture(small, "image/jpeg").startswith("data:image/jpeg;base64,")
    assert m.small_picture(base64.b64encode(b"x" * 90_000).decode(), "image/jpeg") is None
    assert m.small_picture('"/><script>', "image/jpeg") is None and m.small_picture(small, "image/svg+xml") is None
    from PIL import Image

    whole = io.BytesIO()
    Image.effect_noise((1024, 1024), 90).save(whole, "PNG")
    made = m.small_picture(base64.b64encode(whole.getvalue()).decode(), "image/png")
    assert made.startswith("data:image/jpeg;base64,") and len(made) < m.PREVIEW_BYTES


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(m, "CARD_SECONDS", 0.01)


async def seen(s, count):
    while len(cards(s)) < count:
        await asyncio.sleep(0.005)


def cards(s):
    return [d["files"] for t, d in s.events if t == "chat:message:files"]


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_in_a_turn_it_is_never_saved_and_gone_at_the_end(state):
    async def story(s):
        preview = {"type": "preview", "job": "job_1", "media_type": "image/jpeg", "data": base64.b64encode(b"small").decode()}
        artifacts = [s.studio.artifact()] if state == "succeeded" else []
        s.studio.script = lambda turn: [{**job(), "job": s.studio.job("queued", position=2)}, preview, "wait", s.studio.done(s.studio.job(state, artifacts=artifacts))]
        turn = asyncio.ensure_future(s.turn())
        await seen(s, 1)
        s.studio.release.set()
        await turn
        assert "Number 2 in line" in svg_of(cards(s)[0][0])
        kinds = [t for t, _ in s.events if t in ("files", "chat:message:files", "embeds")]
        # pictures take its place; where there are none it is taken away
        assert kinds[-1] == ("files" if state == "succeeded" else "chat:message:files")
        assert "embeds" not in kinds and all("svg" not in str(f) for f in s.files)
        if state == "failed":
            assert cards(s)[-1] == []
        assert s.statuses[-1]["done"] and "svg" not in s.text

    play(story)


def test_stop_takes_it_away():
    async def story(s):
        s.studio.script = lambda turn: [{**job(), "job": s.studio.job("running")}, "wait"]
        turn = asyncio.ensure_future(s.turn())
        await seen(s, 1)
        turn.cancel()
        await asyncio.wait([turn])
        assert cards(s)[-1] == [] and s.statuses[-1] == {"description": "Stopped", "done": True}

    play(story)


@pytest.mark.parametrize("chat, session, valve", [("local:x", "s", True), ("chat-1", None, True), ("chat-1", "s", False)])
def test_none_where_it_could_not_be_replaced_is_not_seen_or_not_wanted(chat, session, valve):
    async def story(s):
        s.metadata |= {"chat_id": chat, "session_id": session}
        s.pipe.valves.LIVE_CARD = valve
        s.studio.script = lambda turn: [{**job(), "job": s.studio.job("running")}, "wait", s.studio.done(s.studio.job("failed"))]
        turn = asyncio.ensure_future(s.turn())
        await asyncio.sleep(0.1)
        s.studio.release.set()
        await turn
        assert cards(s) == []

    play(story)
