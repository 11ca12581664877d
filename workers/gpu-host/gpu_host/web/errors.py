"""Every error as `{"error": {"code", "message"}}`; no stack trace leaves this process."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from gpu_host.failure import Failure
from gpu_host.metrics import Metrics

SHOWN = 10
log = logging.getLogger("gpu_host")


def words(errors: list) -> str:
    """Which field, what is wrong; never the value: it may be long or private."""
    lines = [
        f"{'.'.join(str(part) for part in error['loc'] if part not in ('body', 'query', 'path')) or 'request'}: {error['msg']}"
        for error in errors
    ]
    return "; ".join(lines[:SHOWN]) + (f"; and {len(lines) - SHOWN} more" if len(lines) > SHOWN else "")


def invalid(error: ValidationError | RequestValidationError, prefix: str = "") -> Failure:
    return Failure("invalid_request", f"{prefix}{words(list(error.errors()))}.", 400)


def answer_errors(app: FastAPI, metrics: Metrics) -> None:
    def answer(failure: Failure) -> JSONResponse:
        metrics.refused.labels(failure.code).inc()
        return JSONResponse({"error": failure.view()}, failure.status)

    @app.exception_handler(Failure)
    def _failure(_: Request, error: Failure) -> JSONResponse:
        return answer(error)

    @app.exception_handler(RequestValidationError)
    def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return answer(invalid(error))

    @app.exception_handler(HTTPException)
    def _http(_: Request, error: HTTPException) -> JSONResponse:
        code = {404: "unknown_route", 405: "method_not_allowed", 416: "bad_range"}.get(error.status_code, "invalid_request")
        return answer(Failure(code, f"{error.detail}.", error.status_code))

    @app.exception_handler(Exception)
    def _unexpected(_: Request, error: Exception) -> JSONResponse:
        log.error("unexpected", exc_info=error)
        return answer(Failure("internal", "gpu-host made a mistake; its log says more.", 500))
