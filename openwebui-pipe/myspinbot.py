"""
title: MySpinBot
description: Talk to your studio: pictures and other renders arrive in the chat, and late results find it again.
version: 0.3.0
required_open_webui_version: 0.12.0
license: MIT
"""

import asyncio
import base64
import errno
import hashlib
import hmac
import html
import io
import json
import logging
import os
import re
import signal
import sys
import tempfile
import time
import types
import uuid

import aiohttp
from pydantic import BaseModel, Field

log = logging.getLogger("myspinbot")

NAMESPACE = uuid.UUID("6f1c0f5e-5d0f-5c1c-9a7e-2f6d1b8f4a10")
FRESH_SECONDS = 2.0  # a plan submits its jobs within this time of each other
STATUS_SECONDS = 2.0
UPLOADS_AT_ONCE = 4
# what a server that cannot be asked takes
LIMITS = {"file_bytes": 500_000_000, "attachments": 500, "text_characters": 32_000}
CARD_SECONDS = 1.0
CARD_AGAIN_SECONDS = 10.0
PREVIEW_BYTES = 30_000
# The result of a turn that ended is acknowledged only when Open WebUI has saved it; so long is that waited for.
SAVE_SECONDS = 60
# a turn hears at least a comment every 15 s
SILENCE_SECONDS = 40


class Trouble(Exception):
    """Something a person can do something about: `str()` is for the chat."""

    def __init__(self, words, code="", retryable=False, status=0):
        super().__init__(words)
        self.code, self.retryable, self.status = code, retryable, status
        # whether our server may have heard of it, and done it, all the same
        self.reached = True


# ---------------------------------------------------------------- words and shapes (no input or output)


def conversation_of(chat_id):
    """Our conversation for a chat of Open WebUI; None where there is no chat (a plain API client)."""
    if not chat_id:
        return None
    text = f"owui-{chat_id}"
    return text if re.fullmatch(r"[\w.:-]{1,128}", text, re.ASCII) else f"owui-{uuid.uuid5(NAMESPACE, text)}"


def message_id_of(delivery_id):
    """The id of the chat message that carries a late result: the same for every repeat."""
    return str(uuid.uuid5(NAMESPACE, f"delivery {delivery_id}"))


def file_id_of(user_id, artifact_id):
    """The id in Open WebUI's store of a person's own copy of an artifact: the same for every repeat."""
    return str(uuid.uuid5(NAMESPACE, f"file {user_id} {artifact_id}"))


def yes_of(message_id):
    """The id of the turn that answers the question asked in a message."""
    return f"{message_id}:yes"


def branch_of(messages, last):
    """Assistant ids from the first message to `last`, oldest first; a question answered in a dialog counts as a message of its own."""
    path, seen = [], set()
    while last and last in messages and last not in seen:
        seen.add(last)
        message = messages[last]
        if message.get("role") == "assistant":
            path += [yes_of(last), last]
        last = message.get("parentId")
    return path[:1900][::-1]


def text_of(metadata, body):
    """What the person typed. The last message of `body` may carry a prefix that Open WebUI puts before it."""
    content = (metadata.get("user_message") or {}).get("content")
    if content is None:
        said = [m for m in body.get("messages") or [] if m.get("role") == "user"]
        content = said[-1].get("content") if said else ""
    if isinstance(content, list):
        content = "\n".join(p.get("text", "") for p in content if isinstance(p, dict) and p.get("type") == "text")
    text = re.sub(r"\A<attached_files>.*?</attached_files>\s*", "", content or "", flags=re.S)
    # our database keeps neither NUL nor half a surrogate pair
    return re.sub("[\x00\ud800-\udfff]", "", text)


def sign_user(user, secret, now=None):
    """HS256 token that tells our server who asks, in the form of Open WebUI's own X-OpenWebUI-User-Jwt."""
    at = int(time.time() if now is None else now)

    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=")

    claims = {k: user.get(f) or "" for k, f in (("sub", "id"), ("email", "email"), ("name", "name"), ("role", "role"))}
    signed = part({"alg": "HS256", "typ": "JWT"}) + b"." + part({**claims, "iss": "open-webui", "iat": at, "exp": at + 300})
    mark = base64.urlsafe_b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).rstrip(b"=")
    return (signed + b"." + mark).decode()


class Events:
    """Server-sent events out of pieces of bytes; a line may be of any length (a preview picture is one line)."""

    def __init__(self):
        self.pieces, self.tail = [], b""

    def feed(self, piece):
        self.pieces.append(piece)
        self.tail = self.tail[-3:] + piece
        if not re.search(rb"\n\r?\n", self.tail):
            # a long line is not looked through anew with every piece of it
            return
        *blocks, rest = re.split(rb"\r?\n\r?\n", b"".join(self.pieces))
        self.pieces, self.tail = [rest], rest
        for block in blocks:
            event, data = "message", []
            for line in re.split(rb"\r?\n", block):
                name, _, value = line.partition(b":")
                if name == b"event":
                    event = value.strip().decode()
                elif name == b"data":
                    data.append(value[1:] if value.startswith(b" ") else value)
            if data:
                yield event, json.loads(b"\n".join(data))


STAGES = {
    "waiting": "Waiting for the engine",
    "making_room": "Making room on the graphics card",
    "loading": "Loading the model",
    "checking": "Looking at the pictures",
    "captioning": "Describing the pictures",
    "caching": "Preparing the pictures",
    "training": "Training",
    "saving": "Saving a state to go on from",
    "sampling": "Drawing",
    "upscaling": "Upscaling",
    "encoding": "Finishing",
    "storing": "Saving",
}


COUNTED = ("checking", "captioning", "sampling", "training", "upscaling")


def stage_words(progress):
    words = progress.get("note") or STAGES.get(progress["stage"], progress["stage"])
    return words[:1].upper() + words[1:]


def step_words(progress):
    if not progress.get("steps") or progress["stage"] not in COUNTED:
        return ""
    words = f", step {progress['step']} of {progress['steps']}"
    if progress.get("loss") is not None:
        words += f", loss {progress['loss']:.3g}"
    if progress.get("savedStep"):
        words += f", last saved at {progress['savedStep']}"
    return words


def seconds_words(pair):
    if not pair:
        return ""
    low, high = (max(1, round(s)) for s in pair)
    if high >= 120:
        return f", about {round(high / 60)} min left"
    return f", {low}–{high} s left" if low != high else f", about {high} s left"


def status_of(part):
    """(what must differ to be worth a new status, the words), or None where a part changes nothing to be seen."""
    if part["type"] == "job":
        job = part["job"]
        if job["state"] == "queued":
            place = job.get("position")
            where = "in line" if place is None else "next in line" if place == 1 else f"number {place} in line"
            return (job["id"], "queued", place), f"{job['title']}: {where}" + seconds_words(job.get("eta_seconds"))
        if job["state"] == "running":
            return (job["id"], "running"), f"{job['title']}: started" + seconds_words(job.get("eta_seconds"))
        return None
    if part["type"] != "progress":
        return None
    p = part["progress"]
    words = stage_words(p)
    if p["stage"] in COUNTED:
        words += f"{',' if p.get('note') else ''} {round(p['fraction'] * 100)} %{step_words(p)}" + seconds_words(part.get("seconds"))
    # each one is saved with the message: a quarter of the way is a step worth keeping
    return (part["job"], p["stage"], p.get("note"), int(p["fraction"] * 4)), words


def lasting(text):
    """What is said of a job when it is accepted, without its place in line: the message is read long after."""
    return re.sub(r"^Job (job_\w+) \((.*)\) is (?:queued|running|canceling)\b.*$", r"**\2** · `\1`", text, flags=re.M)


def failure_words(job, alone=True):
    """A failed or canceled job: cause, and what to say next. `alone`: no other one of this turn failed, so that words suffice to mean it."""
    again = "*try again*" if alone else f"*/retry {job['id']}*"
    if job["state"] == "canceled":
        return f"**{job['title']}** was canceled. Say {again} to start it anew."
    error = job.get("error") or {}
    words = f"**{job['title']}** failed: {error.get('message') or 'the server gave no reason.'}\n\n"
    if error.get("retryable"):
        words += f"Say {again} to do the same once more."
    else:
        words += f"Say it again with that changed. If the cause itself is gone, say {again}."
    return words + f"\n\n`{error.get('code', 'internal')}` · `{job['id']}`"


def size_words(count):
    return f"{count} bytes" if count < 10_000 else f"{count // 1000} kB" if count < 1_000_000 else f"{count // 1_000_000} MB"


