"""The FastAPI application over a host."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Path, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool

from gpu_host import VERSION
from gpu_host.disk import free_bytes, need
from gpu_host.gpu import cards
from gpu_host.host import Host
from gpu_host.settings import SHA256
from gpu_host.web.errors import answer_errors
from gpu_host.web.guard import Guard
from gpu_host.web.run_routes import run_routes
from gpu_host.web.views import engine_view, gpu_view


def create_app(host: Host) -> FastAPI:
    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(host.open)
        yield
        await run_in_threadpool(host.close)

    app = FastAPI(title="gpu-host", version=VERSION, lifespan=life, docs_url=None, redoc_url=None)
    app.add_middleware(Guard, settings=host.settings)
    answer_errors(app, host.metrics)
    app.include_router(run_routes(host))

    @app.get("/healthz")
    def healthz() -> dict:
        return {"ok": True, "version": VERSION}

    @app.get("/v1/engines")
    def all_engines() -> dict:
        return {"engines": [engine_view(engine) for engine in host.engines.values()]}

    @app.get("/v1/gpu")
    def gpu() -> dict:
        return gpu_view(cards(), host.engine_of_pids(), host.card.owner())

    @app.post("/v1/unload")
    def unload() -> dict:
        return {"unloaded": host.unload()}

    @app.put("/v1/inputs/{sha256}")
    async def put(sha256: Annotated[str, Path(pattern=SHA256)], request: Request, response: Response) -> dict:
        need(host.settings.data, host.settings.limits.upload_bytes, host.settings.limits.free_bytes)
        new = await host.inputs.put(sha256, request.stream(), host.settings.limits.upload_bytes)
        response.status_code = 201 if new else 200
        return {"sha256": sha256}

    @app.get("/metrics")
    def metrics() -> Response:
        host.metrics.observe(cards(), free_bytes(host.settings.data), host.engine_of_pids())
        return Response(generate_latest(host.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return app
