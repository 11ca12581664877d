"""The thread that carries one run from accepted to its end: starts or adopts its processes, watches, ends and judges them."""

import logging
import threading
import time
import traceback
from collections.abc import Callable
from typing import Protocol

from gpu_host.disk import free_bytes
from gpu_host.engines.port import Engine, Point, again
from gpu_host.failure import Failure
from gpu_host.launch import Launch, Program
from gpu_host.metrics import Metrics
from gpu_host.settings import Limits
from gpu_host.watch.conclude import conclude
from gpu_host.watch.output import Output
from gpu_host.watch.run import Run

TICK, RETRY_SECONDS = 0.2, 5
log = logging.getLogger("gpu_host")


class Processes(Protocol):
    """The processes of one run, or a warm child's work for it."""

    def loaded(self, launch: Launch) -> bool: ...
    def start(self, launch: Launch, allowed: frozenset[Program]) -> None: ...
    def alive(self) -> bool: ...
    def pids(self) -> list[int]: ...
    def end_all(self) -> None: ...
    def reap(self) -> None: ...
    @property
    def exit_code(self) -> int | None: ...


class Supervisor:
    def __init__(
        self,
        run: Run,
        engine: Engine,
        limits: Limits,
        metrics: Metrics,
        children: Processes,
        launch: Callable[[], tuple[Launch, Point | None]],
        done: Callable[[Run], None],
    ):
        self.run, self.engine, self.limits, self.metrics = run, engine, limits, metrics
        self.children, self.launch, self.done = children, launch, done
        self.params = engine.params.model_validate(run.asked.params)
        self.wake = threading.Event()
        self.stopping = False
        self.turn = threading.Lock()
        self.thread = threading.Thread(target=self.life, name=f"run {run.asked.id}")

    def start(self) -> None:
        self.thread.start()

    def cancel(self, keep: bool) -> None:
        """Written down first: a restart in between still cancels."""
        with self.turn:
            if self.run.snapshot().state in ("preparing", "running"):
                self.run.events.append("canceling", keep=keep)
        self.wake.set()

    def stop(self) -> None:
        """gpu-host is told to stop: the card must be free afterwards."""
        self.stopping = True
        self.wake.set()

    def life(self) -> None:
        began, cause = time.monotonic(), None
        output: Output | None = None
        self.metrics.active.labels(self.engine.id).inc()
        try:
            try:
                self.begin()
                output = Output(self.run, self.engine, self.params, self.metrics)
                self.watch(output)
            except Failure as failure:
                cause = failure
            except OSError as error:
                log.error("run %s: %s", self.run.asked.id, traceback.format_exc())
                cause = disk_or_engine(error, self.engine)
            self.children.end_all()
            if output:
                try:
                    output.collect(final=True)
                except Failure as failure:  # it may have ended before it was looked at
                    cause = cause or failure
            # before the end is told: who hears of it may ask for the card at once
            self.done(self.run)
            conclude(self.run, self.engine, self.params, self.metrics, cause, self.children.exit_code, self.turn)
        except Exception as error:
            log.error("run %s: %s", self.run.asked.id, traceback.format_exc())
            self.last_words(error)
        finally:
            self.metrics.active.labels(self.engine.id).dec()
            self.metrics.seconds.labels(self.engine.id).observe(time.monotonic() - began)
            if not self.children.pids():  # what cannot be ended still holds the card
                self.done(self.run)

    def last_words(self, error: Exception) -> None:
        """An end that cannot be written (a full disk) is tried again: a run that is over must not look alive."""
        message = f"gpu-host could not carry the run on ({type(error).__name__}); its log says more."
        while not self.run.snapshot().ended:
            try:
                self.run.events.append("failed", code="engine_error", message=message, resume=None)
            except OSError:
                if self.stopping:
                    return
                self.wake.clear()
                self.wake.wait(RETRY_SECONDS)

    def canceling(self) -> bool:
        return self.run.snapshot().state == "canceling"

    def begin(self) -> None:
        if self.run.process is not None:
            if self.children.alive():
                self.metrics.adopted.labels(self.engine.id).inc()
                self.run.events.append("adopted")
            return
        # a spawn whose process was never written down is moments old: nothing is lost by a new one
        self.children.end_all()
        if self.canceling() or self.stopping:
            return
        self.run.events.append("stage", name="preparing")
        launch, point = self.launch()
        for name in ("stdout.log", "stderr.log"):
            (self.run.folder / name).unlink(missing_ok=True)
        with self.turn:
            if not self.canceling():
                self.run.events.append("started", (0, 0), resumed_from_step=point.step if point else 0)
        if not self.canceling():
            if not self.children.loaded(launch):
                self.run.events.append("stage", name="loading")
            self.children.start(launch, self.engine.programs())

    def watch(self, output: Output) -> None:
        progress, moved = -1, time.monotonic()
        while self.children.alive():
            now = output.collect()
            if now != progress:
                progress, moved = now, time.monotonic()
            if self.canceling():
                return
            if self.stopping:
                raise Failure("interrupted", f"gpu-host was stopped; {again(self.engine)}.")
            if time.monotonic() - moved > self.limits.stall_seconds:
                raise Failure(
                    "stalled",
                    f"Nothing moved for {self.limits.stall_seconds:g} s. Check that nothing else uses the card, then {again(self.engine)}.",
                )
            if free_bytes(self.run.folder) < self.limits.free_bytes // 2:
                raise Failure("disk_full", f"The disk is nearly full. Delete old runs, then {again(self.engine)}.")
            self.children.reap()
            self.wake.wait(TICK)


def disk_or_engine(error: OSError, engine: Engine) -> Failure:
    if error.errno == 28:
        return Failure("disk_full", f"The disk ran full. Delete old runs, then {again(engine)}.")
    return Failure("engine_error", f"The program could not be started or read ({type(error).__name__}). The log of gpu-host says more.")