def recipe_lines(artifact):
    """How a file came to be, a line each."""
    recipe = artifact.get("recipe")
    if not recipe:
        return []
    # the prompt first, and what the engine only repeats once
    values = {"prompt": "", **(recipe.get("input") or {}), **(recipe.get("details") or {})}
    lines = [f"{k}: {v}" for k, v in values.items() if isinstance(v, (str, int, float)) and not isinstance(v, bool) and v != ""]
    lines += [f"LoRA: {one['name']} at {one.get('weight', 1)}" for one in values.get("loras") or [] if isinstance(one, dict) and one.get("name")]
    engine = recipe.get("engine") or {}
    lines.append(f"made by: {recipe.get('tool')} on {engine.get('id')} {engine.get('version')}".rstrip())
    if artifact.get("width"):
        lines.append(f"size: {artifact['width']} × {artifact['height']}")
    return lines


def address_of(file_id):
    return f"/api/v1/files/{file_id}/content"


def shown_as(file_id, artifact):
    """(entry for `files`, text): pictures inline, video and audio in the one form of player that plays, and a card for whatever is no picture."""
    kind = artifact["media_type"].split("/")[0]
    if kind == "image":
        return {"type": "image", "url": address_of(file_id)}, ""
    card = {
        "type": "file",
        "id": file_id,
        "url": file_id,
        "name": artifact["name"],
        "size": artifact["bytes"],
        "content_type": artifact["media_type"],
    }
    return card, f"\n\n<{kind}>\n{address_of(file_id)}\n</{kind}>\n\n" if kind in ("video", "audio") else ""


NEXT = {
    "failed": ["Try again"],
    "image": ["Upscale that 2x"],
    "images": ["Upscale number 1"],
    "seed": ["The same again with another seed"],
    "shape": ["The same, but wider"],
}


def next_steps(shown):
    """What a person may say next, likeliest first."""
    return [line for kind in NEXT if kind in shown for line in NEXT[kind]]


def next_line(shown):
    # what failed says itself what to do
    steps = next_steps(shown - {"failed"})
    return "Next: " + ", ".join(f"*{step}*" for step in steps[:2]) + "." if steps else ""


def task_name(task):
    return str(getattr(task, "value", task))


def task_answer(task, body, made):
    """Titles, tags, follow-ups and queries, without a model. `made` = kinds of files of this chat's last turn."""
    name = task_name(task)
    if name == "title_generation":
        said = [m for m in body.get("messages") or [] if m.get("role") == "user"]
        words = " ".join(text_of({}, {"messages": said[:1]}).split())
        title = words if len(words) <= 48 else words[:48].rsplit(" ", 1)[0] + "…"
        return json.dumps({"title": title or "MySpinBot"}, ensure_ascii=False)
    if name == "tags_generation":
        return json.dumps({"tags": []})
    if name == "follow_up_generation":
        return json.dumps({"follow_ups": next_steps(made)})
    if name == "query_generation":
        return json.dumps({"queries": []})
    return ""


def chunk_of(text):
    """A chunk as OpenAI streams it: plain text that begins with `data:` would be taken for a line of the stream and dropped."""
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}


def spoken(message_id, text):
    """`output` of a message, in the form in which Open WebUI keeps what a pipe returned."""
    said = [{"type": "output_text", "text": text}]
    return [{"type": "message", "id": f"msg_{message_id[:8]}", "status": "completed", "role": "assistant", "content": said}]


# ---------------------------------------------------------------- the live card: a picture that is replaced, of which nothing is saved


def cut(text, length):
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def card_svg(rows, hidden=0):
    """In middle tones, which stand out neither from a light page nor from a dark one. One row a job: {title, line, fraction (None = not begun), colour, picture (data: address or None)}."""
    height = 84 * len(rows) + (26 if hidden else 0) + 4
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="520" height="{height}" viewBox="0 0 520 {height}" '
        f'font-family="system-ui,-apple-system,Segoe UI,Roboto,Arial,sans-serif">'
        f'<rect width="520" height="{height}" rx="12" fill="#465063"/>'
    ]
    for number, row in enumerate(rows):
        top = 84 * number + 2
        parts.append(f'<rect x="14" y="{top + 10}" width="64" height="64" rx="8" fill="#5a6579"/>')
        if row["picture"]:
            parts.append(
                f'<clipPath id="c{number}"><rect x="14" y="{top + 10}" width="64" height="64" rx="8"/></clipPath>'
                f'<image x="14" y="{top + 10}" width="64" height="64" preserveAspectRatio="xMidYMid slice" clip-path="url(#c{number})" href="{row["picture"]}"/>'
            )
        else:
            parts.append(f'<circle cx="46" cy="{top + 42}" r="9" fill="none" stroke="{row["colour"]}" stroke-width="3"/>')
        parts.append(
            f'<text x="92" y="{top + 28}" font-size="15" font-weight="600" fill="#ffffff">{html.escape(cut(row["title"], 44))}</text>'
            f'<text x="92" y="{top + 49}" font-size="13" fill="#dfe4ec">{html.escape(cut(row["line"], 62))}</text>'
            f'<rect x="92" y="{top + 60}" width="412" height="7" rx="3.5" fill="#5a6579"/>'
        )
        if row["fraction"]:
            parts.append(f'<rect x="92" y="{top + 60}" width="{round(412 * row["fraction"])}" height="7" rx="3.5" fill="{row["colour"]}"/>')
    if hidden:
        parts.append(f'<text x="92" y="{height - 10}" font-size="13" fill="#dfe4ec">and {hidden} more</text>')
    return "".join(parts) + "</svg>"


