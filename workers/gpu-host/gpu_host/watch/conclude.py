"""The end of a run: judged by its files, told once, with nothing half left behind."""

import shutil
import threading

from pydantic import BaseModel

from gpu_host.engines.port import Engine
from gpu_host.failure import Failure
from gpu_host.hashing import sha256_of
from gpu_host.metrics import Metrics
from gpu_host.watch.run import Run

MEDIA = {".safetensors": "application/octet-stream", ".png": "image/png", ".wav": "audio/wav", ".mp4": "video/mp4"}


def resume_view(run: Run, engine: Engine, params: BaseModel) -> dict | None:
    """Whether another run can go on from here, as the folder stands now."""
    point = engine.resume_point(run.work, params)
    return {"step": point.step, "total": engine.total(params)} if point else None


def conclude(
    run: Run, engine: Engine, params: BaseModel, metrics: Metrics, cause: Failure | None, exit_code: int | None, turn: threading.Lock
) -> None:
    with turn:  # a cancel comes before the end or not at all
        snapshot = run.snapshot()
        if snapshot.ended:
            return
        if snapshot.state == "canceling":
            canceled(run, engine, params, snapshot.keep)
            metrics.runs.labels(engine.id, "canceled", "").inc()
            return
        try:
            if cause:
                raise cause
            succeeded(run, engine, params, exit_code)
            metrics.runs.labels(engine.id, "succeeded", "").inc()
        except Failure as failure:
            if failure.code == "no_output":
                code, message = engine.explain(snapshot, exit_code)
                failure = failure if exit_code == 0 and code == "no_output" else Failure(code, message)
            if failure.code == "resume_failed":  # made from a wrong beginning
                engine.forget(run.work)
            engine.sweep(run.work, succeeded=False)
            run.events.append("failed", **failure.view(), resume=resume_view(run, engine, params))
            metrics.runs.labels(engine.id, "failed", failure.code).inc()


def canceled(run: Run, engine: Engine, params: BaseModel, keep: bool) -> None:
    if keep:
        engine.sweep(run.work, succeeded=False)
    else:
        shutil.rmtree(run.work, ignore_errors=True)
    run.events.append("canceled", kept=keep, resume=resume_view(run, engine, params))


def succeeded(run: Run, engine: Engine, params: BaseModel, exit_code: int | None) -> None:
    paths = engine.results(run.asked.id, run.work, params)
    files = [
        {"name": path.name, "sha256": sha256_of(path), "bytes": path.stat().st_size, "media_type": MEDIA[path.suffix]} for path in paths
    ]
    if exit_code not in (0, None):
        run.events.append("warning", code="exit_code", message=f"The result is whole, but the program ended with exit code {exit_code}.")
    engine.sweep(run.work, succeeded=True)
    run.events.append("succeeded", files=files, _paths={path.name: str(path.relative_to(run.folder)) for path in paths})
