"""Before any route: who may ask, from where, and how large a body may be (an upload is counted again as it comes)."""

import hmac
import json

from starlette.types import ASGIApp, Receive, Scope, Send

from gpu_host.failure import Failure
from gpu_host.settings import Settings, loopback

OPEN = ("/healthz",)


def header(scope: Scope, name: bytes) -> bytes | None:
    return next((value for key, value in scope["headers"] if key == name), None)


def host_name(value: bytes) -> str:
    text = value.decode("latin-1")
    return text[1 : text.find("]")] if text.startswith("[") else text.rsplit(":", 1)[0]


class Guard:
    def __init__(self, app: ASGIApp, settings: Settings):
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            self.admit(scope)
        except Failure as failure:
            await refuse(send, failure)
            return
        upload = scope["path"].startswith("/v1/inputs/")
        if header(scope, b"transfer-encoding") is not None and not upload:
            await refuse(send, Failure("length_required", "Send the body with its Content-Length.", 411))
            return
        limit = self.settings.limits.upload_bytes if upload else self.settings.limits.body_bytes
        length = header(scope, b"content-length")
        if length is not None and (not length.isdigit() or int(length) > limit):
            await refuse(send, Failure("too_large", f"A body may have {limit} bytes at most here.", 413))
            return
        await self.app(scope, receive, send)

    def admit(self, scope: Scope) -> None:
        if header(scope, b"origin") is not None:
            raise Failure("browser_refused", "No web page may call gpu-host: call it from a server.", 403)
        if scope["path"] in OPEN:
            return
        if self.settings.key is None:
            # a name that resolves to us must not let a page in
            if not loopback(host_name(header(scope, b"host") or b"")):
                raise Failure("host_refused", "Without a key gpu-host answers only to 127.0.0.1 and localhost.", 403)
            return
        given = (header(scope, b"authorization") or b"").removeprefix(b"Bearer ")
        if not hmac.compare_digest(given, self.settings.key.encode()):
            raise Failure("unauthorized", "Send `Authorization: Bearer KEY` with the value of GPU_HOST_KEY.", 401)


async def refuse(send: Send, failure: Failure) -> None:
    body = json.dumps({"error": failure.view()}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
    if failure.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": failure.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