class Card:
    """What the parts of a turn say of its jobs, as a small picture."""

    MOST_ROWS = 4

    def __init__(self):
        self.rows, self.changed, self.at = {}, False, 0.0

    def hear(self, part):
        if part["type"] == "job":
            job = part["job"]
            row = self.rows.setdefault(job["id"], {"title": job["title"], "line": "", "fraction": None, "colour": "#b9c1cd", "picture": None})
            state = job["state"]
            if state == "queued":
                place = job.get("position")
                line = "In line" if place is None else "Next in line" if place == 1 else f"Number {place} in line"
                row |= {"line": line + seconds_words(job.get("eta_seconds")), "fraction": None, "colour": "#b9c1cd"}
            elif state == "succeeded":
                row |= {"line": "Done", "fraction": 1.0, "colour": "#7fe0a7"}
            elif state in ("failed", "canceled"):
                row |= {"line": "Failed" if state == "failed" else "Canceled", "fraction": 1.0, "colour": "#ffa39c"}
            else:
                row |= {"line": "Started" + seconds_words(job.get("eta_seconds")), "colour": "#8fc1ff"}
        elif part["type"] == "progress" and part["job"] in self.rows:
            p = part["progress"]
            words = stage_words(p) + step_words(p) + seconds_words(part.get("seconds"))
            self.rows[part["job"]] |= {"line": words, "fraction": max(0.0, min(1.0, p["fraction"])), "colour": "#8fc1ff"}
        else:
            return
        self.changed = True

    def show(self, job, picture):
        if job in self.rows and picture:
            self.rows[job]["picture"], self.changed = picture, True

    def due(self, now):
        """Also where nothing changed: a page that was reloaded has lost it."""
        return bool(self.rows) and (self.changed or now - self.at >= CARD_AGAIN_SECONDS)

    def draw(self, now):
        self.changed, self.at = False, now
        rows = list(self.rows.values())
        svg = card_svg(rows[: self.MOST_ROWS], max(0, len(rows) - self.MOST_ROWS))
        return {"type": "image", "name": "Progress", "url": "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()}


def small_picture(data, media_type):
    """A preview as a data: address of a few kB; None where it cannot be made small."""
    if not re.fullmatch(r"image/(png|jpeg|webp)", media_type):
        return None
    try:
        from PIL import Image

        with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
            picture.thumbnail((128, 128))
            small = io.BytesIO()
            picture.convert("RGB").save(small, "JPEG", quality=75)
        return "data:image/jpeg;base64," + base64.b64encode(small.getvalue()).decode()
    except Exception:
        return f"data:{media_type};base64,{data}" if len(data) <= PREVIEW_BYTES and re.fullmatch(r"[A-Za-z0-9+/=]+", data) else None


# ---------------------------------------------------------------- our server, by HTTP


class Studio:
    """One person's view of our server. Every method throws Trouble with words for that person."""

    def __init__(self, valves, user=None):
        self.base, self.key, self.secret = valves.BASE_URL.rstrip("/"), valves.KEY, valves.USER_SECRET
        self.user, self.session = user, None

    async def __aenter__(self):
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60))
        return self

    async def __aexit__(self, *_):
        await self.session.close()

    def headers(self):
        given = {"Accept": "application/json"}
        if self.key:
            given["Authorization"] = f"Bearer {self.key}"
        if self.secret and self.user:
            given["X-OpenWebUI-User-Jwt"] = sign_user(self.user, self.secret)
        return given

    def lost(self, error):
        trouble = Trouble(
            f"MySpinBot does not answer at {self.base}. Is it running (`myspinbot start`)? "
            "From inside a container, `localhost` is the container itself: an administrator sets BASE_URL in the valves of this function.",
            "unreachable",
            True,
        )
        trouble.reached = not isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError))
        return trouble

    async def refused(self, answer):
        try:
            error = json.loads(await answer.read())["error"]
            code, words, again = error["code"], error["message"], bool(error.get("retryable"))
        except (ValueError, KeyError, TypeError):
            code, words, again = "", "", answer.status >= 500
        if answer.status == 401:
            words = "MySpinBot does not accept the key of this function. An administrator sets KEY (and USER_SECRET) in its valves to what the server knows."
        elif code == "unknown_route" or (answer.status == 404 and not code):
            code = "unknown_route"
            words = f"What answers at {self.base} is no MySpinBot, or an older one than this function needs ({answer.url.path} is missing). Update the server, or correct BASE_URL in the valves."
        return Trouble(words or f"MySpinBot at {self.base} answered with status {answer.status}.", code, again, answer.status)

    def request(self, method, path, **more):
        more["headers"] = {**self.headers(), **more.get("headers", {})}
        return self.session.request(method, self.base + path, **more)

    async def json(self, method, path, **more):
        try:
            async with self.request(method, path, **more) as answer:
                if answer.status >= 400:
                    raise await self.refused(answer)
                return json.loads(await answer.read() or b"{}")
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
            raise self.lost(error) from error

    async def chat(self, turn):
        """The parts of a turn. Ends without `done` where the server went."""
        try:
            patience = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=SILENCE_SECONDS)
            async with self.request("POST", "/v1/chat", json=turn, headers={"Accept": "text/event-stream"}, timeout=patience) as answer:
                if answer.status >= 400:
                    raise await self.refused(answer)
                if "event-stream" not in answer.headers.get("Content-Type", ""):
                    raise Trouble(f"What answers at {self.base} is no MySpinBot. Correct BASE_URL in the valves.", "unknown_route")
                events = Events()
                async for piece in answer.content.iter_any():
                    for event, data in events.feed(piece):
                        if event == "failure":
                            raise Trouble(data["message"], data["code"], data.get("retryable", False))
                        yield data
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise self.lost(error) from error

    async def limits(self):
        try:
            return {**LIMITS, **await self.json("GET", "/v1/limits")}
        except Trouble as trouble:
            if trouble.code != "unknown_route":
                raise
            return LIMITS

    async def bring(self, name, size, opened):
        """Id of a file on our server, which takes each one's bytes once: a repeat finds them there."""
        mark = hashlib.sha256()

        def read():
            piece = opened.read(1_000_000)
            mark.update(piece)
            return piece

        while await asyncio.to_thread(read):
            pass
        digest = mark.hexdigest()
        try:
            known = (await self.json("GET", "/v1/files", params={"sha256": digest, "limit": "1"}))["files"]
        except Trouble as trouble:
            if trouble.code != "unknown_route":
                raise
            known = []
        if known:
            return known[0]["id"]
        opened.seek(0)

        async def pieces():
            while piece := await asyncio.to_thread(opened.read, 1_000_000):
                yield piece

        made = await self.json(
            "POST",
            "/v1/files",
            params={"name": name},
            data=pieces(),
            headers={"Content-Type": "application/octet-stream", "Content-Length": str(size)},
        )
        if made.get("sha256", digest) != digest:
            raise Trouble("it arrived damaged.", "storage_unavailable", True)
        return made["id"]

    async def download(self, artifact, most):
        """A temporary file with all its bytes, checked."""
        if artifact["bytes"] > most:
            raise Trouble(
                f"{artifact['name']} has {artifact['bytes'] // 1_000_000} MB, more than MAX_FILE_MB in the valves allows. "
                f"It stays on the MySpinBot server as `{artifact['id']}`.",
                "limit_exceeded",
            )
        kept = tempfile.SpooledTemporaryFile(max_size=8_000_000)
        mark = hashlib.sha256()
        try:
            async with self.request("GET", artifact["path"]) as answer:
                if answer.status >= 400:
                    raise await self.refused(answer)
                async for piece in answer.content.iter_chunked(1_000_000):
                    mark.update(piece)
                    await asyncio.to_thread(kept.write, piece)
            if mark.hexdigest() != artifact["sha256"]:
                raise Trouble(f"{artifact['name']} arrived damaged.", "storage_unavailable", True)
            kept.seek(0)
            return kept
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            kept.close()
            raise self.lost(error) from error
        except BaseException:
            kept.close()
            raise

    async def register(self, job, target, lease):
        made = await self.json(
            "POST",
            "/v1/deliveries",
            json={
                "conversation": job.get("conversation"),
                "message": job.get("message"),
                "job": job["id"],
                "target": target,
                "worker": worker_name(),
                "lease_seconds": lease,
            },
        )
        return made.get("delivery", made)["id"]

    async def delivery(self, delivery_id, what, **body):
        if what != "ack":
            body["worker"] = worker_name()
        return await self.json("POST", f"/v1/deliveries/{delivery_id}/{what}", json=body)


# ---------------------------------------------------------------- Open WebUI's insides: nothing below this section touches them


