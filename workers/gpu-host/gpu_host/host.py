"""Everything behind the HTTP API: accepts runs, finds them again after a restart, hands them to supervisors."""

import threading

from pydantic import BaseModel

from gpu_host.disk import need
from gpu_host.engines import engines
from gpu_host.engines.port import Engine, Point
from gpu_host.failure import Failure
from gpu_host.inputs import Inputs
from gpu_host.launch import Launch
from gpu_host.locks import CardLock, lock_folder
from gpu_host.metrics import Metrics
from gpu_host.reaper import become_subreaper
from gpu_host.settings import Settings
from gpu_host.watch.children import Children
from gpu_host.watch.conclude import conclude, resume_view
from gpu_host.watch.run import Asked, Run
from gpu_host.watch.store import Store
from gpu_host.watch.supervisor import Supervisor
from gpu_host.watch.warm import Warm
from gpu_host.watch.warm_run import WarmRun


class Host:
    def __init__(self, settings: Settings):
        self.settings = settings
        settings.data.mkdir(parents=True, exist_ok=True)
        self.folder_lock = lock_folder(settings.data)
        become_subreaper()
        self.metrics = Metrics()
        self.engines = engines(settings)
        self.inputs, self.store, self.card = Inputs(settings.data), Store(settings.data), CardLock(settings.data)
        self.warm = Warm(settings.data, self.metrics, settings.limits.term_seconds)
        self.supervisors: dict[str, Supervisor] = {}
        self.accepting = threading.Lock()

    def open(self) -> None:
        """Finds the runs of an earlier life: those that are not over are adopted or ended."""
        self.store.load()
        unfinished = [run for run in self.store.runs.values() if not run.snapshot().ended]
        self.end_survivors()
        self.warm.end_survivors()
        self.card.settle({run.asked.id for run in unfinished})
        self.inputs.tidy()
        for run in unfinished:
            if self.card.owner() in (None, run.asked.id):
                self.supervise(run)
            else:
                self.give_up(run)

    def end_survivors(self) -> None:
        """A run may be over while a process of it could not be ended: the card is not given away before."""
        run = self.store.runs.get(self.card.owner() or "")
        if run and run.snapshot().ended:
            Children(run, self.metrics, self.settings.limits.term_seconds).end_all()

    def give_up(self, run: Run) -> None:
        """We died before its end was written down, and the card had gone to another: it is judged by its files."""
        engine = self.engine(run.asked.engine)
        children = Children(run, self.metrics, self.settings.limits.term_seconds)
        children.end_all()
        conclude(run, engine, engine.params.model_validate(run.asked.params), self.metrics, None, None, threading.Lock())

    def close(self) -> None:
        for supervisor in list(self.supervisors.values()):
            supervisor.stop()
        for supervisor in list(self.supervisors.values()):
            supervisor.thread.join()
        self.warm.unload()

    def engine(self, name: str) -> Engine:
        engine = self.engines.get(name)
        if engine is None:
            raise Failure("unknown_engine", f"There is no engine {name!r}. There are: {', '.join(self.engines)}.", 404)
        return engine

    def accept(self, asked: Asked, params: BaseModel) -> tuple[Run, bool]:
        """The same id twice is one run. True if it is new."""
        with self.accepting:
            if asked.id in self.store.runs:
                run = self.store.get(asked.id)
                if run.asked != asked:
                    raise Failure("run_conflict", "That id was used for another request: give each attempt an id of its own.", 409)
                return run, False
            engine = self.engine(asked.engine)
            owner = self.card.owner()
            if owner is not None:
                raise Failure("card_busy", f"The card works on run {owner}: wait for its end or cancel it.", 409)
            engine.check(params, self.inputs)
            if asked.resume_from:
                self.point_of(asked)
            need(self.settings.data, engine.disk_need(params), self.settings.limits.free_bytes)
            self.card.take(asked.id)
            try:
                run = self.store.create(asked)
            except BaseException:
                self.card.release(asked.id)
                raise
            self.supervise(run)
            return run, True

    def point_of(self, asked: Asked) -> Point:
        """The saved state that a run is to go on from; never silently from zero."""
        assert asked.resume_from is not None
        earlier = self.store.get(asked.resume_from)
        if not earlier.snapshot().ended:
            raise Failure("run_active", f"Run {earlier.asked.id} still works: cancel it first.", 409)
        if (earlier.asked.engine, earlier.asked.params) != (asked.engine, asked.params):
            raise Failure(
                "resume_mismatch",
                "The settings differ from those of the run to go on from: send the same, or start anew without resume_from.",
                409,
            )
        engine = self.engine(asked.engine)
        point = engine.resume_point(earlier.work, engine.params.model_validate(earlier.asked.params))
        if point is None:
            raise Failure("nothing_to_resume", f"Run {earlier.asked.id} has no whole saved state: start anew without resume_from.", 409)
        return point

    def supervise(self, run: Run) -> None:
        engine = self.engine(run.asked.engine)

        def launch() -> tuple[Launch, Point | None]:
            self.warm.unload(but=engine.id)  # one engine has the card
            point = self.point_of(run.asked) if run.asked.resume_from else None
            return engine.prepare(run.asked.id, engine.params.model_validate(run.asked.params), run.work, self.inputs, point), point

        def done(run: Run) -> None:
            self.card.release(run.asked.id)
            self.supervisors.pop(run.asked.id, None)

        children = WarmRun(run, engine.id, self.warm) if engine.warm else Children(run, self.metrics, self.settings.limits.term_seconds)
        supervisor = Supervisor(run, engine, self.settings.limits, self.metrics, children, launch, done)
        self.supervisors[run.asked.id] = supervisor
        self.card.take(run.asked.id)
        supervisor.start()

    def cancel(self, run: Run, keep: bool) -> None:
        supervisor = self.supervisors.get(run.asked.id)
        if supervisor:
            supervisor.cancel(keep)

    def unload(self) -> list[str]:
        """Ends the children that only wait; no run is ended for it."""
        with self.accepting:
            owner = self.card.owner()
            run = self.store.runs.get(owner or "")
            if run and self.engine(run.asked.engine).warm:
                raise Failure("card_busy", f"The card works on run {owner}: wait for its end or cancel it.", 409)
            return self.warm.unload()

    def delete(self, run: Run) -> None:
        with self.accepting:
            if not run.snapshot().ended:
                raise Failure("run_active", "The run still works: cancel it first.", 409)
            engine = self.engine(run.asked.engine)
            inputs = engine.inputs_of(engine.params.model_validate(run.asked.params))
            self.store.delete(run)
            self.inputs.drop_unused(inputs)

    def resume_of(self, run: Run) -> dict | None:
        engine = self.engine(run.asked.engine)
        state = run.snapshot().state
        return resume_view(run, engine, engine.params.model_validate(run.asked.params)) if state in ("failed", "canceled") else None

    def engine_of_pids(self) -> dict[int, str]:
        running = {pid: supervisor.engine.id for supervisor in list(self.supervisors.values()) for pid in supervisor.children.pids()}
        return running | self.warm.engine_of_pids()
