"""Routes of runs: start, look, follow, cancel, fetch files, delete."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gpu_host.failure import Failure
from gpu_host.host import Host
from gpu_host.watch.conclude import MEDIA
from gpu_host.watch.run import Asked
from gpu_host.web.errors import invalid
from gpu_host.web.follow import lines
from gpu_host.web.views import run_view

RUN_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
FILE = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$"
RunId = Annotated[str, Path(pattern=RUN_ID, description="The id that the caller chose.")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Start(Strict):
    id: str = Field(pattern=RUN_ID, description="Id of the attempt, chosen by the caller: the same id twice is one run.")
    engine: str = Field(max_length=64, description="Id of an engine.")
    params: dict = Field(description="The engine's parameters.")
    resume_from: str | None = Field(None, pattern=RUN_ID, description="An earlier run with the same parameters to go on from.")


class Cancel(Strict):
    keep: bool = Field(description="Whether saved states, checkpoints and samples are kept.")


def run_routes(host: Host) -> APIRouter:
    router = APIRouter(prefix="/v1/runs")

    @router.post("")
    def start(body: Start, response: Response) -> dict:
        try:
            params = host.engine(body.engine).params.model_validate(body.params)
        except ValidationError as error:
            raise invalid(error, "params: ") from error
        run, new = host.accept(Asked(body.id, body.engine, params.model_dump(mode="json"), body.resume_from), params)
        response.status_code = 201 if new else 200
        return run_view(host, run)

    @router.get("")
    def all_runs() -> dict:
        return {"runs": [run_view(host, run) for run in list(host.store.runs.values())]}

    @router.get("/{run_id}")
    def one(run_id: RunId) -> dict:
        return run_view(host, host.store.get(run_id))

    @router.get("/{run_id}/events")
    async def events(run_id: RunId, after: Annotated[int, Query(ge=0, le=10**9)] = 0, follow: bool = True) -> StreamingResponse:
        return StreamingResponse(lines(host.store.get(run_id), after, follow), media_type="application/x-ndjson")

    @router.post("/{run_id}/cancel")
    def cancel(run_id: RunId, body: Annotated[Cancel, Body()]) -> dict:
        run = host.store.get(run_id)
        host.cancel(run, body.keep)
        return run_view(host, run)

    @router.post("/{run_id}/{what}-now")
    def now(run_id: RunId, what: Annotated[str, Path(pattern="^(sample|save)$")]) -> dict:
        engine = host.engine(host.store.get(run_id).asked.engine)
        raise Failure(
            "not_supported",
            f"{engine.title} cannot {what} on request: it takes no orders while it works."
            + (f" Set {what}_every when you start it." if f"{what}_every" in engine.params.model_fields else ""),
            409,
        )

    @router.get("/{run_id}/files/{name}")
    def file(run_id: RunId, name: Annotated[str, Path(pattern=FILE)]) -> FileResponse:
        run = host.store.get(run_id)
        path = run.snapshot().files.get(name)
        if path is None or not (run.folder / path).is_file():
            raise Failure("unknown_file", "The run has no such file: `files` of the run lists them.", 404)
        return FileResponse(run.folder / path, media_type=MEDIA.get((run.folder / path).suffix), filename=name)

    @router.delete("/{run_id}", status_code=204)
    def delete(run_id: RunId) -> None:
        host.delete(host.store.get(run_id))

    return router