class Inside:
    """The file store, the saved chats and the sockets of Open WebUI, tested with 0.12.4."""

    def __init__(self):
        self.problem = None
        try:
            from open_webui.env import VERSION
            from open_webui.models.chats import Chats
            from open_webui.models.files import FileForm, Files
            from open_webui.models.functions import Functions
            from open_webui.models.users import Users
            from open_webui.socket.main import get_event_emitter
            from open_webui.storage.provider import Storage
            from open_webui.utils.access_control.files import has_access_to_file

            self.Chats, self.Files, self.FileForm, self.Functions = Chats, Files, FileForm, Functions
            self.Users, self.Storage, self.emitter, self.may_read = Users, Storage, get_event_emitter, has_access_to_file
            needed = [
                (Chats, "upsert_message_to_chat_by_id_and_message_id"),
                (Chats, "get_chat_by_id"),
                (Chats, "get_accessible_chat_by_id"),
                (Chats, "insert_chat_files"),
                (Chats, "get_messages_map_by_chat_id"),
                (Files, "insert_new_file"),
                (Files, "get_file_by_id"),
                (Functions, "get_function_valves_by_id"),
                (Users, "get_user_by_id"),
                (Storage, "upload_file"),
                (Storage, "get_file"),
            ]
            missing = [name for owner, name in needed if not hasattr(owner, name)]
            if missing:
                self.problem = f"This function is made for Open WebUI 0.12; in {VERSION} {', '.join(missing)} is missing. Use the version of the function for yours."
        except ImportError as error:
            self.problem = f"This function is made for Open WebUI 0.12; this one has no {error.name or error}. Use the version of the function for yours."

    async def person(self, user_id):
        user = await self.Users.get_user_by_id(user_id)
        return user and {"id": user.id, "email": user.email, "name": user.name, "role": user.role}

    async def branch(self, chat_id, parent):
        return branch_of(await self.Chats.get_messages_map_by_chat_id(chat_id) or {}, parent)

    async def may_write(self, chat_id, user_id):
        """Whether a person may still say something in a chat: it is theirs, or it was shared with them to go on with."""
        asking = await self.Users.get_user_by_id(user_id)
        return bool(asking and await self.Chats.get_accessible_chat_by_id(chat_id, asking, permission="write"))

    async def message(self, chat_id, message_id):
        chat = await self.Chats.get_chat_by_id(chat_id)
        return chat and chat.chat.get("history", {}).get("messages", {}).get(message_id)

    async def opened(self, file_id, user):
        """(open binary file, name, size) of a file the person may read: the id comes from their browser, so it proves nothing."""
        found = await self.Files.get_file_by_id(file_id)
        if found and found.user_id != user["id"]:
            asking = await self.Users.get_user_by_id(user["id"])
            if not (asking and await self.may_read(file_id, "read", asking)):
                found = None
        if not found or not found.path:
            raise Trouble("An attached file is not there any more. Attach it again.", "unknown_artifact")
        path = await asyncio.to_thread(self.Storage.get_file, found.path)
        opened = await asyncio.to_thread(open, path, "rb")
        return opened, (found.meta or {}).get("name") or found.filename, os.fstat(opened.fileno()).st_size

    async def store(self, user_id, artifact, fetch, chat_id, message_id):
        """The person's own copy of an artifact; its id. A repeat finds the copy and fetches nothing."""
        file_id = file_id_of(user_id, artifact["id"])
        if await self.Files.get_file_by_id(file_id):
            await self.link(chat_id, message_id, file_id, user_id)
            return file_id
        tags = {"OpenWebUI-User-Id": user_id, "OpenWebUI-File-Id": file_id}
        kept = await fetch()
        try:
            try:
                contents, path = await asyncio.to_thread(self.Storage.upload_file, kept, f"{file_id}_{artifact['name']}", tags)
            except OSError as error:
                if error.errno != errno.ENAMETOOLONG:
                    raise
                kept.seek(0)
                contents, path = await asyncio.to_thread(self.Storage.upload_file, kept, file_id, tags)
            size = len(contents)
            del contents
        except OSError as error:
            raise Trouble("Open WebUI could not store the file: " + (error.strerror or "its disk refused."), "storage_full", True) from error
        finally:
            kept.close()
        meta = {
            "name": artifact["name"],
            "content_type": artifact["media_type"],
            "size": size,
            "file_hash": artifact["sha256"],
            "data": {"chat_id": chat_id, "message_id": message_id, "myspinbot": artifact["id"]},
        }
        form = self.FileForm(id=file_id, filename=artifact["name"], path=path, data={}, meta=meta)
        if not await self.Files.insert_new_file(user_id, form) and not await self.Files.get_file_by_id(file_id):
            raise Trouble("Open WebUI could not store the file.", "storage_unavailable", True)
        await self.link(chat_id, message_id, file_id, user_id)
        return file_id

    async def link(self, chat_id, message_id, file_id, user_id):
        """Whoever the chat is shared with sees its files; without this only their owner does."""
        if chat_id and message_id and not chat_id.startswith(("local:", "channel:")):
            await self.Chats.insert_chat_files(chat_id, message_id, [file_id], user_id)

    async def mark(self, chat_id, message_id, delivered, away=""):
        """Remembers in the message which deliveries it shows, and the words that a late result replaces. Open WebUI merges, so that what it saves later keeps this."""
        message = await self.message(chat_id, message_id)
        if message is not None:
            ids = sorted({*(message.get("myspinbot") or []), *delivered})
            await self.put(chat_id, message_id, {"content": message.get("content", ""), "myspinbot": ids, "myspinbot_away": away})

    async def put(self, chat_id, message_id, message):
        if not await self.Chats.upsert_message_to_chat_by_id_and_message_id(chat_id, message_id, message):
            raise Trouble("Open WebUI could not save the message.", "storage_unavailable", True)

    async def leaf(self, chat_id, message_id):
        """The newest message below one: that of the branch in view where it is in view."""
        history = (await self.Chats.get_chat_by_id(chat_id)).chat.get("history", {})
        messages, current = history.get("messages", {}), history.get("currentId")
        at, seen = current, set()
        while at in messages and at not in seen:
            if at == message_id:
                return current, messages
            seen.add(at)
            at = messages[at].get("parentId")
        if message_id not in messages:
            return current, messages
        at = message_id
        while children := [c for c in messages[at].get("childrenIds") or [] if c in messages]:
            at = children[-1]
        return at, messages

    async def reload(self, user_id, chat_id, message_id, words):
        chat = await self.Chats.get_chat_by_id(chat_id)
        people = {user_id, chat.user_id} if chat else {user_id}
        emits = [
            await self.emitter({"user_id": one, "chat_id": chat_id, "message_id": message_id, "session_id": None}, update_db=False)
            for one in people
        ]
        for emit in emits:
            await emit({"type": "notification", "data": {"type": "success", "content": words}})
        # an earlier reload would find the older fields and let them win
        await asyncio.sleep(0.5)
        for emit in emits:
            await emit({"type": "chat:reload", "data": {}})

    async def unfinished(self, function_id, before):
        """(chat, message, user, model) of our replies of the last week that were begun before a moment and never ended."""
        from open_webui.internal.db import get_async_db_context
        from open_webui.models.chat_messages import ChatMessage as Row
        from sqlalchemy import select

        open_ones = select(Row.chat_id, Row.id, Row.user_id, Row.model_id).where(
            Row.model_id.startswith(f"{function_id}."),
            Row.role == "assistant",
            Row.done.is_(False),
            Row.created_at < before,
            Row.created_at > before - 7 * 86400,
        )
        async with get_async_db_context() as session:
            rows = (await session.execute(open_ones.limit(500))).all()
        return [(chat, mid.removeprefix(f"{chat}-"), user, model) for chat, mid, user, model in rows]

    async def valves(self, function_id):
        """Stored valves of a function that is switched on, else None."""
        function = await self.Functions.get_function_by_id(function_id)
        if not function or not function.is_active:
            return None
        return {k: v for k, v in (await self.Functions.get_function_valves_by_id(function_id) or {}).items() if v is not None}


# ---------------------------------------------------------------- one process, whatever number of times this file is loaded


def shared():
    """What all loaded versions of this function in a process have in common: an update of it loads a new module beside the old."""
    return sys.modules.setdefault("_myspinbot_shared", types.SimpleNamespace(task=None, owner=None, server=None, live={}, work=set(), made={}, chats={}))


def worker_name():
    """Who holds a lease: this process, and no later one that happens to get its number."""
    state = shared()
    if getattr(state, "worker", None) is None:
        state.worker = f"owui-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    return state.worker


def keep(coroutine):
    """A task that outlives the request; the event loop itself holds tasks only weakly."""
    task = asyncio.get_running_loop().create_task(coroutine)
    shared().work.add(task)
    task.add_done_callback(shared().work.discard)
    return task


class ChatLock:
    """One change of a chat at a time: two results that both look for the newest message would become branches that hide each other."""

    def __init__(self, chat_id):
        self.chat_id = chat_id

    async def __aenter__(self):
        self.entry = shared().chats.setdefault(self.chat_id, [asyncio.Lock(), 0])
        self.entry[1] += 1
        try:
            await self.entry[0].acquire()
        except BaseException:
            self.leave()
            raise

    async def __aexit__(self, *_):
        self.entry[0].release()
        self.leave()

    def leave(self):
        self.entry[1] -= 1
        if not self.entry[1]:
            shared().chats.pop(self.chat_id, None)


def watch_signals():
    """uvicorn's server, whose handler takes the signals while it serves: it knows that an end was asked for."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if hasattr(server, "should_exit"):
        shared().server = server


def is_shutting_down():
    """Whether a CancelledError is the end of Open WebUI, and no Stop. An ending event loop cancels all tasks, a Stop one turn's only."""
    state = shared()
    if getattr(state.server, "should_exit", False):
        return True
    task = state.task
    return bool(task and (task.cancelling() or task.cancelled()))


# ---------------------------------------------------------------- results


class Shown:
    """What a message shows of ended jobs."""

    def __init__(self):
        self.text, self.files, self.sources, self.kinds, self.unsaved = "", [], [], set(), []
        self.seeded = False

    def next_steps(self):
        """Keys of NEXT that fit."""
        pictures = sum(f["type"] == "image" for f in self.files)
        kinds = {"failed"} & self.kinds
        if pictures:
            kinds |= {"image"} if pictures == 1 else {"images"}
            # an upscale has neither seed nor shape of its own
            kinds |= ({"seed", "shape"} if pictures == 1 else {"seed"}) if self.seeded else set()
        return kinds

    def say(self, words):
        self.text += f"\n\n{words}"


