"""A small stand-in for our server: turns, jobs, files and deliveries in memory, on a free port of loopback."""

import asyncio
import hashlib
import json
from contextlib import asynccontextmanager

from aiohttp import web

PICTURE = b"\x89PNG\r\n\x1a\n" + b"picture" * 100


class FakeStudio:
    def __init__(self):
        self.key = "a-key-of-16-chars"
        self.turns, self.uploads, self.headers, self.canceled, self.calls = [], [], [], [], []
        self.jobs, self.deliveries, self.files = {}, {}, {}
        self.script = lambda turn: [{"type": "text", "text": "Hello."}, self.done()]
        self.has_deliveries, self.takes_delivery = True, True
        self.questions, self.answers = {}, []
        self.release = asyncio.Event()
        self.old = False
        self.brought, self.sending, self.most_at_once, self.upload_seconds = {}, 0, 0, 0

    # -- what scripts are made of

    def job(self, state="succeeded", number=1, artifacts=None, **more):
        job = {
            "id": f"job_{number}",
            "tool": "render_image",
            "title": "render_image: a red fox",
            "state": state,
            "artifacts": [] if artifacts is None else artifacts,
            "conversation": "owui-chat-1",
            "message": "message-1",
            **more,
        }
        self.jobs[job["id"]] = job
        return job

    def artifact(self, name="fox.png", media_type="image/png", data=PICTURE, number=1):
        self.files[name] = data
        return {
            "id": f"art_{number}",
            "name": name,
            "media_type": media_type,
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "path": f"/v1/files/art_{number}/{name}",
            "preview": False,
            "recipe": {"tool": "render_image", "input": {"prompt": "a red fox", "seed": 42}, "engine": {"id": "preview", "version": "1"}},
        }

    def done(self, *jobs):
        return {"type": "done", "conversation": "c", "message": "m", "planner": "rules", "jobs": list(jobs)}

    # -- routes

    @web.middleware
    async def guard(self, request, handler):
        self.headers.append(dict(request.headers))
        self.calls.append(f"{request.method} {request.path}")
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return web.json_response({"error": {"code": "unauthorized", "message": "no", "retryable": False}}, status=401)
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return web.json_response({"error": {"code": "unknown_route", "message": "no", "retryable": False}}, status=404)

    async def chat(self, request):
        turn = await request.json()
        if "delivery" in turn and not self.takes_delivery:
            words = "The request does not fit. (body): there is no field delivery."
            return web.json_response({"error": {"code": "invalid_input", "message": words, "retryable": False}}, status=400)
        self.turns.append(turn)
        before = set(self.jobs)
        parts = list(self.script(turn))
        # one commit with the jobs, whether or not a byte of it is ever told
        owed = {}
        for part in [{"type": "job", "job": self.jobs[new]} for new in self.jobs.keys() - before] + [p for p in parts if isinstance(p, dict)]:
            if part["type"] == "job" and "delivery" in turn and "delivery" not in part:
                owed[part["job"]["id"]] = self.owe({**turn["delivery"], "message": turn["message"], "job": part["job"]["id"]})["id"]
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        for part in parts:
            if part == "wait":
                await self.release.wait()
            elif part == "cut":
                request.transport.close()
                return answer
            else:
                if part["type"] == "job" and part["job"]["id"] in owed:
                    part = {**part, "delivery": owed.pop(part["job"]["id"])}
                await answer.write(f"event: {part['type']}\ndata: {json.dumps(part)}\n\n".encode())
        return answer

    async def limits(self, request):
        if self.old:
            raise web.HTTPNotFound
        return web.json_response({"file_bytes": 1_000_000, "picture_bytes": 50_000, "attachments": 400, "text_characters": 32_000})

    async def find(self, request):
        if self.old:
            raise web.HTTPNotFound
        known = self.brought.get(request.query["sha256"])
        return web.json_response({"files": [{"id": known}] if known else []})

    async def upload(self, request):
        self.sending += 1
        self.most_at_once = max(self.most_at_once, self.sending)
        data = await request.read()
        await asyncio.sleep(self.upload_seconds)
        self.sending -= 1
        if data.startswith(b"only words"):
            return web.json_response({"error": {"code": "unsupported_media", "message": "The file is text.", "retryable": False}}, status=415)
        self.uploads.append((request.query["name"], data))
        digest = hashlib.sha256(data).hexdigest()
        self.brought[digest] = f"art_up{len(self.uploads)}"
        return web.json_response({"id": self.brought[digest], "sha256": digest}, status=201)

    async def download(self, request):
        return web.Response(body=self.files[request.match_info["name"]])

    async def get_job(self, request):
        return web.json_response(self.jobs[request.match_info["id"]])

    async def list_jobs(self, request):
        return web.json_response({"jobs": list(self.jobs.values())})

    async def cancel(self, request):
        job = self.jobs[request.match_info["id"]]
        job["state"] = "canceled"
        self.canceled.append(job["id"])
        return web.json_response(job)

    def owe(self, body):
        return self.deliveries.setdefault(body["job"], {**body, "id": f"dlv_{body['job']}", "log": []})

    async def look_at_question(self, request):
        return web.json_response({"id": request.match_info["id"], "fields": self.questions[request.match_info["id"]]})

    async def answer_question(self, request):
        self.answers.append((request.match_info["id"], await request.json()))
        return web.json_response({"id": request.match_info["id"]})

    async def create(self, request):
        if not self.has_deliveries:
            raise web.HTTPNotFound
        body = await request.json()
        delivery = self.owe(body)
        return web.json_response({"delivery": delivery}, status=201)

    async def change(self, request):
        for delivery in self.deliveries.values():
            if delivery["id"] == request.match_info["id"]:
                delivery["log"].append((request.match_info["what"], await request.json()))
        return web.json_response({"delivery": {}})

    @asynccontextmanager
    async def running(self):
        app = web.Application(middlewares=[self.guard], client_max_size=100_000_000)
        app.router.add_post("/v1/chat", self.chat)
        app.router.add_post("/v1/files", self.upload)
        app.router.add_get("/v1/files", self.find)
        app.router.add_get("/v1/limits", self.limits)
        app.router.add_get("/v1/files/{id}/{name}", self.download)
        app.router.add_get("/v1/jobs", self.list_jobs)
        app.router.add_get("/v1/jobs/{id}", self.get_job)
        app.router.add_post("/v1/jobs/{id}/cancel", self.cancel)
        app.router.add_get("/v1/approvals/{id}", self.look_at_question)
        app.router.add_post("/v1/approvals/{id}", self.answer_question)
        app.router.add_post("/v1/deliveries", self.create)
        app.router.add_post("/v1/deliveries/{id}/{what}", self.change)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            self.release.set()
            await runner.cleanup()

    def log_of(self, job="job_1"):
        return [what for what, _ in self.deliveries[job]["log"]]