async def show(inside, studio, valves, recipe, user_id, chat_id, message_id, jobs):
    """Stores the artifacts of ended jobs as the person's own files. A job whose files cannot be stored now is in `unsaved`."""
    shown = Shown()
    alone = sum(job["state"] != "succeeded" for job in jobs) == 1
    for job in jobs:
        if job["state"] != "succeeded":
            shown.say(failure_words(job, alone))
            shown.kinds.add("failed")
            continue
        for artifact in job["artifacts"]:
            try:
                file_id = await inside.store(
                    user_id, artifact, lambda a=artifact: studio.download(a, valves.MAX_FILE_MB * 1_000_000), chat_id, message_id
                )
            except Trouble as trouble:
                shown.say(f"**{artifact['name']}** is made, but is not here yet: {trouble}")
                if trouble.retryable:
                    shown.unsaved.append(job["id"])
                continue
            entry, text = shown_as(file_id, artifact)
            shown.files.append(entry)
            shown.text += text
            shown.kinds.add(artifact["media_type"].split("/")[0])
            shown.seeded |= "seed" in ((artifact.get("recipe") or {}).get("input") or {})
            if artifact.get("preview"):
                shown.say(f"*{artifact['name']} is a preview that only stands in for the real thing: no engine is connected.*")
            lines = recipe_lines(artifact) if recipe else []
            if lines:
                shown.sources.append({"source": {"name": artifact["name"]}, "document": ["\n".join(lines)], "metadata": [{"source": artifact["name"]}]})
    return shown


def links(files):
    """For a client without a chat, which sees text alone."""
    return "".join(
        f"\n\n![picture]({f['url']})" if f["type"] == "image" else f"\n\n[{f['name']}]({address_of(f['id'])})" for f in files
    )


# ---------------------------------------------------------------- a turn


class Patience:
    """With a server that is away: when to ask it again, and when to tell the person instead."""

    def __init__(self, seconds):
        self.seconds, self.tries, self.since = seconds, 0, None

    def back(self):
        self.tries, self.since = 0, None

    def left(self):
        now = time.monotonic()
        self.since = now if self.since is None else self.since
        return self.since + self.seconds - now

    def pause(self):
        self.tries += 1
        pause, left = min(0.5 * 2 ** min(self.tries, 5), 10), self.left()
        # one last time when it is over
        return min(pause, left) if left > 0 else pause


class Turn:
    """One message of a person, until its answer is whole or goes on without them."""

    def __init__(self, inside, valves, likes, user, metadata, body, emit, call):
        self.inside, self.valves, self.likes, self.user = inside, valves, likes, user
        self.metadata, self.body, self.emitter, self.call = metadata, body, emit, call
        self.chat_id, self.message_id = metadata.get("chat_id") or "", metadata.get("message_id") or ""
        # `local:` chats are temporary: nothing can be added to them later
        self.saved = bool(self.message_id) and bool(self.chat_id) and not self.chat_id.startswith(("local:", "channel:"))
        self.jobs, self.deliveries, self.looked_at = {}, {}, set()
        self.late = self.saved and not inside.problem
        self.began, self.fresh = time.monotonic(), 0.0
        self.shown_status, self.status_at = None, 0.0
        self.said, self.errors, self.question, self.ended = "", [], None, False
        self.done, self.away = [], ""
        self.card, self.drawing = Card(), None

    async def emit(self, kind, data):
        if self.emitter:
            try:
                await self.emitter({"type": kind, "data": data})
            except Exception:
                log.exception("an event could not be sent")

    async def status(self, words, done=False):
        await self.emit("status", {"description": words, "done": done})

    async def progress(self, part):
        news = status_of(part)
        now = time.monotonic()
        if not news or news[0] == self.shown_status or now - self.status_at < STATUS_SECONDS:
            return
        self.shown_status, self.status_at = news[0], now
        of = self.jobs.get(part.get("job")) if part["type"] == "progress" and len(self.jobs) > 1 else None
        await self.status((f"{cut(of['title'], 40)}: " if of else "") + news[1])

    async def draw(self):
        """Keeps the card as it is now, at most once a second. It is for open pages alone: nothing of it is saved."""
        while True:
            await asyncio.sleep(CARD_SECONDS)
            now = time.monotonic()
            if self.card.due(now):
                await self.emit("chat:message:files", {"files": [self.card.draw(now)]})

    async def wipe(self):
        """Takes the card away, if it was ever there."""
        if self.drawing:
            self.drawing.cancel()
            await asyncio.gather(self.drawing, return_exceptions=True)
            self.drawing = None
        if self.card.at:
            self.card.at = 0.0
            await self.emit("chat:message:files", {"files": []})

    async def opened(self, entry):
        url = entry.get("url") or ""
        found = re.search(r"/files/([^/]+)/content", url)
        if not url.startswith("data:"):
            return await self.inside.opened(entry.get("id") or (found.group(1) if found else url), self.user)
        kept = tempfile.SpooledTemporaryFile(max_size=8_000_000)
        size = kept.write(base64.b64decode(url.partition(",")[2]))
        kept.seek(0)
        return kept, entry.get("name") or "picture", size

    async def bring(self, studio, entry, most):
        """Id on our server of one attached file."""
        opened, name, size = await self.opened(entry)
        try:
            if not size:
                raise Trouble("it is empty (0 bytes). Attach it again.", "unsupported_media")
            if size > most:
                raise Trouble(f"it has {size_words(size)}, and a file has at most {size_words(most)} (MYSPINBOT_MAX_UPLOAD on the server).", "limit_exceeded")
            return await studio.bring(name, size, opened)
        except Trouble as trouble:
            raise Trouble(f"**{name}** could not be used: {trouble}", trouble.code, trouble.retryable) from trouble
        finally:
            opened.close()

    async def attachments(self, studio, limits):
        """Ids on our server of what is attached to this turn, and to no earlier one: each sent once, a few at a time."""
        files = self.attached()
        if len(files) > limits["attachments"]:
            raise Trouble(
                f"A message takes at most {limits['attachments']} files; this one has {len(files)}, and none was used. Send them in several messages.",
                "limit_exceeded",
            )
        if not files:
            return []
        await self.status("Sending the attachment" if len(files) == 1 else f"Sending {len(files)} attachments")
        self.status_at = time.monotonic()
        ids, refused, waiting, over, told = [None] * len(files), [], iter(enumerate(files)), 0, 0

        async def sender():
            nonlocal over, told
            for number, entry in waiting:
                try:
                    ids[number] = await self.bring(studio, entry, limits["file_bytes"])
                except Trouble as trouble:
                    if trouble.code not in ("unsupported_media", "limit_exceeded", "unknown_artifact"):
                        raise
                    # who attached many wants to know of all that are no good
                    refused.append((number, trouble))
                over += 1
                now = time.monotonic()
                # each one is saved with the message: a fifth of the way is a step worth keeping
                if over * 5 // len(files) > told and now - self.status_at >= STATUS_SECONDS and over < len(files):
                    told, self.status_at = over * 5 // len(files), now
                    await self.status(f"Sending attachments: {over} of {len(files)}")

        senders = [asyncio.ensure_future(sender()) for _ in range(min(UPLOADS_AT_ONCE, len(files)))]
        try:
            await asyncio.gather(*senders)
        finally:
            for one in senders:
                one.cancel()
            await asyncio.gather(*senders, return_exceptions=True)
        if refused:
            refused.sort(key=lambda pair: pair[0])
            words = "\n\n".join(str(trouble) for _, trouble in refused[:5])
            if len(files) > 1:
                more = f" ({len(refused) - 5} are not shown here)" if len(refused) > 5 else ""
                words += f"\n\n{len(refused)} of {len(files)} attachments cannot be used{more}, so nothing was begun."
                if len(refused) < len(files):
                    words += " Take them out and send the others again: those are here already."
            raise Trouble(words, refused[0][1].code)
        return list(dict.fromkeys(ids))

    def attached(self):
        """Entries of this turn's files, each file once."""
        files = [f for f in (self.metadata.get("user_message") or {}).get("files") or [] if f.get("type") in ("file", "image")]
        return list({f.get("id") or f.get("url"): f for f in files}.values())

    def target(self):
        return {"chat": self.chat_id, "message": self.message_id, "user": self.user["id"], "model": self.body.get("model") or ""}

    async def meet(self, studio, job, part=None):
        """A job of this turn as it is now. What the chat is owed of it was written with the job; an older server is told before anything else, so that no end of this process loses it."""
        known = self.jobs.get(job["id"])
        self.jobs[job["id"]] = job
        if known is None:
            self.fresh = time.monotonic()
        if part and "delivery" in part:
            if part["delivery"]:
                self.deliveries[job["id"]] = part["delivery"]
            else:
                self.looked_at.add(job["id"])
        if job["id"] in self.deliveries or job["id"] in self.looked_at or not self.late:
            return
        job = {**job, "conversation": job.get("conversation") or conversation_of(self.chat_id), "message": job.get("message") or self.message_id}
        try:
            self.deliveries[job["id"]] = await studio.register(job, self.target(), self.valves.LEASE_SECONDS)
        except Trouble as trouble:
            log.warning("a delivery could not be registered: %s", trouble)
            if trouble.code == "unknown_route":
                self.late = False

    async def renew(self, studio):
        while True:
            await asyncio.sleep(self.valves.LEASE_SECONDS / 3)
            for delivery_id in list(self.deliveries.values()):
                try:
                    await studio.delivery(delivery_id, "renew", lease_seconds=self.valves.LEASE_SECONDS)
                except Trouble as trouble:
                    log.warning("a lease was not renewed: %s", trouble)

    def leave_in(self):
        """Seconds until this turn ends without its jobs; None = it waits for them."""
        if not self.late or not self.deliveries or set(self.jobs) - set(self.deliveries) - self.looked_at:
            return None
        return max(self.began + self.valves.HOLD_SECONDS, self.fresh + FRESH_SECONDS) - time.monotonic()

    async def wait_for_it(self, patience):
        await self.status("The studio is away; nothing is lost. Trying again")
        await asyncio.sleep(patience.pause())

    def give_up(self, trouble, owed):
        """What is said when our server stayed away. Where it may have accepted something, what comes of that takes the place of these words."""
        if not trouble.reached:
            more = "This message never reached it, so nothing was begun. Use Regenerate when it is back."
        elif owed:
            more = (
                "What it accepted of this message is not lost: it comes here by itself as soon as the studio is back. "
                "If it is back and */jobs* does not show it, nothing was begun: use Regenerate."
            )
        else:
            more = "What it accepted goes on, but this chat has no place for a late result: when it is back, say */jobs*, or use Regenerate."
        words = f"{trouble}\n\n{more}"
        if trouble.reached and owed:
            self.away = words
        return Trouble(words, trouble.code)

    async def patiently(self, work):
        """What comes before the turn, asked for again while our server is away."""
        patience = Patience(self.valves.AWAY_SECONDS)
        while True:
            try:
                return await work()
            except Trouble as trouble:
                if not trouble.retryable:
                    raise
                if patience.left() <= 0:
                    raise Trouble(f"{trouble}\n\nNothing was begun. Use Regenerate when it is back.", trouble.code) from trouble
            await self.wait_for_it(patience)

    async def parts(self, studio, request):
        """The parts of a turn, taken up again where the server went: the same message is the same turn. Ends early when it is time to leave."""
        patience, reached, most = Patience(self.valves.AWAY_SECONDS), False, 0
        while not self.ended:
            stream, heard = studio.chat(request), 0
            try:
                while True:
                    left = self.leave_in()
                    if left is not None and left <= 0:
                        return
                    try:
                        part = await asyncio.wait_for(stream.__anext__(), left)
                    except StopAsyncIteration:
                        if not self.ended:
                            raise studio.lost(None) from None
                        break
                    heard += 1
                    if heard > most or self.jobs:
                        # one that goes each time at the same place, before any job, is no nearer
                        most = max(most, heard)
                        patience.back()
                    self.ended = part["type"] == "done"
                    yield part
            except asyncio.TimeoutError:
                return
            except Trouble as trouble:
                if trouble.code == "invalid_input" and "delivery" in request and "delivery" in str(trouble):
                    # an older server: it is told of each job instead
                    del request["delivery"]
                    continue
                if not trouble.retryable:
                    raise
                reached = trouble.reached = reached or trouble.reached
                # with a job there is something to wait for, until it is time to leave
                if patience.left() <= 0 and not set(self.jobs) - self.looked_at:
                    raise self.give_up(trouble, "delivery" in request) from trouble
            finally:
                await stream.aclose()
            if not self.ended:
                left = self.leave_in()
                if left is not None and left <= 0:
                    return
                await self.wait_for_it(patience)
                yield {"type": "again"}

    async def speak(self, studio, request):
        """Text to show, as it comes."""
        heard = ""
        before = self.said
        async for part in self.parts(studio, request):
            kind = part["type"]
            if kind == "text":
                # a turn that is taken up again says everything anew
                heard += lasting(part["text"])
                whole = before + heard
                if whole.startswith(self.said) and whole != self.said:
                    new = whole[len(self.said):]
                    self.said = whole
                    yield new
            elif kind == "again":
                heard = ""
            elif kind == "job":
                await self.meet(studio, part["job"], part)
                self.card.hear(part)
                await self.progress(part)
            elif kind == "progress":
                self.card.hear(part)
                await self.progress(part)
            elif kind == "preview" and self.drawing:
                self.card.show(part["job"], await asyncio.to_thread(small_picture, part["data"], part["media_type"]))
            elif kind == "question":
                self.question = part
            elif kind == "error":
                if not part.get("job"):
                    self.errors.append(part["error"])
            elif kind == "done":
                for job in part["jobs"]:
                    await self.meet(studio, job)

    async def answer(self, text):
        """True or False from a dialog; None where nobody sees one. Whatever is not True itself is no yes."""
        if not self.call or not self.likes.dialogs:
            return None
        try:
            said = await self.call({"type": "confirmation", "data": {"title": "MySpinBot asks", "message": text}})
        except Exception:
            return None
        return said if said is True or said is False else None

    async def decide(self, studio):
        """The answer to the question: True or False from a dialog, of which our server then knows; None where words have to do."""
        question = self.question
        route = f"/v1/approvals/{question.get('id')}"
        try:
            if (await studio.json("GET", route)).get("fields"):
                question["text"] += f"\n\nA click is not enough for this: fill it in on its page, {studio.base}{question.get('path') or ''}, and then say *yes* here."
                return None
        except Trouble as trouble:
            # an older server knows no such route, and takes words
            log.debug("a question could not be looked at: %s", trouble)
        said = await self.answer(question["text"])
        if said is not None:
            try:
                await studio.json("POST", route, json={"answer": "yes" if said else "no", "how": "dialog"})
            except Trouble as trouble:
                log.debug("an answer is only said in words: %s", trouble)
        return said

    async def run(self):
        """Text, piece by piece. Throws nothing but the end of the task itself: an error in a generator would lose the text before it."""
        live = shared().live
        live[self.message_id] = live.get(self.message_id, 0) + 1
        renewing = None
        words = "Something went wrong"
        settled = False
        try:
            # before anything that may take time: the person sees that it was heard
            await self.status("Thinking")
            async with Studio(self.valves, self.user) as studio:
                try:
                    renewing = keep(self.renew(studio))
                    if self.valves.LIVE_CARD and self.saved and self.emitter_is_live():
                        self.drawing = keep(self.draw())
                    async for text in self.talk(studio):
                        yield text
                    words = await self.left()
                except (asyncio.CancelledError, GeneratorExit):
                    raise
                except Trouble as trouble:
                    yield self.after(str(trouble))
                    if self.away:
                        words = "The studio is away"
                        await self.inside.mark(self.chat_id, self.message_id, [], self.away)
                except Exception:
                    log.exception("a turn broke off")
                    yield self.after("Something unexpected went wrong in the MySpinBot function; the log of Open WebUI has the details. Try again.")
                await self.wipe()
                await self.status(words, done=True)
                settled = True
        except (asyncio.CancelledError, GeneratorExit):
            if not is_shutting_down():
                stop = self.saved and self.valves.CANCEL_ON_STOP and not settled
                if stop:
                    keep(self.cancel())
                await self.wipe()
                await self.status("Stopped" if stop else "Stopped here; its jobs go on", done=True)
            raise
        finally:
            for task in (renewing, self.drawing):
                if task:
                    task.cancel()
            if is_shutting_down():
                live.pop(self.message_id, None)
            else:
                keep(self.settle())

    def after(self, words):
        return f"\n\n{words}" if self.said else words

    async def talk(self, studio):
        if self.inside.problem:
            raise Trouble(self.inside.problem)
        request = {"text": text_of(self.metadata, self.body)}
        files = bool(self.attached())
        if files or len(request["text"]) > 8000:
            limits = await self.patiently(studio.limits)
            if len(request["text"]) > limits["text_characters"]:
                raise Trouble(
                    f"This message has {len(request['text'])} characters; at most {limits['text_characters']} are read, and nothing was begun. "
                    "Say it in fewer words, or in several messages.",
                    "limit_exceeded",
                )
            if files:
                request["attachments"] = await self.patiently(lambda: self.attachments(studio, limits))
        if self.saved:
            parent = (self.metadata.get("user_message") or {}).get("parentId")
            request |= {
                "conversation": conversation_of(self.chat_id),
                "message": self.message_id,
                "branch": await self.inside.branch(self.chat_id, parent),
            }
            if self.late:
                request["delivery"] = {"target": self.target(), "worker": worker_name(), "lease_seconds": self.valves.LEASE_SECONDS}
        elif self.chat_id:
            request |= {"conversation": conversation_of(self.chat_id)}
            if self.message_id:
                request |= {"message": self.message_id}
        async for text in self.speak(studio, request):
            yield text
        if self.question:
            yes = await self.decide(studio) if self.saved else None
            if yes is None:
                yield self.after(self.question["text"])
                self.said += self.question["text"]
            else:
                self.ended, self.question = False, None
                again = {**request, "text": "yes" if yes else "no", "message": yes_of(self.message_id)}
                again["branch"] = [*again["branch"], self.message_id]
                again.pop("attachments", None)
                if self.said:
                    self.said += "\n\n"
                    yield "\n\n"
                async for text in self.speak(studio, again):
                    yield text
        for error in self.errors:
            yield self.after(error["message"] + (" Say it again in a moment." if error.get("retryable") else ""))
            self.said += " "
        async for text in self.results(studio):
            yield text

    def over(self):
        return [j for j in self.jobs.values() if j["state"] in ("succeeded", "failed", "canceled")]

    def open(self):
        return [j for j in self.jobs.values() if j["state"] not in ("succeeded", "failed", "canceled")]

    async def results(self, studio):
        over, later = [], []
        for job in self.over():
            try:
                # the parts tell that a job ended before all its files are in one place
                over.append(job if self.ended else await studio.json("GET", f"/v1/jobs/{job['id']}"))
            except Trouble as trouble:
                if not trouble.retryable or job["id"] not in self.deliveries:
                    raise
                later.append(job)
        if over:
            await self.status("Fetching the results")
        shown = await show(self.inside, studio, self.valves, self.likes.recipe, self.user["id"], self.chat_id, self.message_id, over)
        self.done = [j["id"] for j in over if j["id"] not in shown.unsaved]
        if self.saved and self.done:
            await self.inside.mark(self.chat_id, self.message_id, [self.deliveries[j] for j in self.done if j in self.deliveries])
        if shown.files:
            if self.drawing:
                self.drawing.cancel()
                await asyncio.gather(self.drawing, return_exceptions=True)
                self.drawing, self.card.at = None, 0.0
            await self.emit("files", {"files": shown.files})
        for source in shown.sources:
            await self.emit("source", source)
        text = shown.text
        if shown.unsaved and self.late:
            text += "\n\nIt will come here as a new message."
        if not self.saved and not self.emitter_is_live():
            text += links(shown.files)
        for job in later:
            text += f"\n\n**{job['title']}** is over, but the studio is away. The result comes here as a new message as soon as it is back."
        if self.open():
            names = ", ".join(f"**{j['title']}**" for j in self.open())
            text += f"\n\nStill at work: {names}. The result comes here as a new message, also when you close this page."
        steps = next_line(shown.next_steps())
        if steps and self.likes.next_steps:
            text += f"\n\n{steps}"
        made = shared().made
        made[self.chat_id] = shown.next_steps()
        while len(made) > 1000:
            made.pop(next(iter(made)))
        if text:
            yield text if self.said else text.lstrip()

    def emitter_is_live(self):
        return bool(self.emitter and self.metadata.get("session_id"))

    async def left(self):
        if self.open():
            return "Goes on in the background"
        failed = [j for j in self.over() if j["state"] == "failed"]
        return "Failed" if failed or (self.errors and not self.jobs) else "Done"

    async def cancel(self):
        """Of Stop: this turn's jobs, also those that were submitted while it was pressed."""
        mine = {self.message_id, yes_of(self.message_id)}
        pauses, patience = [0, 1, 3], Patience(self.valves.AWAY_SECONDS)
        async with Studio(self.valves, self.user) as studio:
            while pauses:
                await asyncio.sleep(pauses[0])
                try:
                    found = await studio.json("GET", "/v1/jobs", params={"conversation": conversation_of(self.chat_id), "limit": "50"})
                    ours = [j for j in found["jobs"] if j.get("message") in mine or j["id"] in self.deliveries]
                    open_jobs = [j for j in ours if j["state"] in ("queued", "running")]
                    for job in open_jobs:
                        await studio.json("POST", f"/v1/jobs/{job['id']}/cancel")
                except Trouble as trouble:
                    log.warning("a job could not be canceled: %s", trouble)
                    if trouble.retryable and patience.left() > 0:
                        pauses[0] = patience.pause()
                        continue
                pauses.pop(0)

    async def settle(self):
        """Acknowledges what the saved message shows, and gives the rest to the poller."""
        delivered = self.done
        live = shared().live
        try:
            if not self.deliveries and not self.away:
                return
            async with Studio(self.valves, self.user) as studio:
                saved = False
                for _ in range(SAVE_SECONDS * 2):
                    message = await self.inside.message(self.chat_id, self.message_id)
                    saved = message is None or bool(message.get("done"))
                    if saved:
                        break
                    await asyncio.sleep(0.5)
                for job_id, delivery_id in self.deliveries.items():
                    try:
                        if saved and job_id in delivered:
                            await studio.delivery(delivery_id, "ack")
                        else:
                            await studio.delivery(delivery_id, "renew", lease_seconds=5)
                    except Trouble as trouble:
                        log.warning("a delivery was not settled: %s", trouble)
        finally:
            live[self.message_id] = live.get(self.message_id, 1) - 1
            if live[self.message_id] <= 0:
                live.pop(self.message_id, None)


# ---------------------------------------------------------------- late results


async def deliver(inside, valves, delivery):
    """Shows one late result in its chat. Doing it again changes nothing. Returns False where it has to wait for a turn that is still live."""
    async with ChatLock(delivery["target"]["chat"]):
        return await deliver_alone(inside, valves, delivery)


async def deliver_alone(inside, valves, delivery):
    target, job = delivery["target"], delivery["job"]
    chat_id, origin, user_id = target["chat"], target["message"], target["user"]
    user, chat = await inside.person(user_id), await inside.Chats.get_chat_by_id(chat_id)
    if not user or not chat:
        log.info("the chat of delivery %s is gone", delivery["id"])
        return True
    # whoever has a key of our server may announce a delivery: it is shown only where its own person may write
    theirs = not valves.USER_SECRET or delivery.get("principal") == f"openwebui:{user_id}"
    if not theirs or not await inside.may_write(chat_id, user_id):
        raise Trouble("This result is not for that person and chat.", "not_allowed")
    if shared().live.get(origin):
        return False
    new_id = message_id_of(delivery["id"])
    if await inside.message(chat_id, new_id):
        return True
    asked = await inside.message(chat_id, origin)
    away = (asked or {}).get("myspinbot_away") or ""
    stuck = asked is not None and (not asked.get("done") or bool(away))
    if asked and delivery["id"] in (asked.get("myspinbot") or []) and not stuck:
        return True
    if job["state"] == "canceled" and not stuck:
        # whoever canceled it knows
        return True
    leaf, messages = await inside.leaf(chat_id, origin)
    if not stuck and shared().live.get(leaf):
        return False
    async with Studio(valves, user) as studio:
        shown = await show(inside, studio, valves, True, user_id, chat_id, origin, [job])
    if shown.unsaved:
        raise Trouble("the files cannot be fetched now", "storage_unavailable", True)
    words = shown.text.strip()
    if shown.files and "image" in shown.kinds:
        words = f"**{job['title']}** is done.\n\n{words}".strip()
    words = words or f"**{job['title']}** is done."
    if steps := next_line(shown.next_steps()):
        words += f"\n\n{steps}"
    if stuck:
        said = (asked.get("content") or "").replace(away, "").strip()
        if delivery["id"] in (asked.get("myspinbot") or []) and said:
            words = said
        elif said:
            words = f"{said}\n\n{words}"
        mid, urls = origin, {f.get("url") for f in shown.files}
        files = [f for f in asked.get("files") or [] if f.get("url") not in urls] + shown.files
        message = {"statusHistory": [*(asked.get("statusHistory") or []), {"description": "Done", "done": True}], "myspinbot_away": ""}
        marks = sorted({*(asked.get("myspinbot") or []), delivery["id"]})
    else:
        mid, files, marks = new_id, shown.files, [delivery["id"]]
        message = {"role": "assistant", "parentId": leaf, "model": target.get("model") or "", "timestamp": int(time.time())}
        message["modelName"] = "MySpinBot"
    await inside.put(
        chat_id,
        mid,
        {**message, "content": words, "files": files, "sources": shown.sources, "output": spoken(mid, words), "done": True, "myspinbot": marks},
    )
    failed = job["state"] == "failed"
    await inside.reload(user_id, chat_id, mid, f"{job['title']} {'failed' if failed else 'is done'}.")
    return True


async def handle(inside, valves, studio, delivery):
    """One claimed delivery, kept by renewing until it is shown or has failed."""
    stop = time.monotonic() + 900

    async def hold():
        while True:
            await asyncio.sleep(valves.LEASE_SECONDS / 3)
            try:
                await studio.delivery(delivery["id"], "renew", lease_seconds=valves.LEASE_SECONDS)
            except Trouble as trouble:
                log.warning("a lease was not renewed: %s", trouble)

    holding = keep(hold())
    try:
        while not await deliver(inside, valves, delivery):
            if time.monotonic() > stop:
                raise Trouble("the chat is busy", "conflict", True)
            await asyncio.sleep(1)
        await studio.delivery(delivery["id"], "ack")
    except asyncio.CancelledError:
        raise
    except Exception as error:
        log.warning("delivery %s: %s", delivery["id"], error, exc_info=not isinstance(error, Trouble))
        words = str(error) if isinstance(error, Trouble) else "Open WebUI could not show the result."
        try:
            await studio.delivery(delivery["id"], "fail", error=words[:500])
        except Trouble:
            pass
    finally:
        holding.cancel()


async def recover(inside, valves, function_id, before, suspects):
    """Replies that an earlier process left open: their jobs are announced for delivery, and one without any job is told on the second look."""
    for chat_id, message_id, user_id, model in await inside.unfinished(function_id, before):
        user = await inside.person(user_id)
        if not user or shared().live.get(message_id):
            continue
        target = {"chat": chat_id, "message": message_id, "user": user_id, "model": model}
        conversation = conversation_of(chat_id)
        async with Studio(valves, user) as studio:
            found = await studio.json("GET", "/v1/jobs", params={"conversation": conversation, "limit": "200"})
            mine = [j for j in found["jobs"] if j.get("message") in (message_id, yes_of(message_id))]
            for job in mine:
                await studio.register({"conversation": conversation, **job}, target, 5)
        if not mine and message_id in suspects:
            async with ChatLock(chat_id):
                message = await inside.message(chat_id, message_id)
                if message and not message.get("done") and not shared().live.get(message_id):
                    words = ((message.get("content") or "") + "\n\nOpen WebUI was restarted before this was begun. Say it again, or use Regenerate.").strip()
                    history = [*(message.get("statusHistory") or []), {"description": "Broken off", "done": True}]
                    await inside.put(chat_id, message_id, {"content": words, "output": spoken(message_id, words), "statusHistory": history, "done": True})
        suspects.add(message_id)


async def poll(inside, function_id, make_valves):
    """Claims late results for as long as this process lives and the function is switched on."""
    pause, busy = 1.0, set()
    began, looks, next_look, suspects = int(time.time()), 0, 0.0, set()
    while True:
        try:
            stored = await inside.valves(function_id)
            if stored is None or not make_valves(stored).POLL:
                await asyncio.sleep(10)
                continue
            valves = make_valves(stored)
            if looks < 2 and time.monotonic() >= next_look:
                try:
                    await recover(inside, valves, function_id, began, suspects)
                except Exception as error:
                    if isinstance(error, Trouble) and error.retryable:
                        raise
                    log.warning("open replies of an earlier process could not be looked for: %s", error)
                # a turn that is only about to reach this function looks the same for a moment
                looks, next_look = looks + 1, time.monotonic() + valves.RECOVER_SECONDS
            async with Studio(valves) as studio:
                room = max(1, 4 - len(busy))
                if len(busy) >= 4:
                    await asyncio.wait(busy, timeout=5, return_when=asyncio.FIRST_COMPLETED)
                    continue
                found = await studio.json(
                    "POST",
                    "/v1/deliveries/claim",
                    json={"worker": worker_name(), "limit": room, "lease_seconds": valves.LEASE_SECONDS, "wait_seconds": 0 if busy else valves.POLL_SECONDS},
                )
                for delivery in found["deliveries"]:
                    task = keep(carry(inside, valves, delivery))
                    busy.add(task)
                    task.add_done_callback(busy.discard)
                if not found["deliveries"]:
                    await asyncio.sleep(0.5)
            pause = 1.0
        except asyncio.CancelledError:
            raise
        except Trouble as trouble:
            if pause == 1.0:
                log.warning("late results cannot be asked for: %s", trouble)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 30.0)
        except Exception:
            log.exception("asking for late results broke off")
            await asyncio.sleep(pause)
            pause = min(pause * 2, 30.0)


async def carry(inside, valves, delivery):
    async with Studio(valves) as studio:
        await handle(inside, valves, studio, delivery)


# ---------------------------------------------------------------- the function


class Pipe:
    class Valves(BaseModel):
        BASE_URL: str = Field("http://127.0.0.1:4417", description="Address of the MySpinBot server as Open WebUI reaches it; from a container not localhost.")
        KEY: str = Field("", description="Access key of the MySpinBot server.", json_schema_extra={"input": {"type": "password"}})
        USER_SECRET: str = Field(
            "",
            description="The server's OPENWEBUI_USER_SECRET: jobs and files then belong to each person. Empty: all belong to the key.",
            json_schema_extra={"input": {"type": "password"}},
        )
        HOLD_SECONDS: float = Field(60, ge=0, le=86400, description="A turn waits this long for its jobs; then the result comes as a new message.")
        LIVE_CARD: bool = Field(True, description="Show a small card with progress and preview while jobs run. It is never saved.")
        CANCEL_ON_STOP: bool = Field(True, description="Stop cancels the jobs of that turn.")
        MAX_FILE_MB: int = Field(500, ge=1, le=100000, description="Larger results stay on the MySpinBot server.")
        LEASE_SECONDS: int = Field(60, ge=5, le=600, description="How long after a crash of Open WebUI a result waits before it is shown anew.")
        AWAY_SECONDS: float = Field(25, ge=0, le=3600, description="A turn waits this long for a MySpinBot server that does not answer.")
        RECOVER_SECONDS: float = Field(45, ge=0, le=3600, description="A start looks for replies left open, and so long after that for those without a job.")
        POLL: bool = Field(True, description="Bring late results into their chats.")
        POLL_SECONDS: int = Field(20, ge=0, le=25, description="How long one question for late results stays open.")

    class UserValves(BaseModel):
        recipe: bool = Field(True, description="Show how each picture was made.")
        next_steps: bool = Field(True, description="Offer what to do next.")
        dialogs: bool = Field(True, description="Ask in a dialog; otherwise in the chat.")

    def __init__(self):
        self.valves = self.Valves()
        self.inside = Inside()
        found = re.match(r"function_(.+)_[0-9a-f]{32}$", __name__)
        self.function_id = found.group(1) if found else "myspinbot"

    def start(self):
        """Starts the one poller of this process, in place of that of an older version of this function."""
        state = shared()
        watch_signals()
        loop = asyncio.get_running_loop()
        running = state.task and not state.task.done() and state.task.get_loop() is loop
        if self.inside.problem or (running and state.owner is self):
            return
        old = state.task if running else None
        state.owner = self
        state.task = loop.create_task(poll(self.inside, self.function_id, lambda stored: self.Valves(**stored)))
        if old:
            old.cancel()

    async def pipes(self):
        self.start()
        return [{"id": "agent", "name": "MySpinBot"}]

    async def pipe(self, body, __user__=None, __event_emitter__=None, __event_call__=None, __metadata__=None, __task__=None, __task_body__=None):
        metadata, user = __metadata__ or {}, __user__ or {}
        if __task__:
            return task_answer(__task__, __task_body__ or body, shared().made.get(metadata.get("chat_id") or "", set()))
        self.start()
        likes = user.get("valves") or self.UserValves()
        turn = Turn(self.inside, self.valves, likes, user, metadata, body, __event_emitter__, __event_call__)
        if body.get("stream", False):
            return (chunk_of(text) async for text in turn.run())
        return "".join([text async for text in turn.run()])
