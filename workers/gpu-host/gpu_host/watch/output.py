"""Turns a run's growing output and files into its events."""

from gpu_host.engines.port import Engine
from gpu_host.metrics import Metrics
from gpu_host.watch.run import Run
from gpu_host.watch.tail import Tail


class Output:
    def __init__(self, run: Run, engine: Engine, params: object, metrics: Metrics):
        self.run, self.engine, self.metrics = run, engine, metrics
        snapshot = run.snapshot()
        self.reader = engine.reader(params, snapshot)  # type: ignore[arg-type]
        self.step = snapshot.step if snapshot.total is not None else -1
        out, err = run.events.offsets()
        self.tails = (Tail(run.folder / "stdout.log", out, self.reader.whole), Tail(run.folder / "stderr.log", err, self.reader.whole))

    @property
    def read_to(self) -> tuple[int, int]:
        return self.tails[0].offset, self.tails[1].offset

    def collect(self, final: bool = False) -> int:
        """Tells what is new; answers a number that grows when the engine gets on."""
        for tail in self.tails:
            for line in tail.read(final):
                for event in self.reader.read(line):
                    self.tell(dict(event))
        for entry in self.engine.found(self.run.work, self.run.snapshot()):
            self.tell({**entry.event, "_path": entry.path})
            self.reader.progress += 1
        return self.reader.progress

    def tell(self, event: dict) -> None:
        if event["type"] == "step":
            # a step is told again when its loss is known
            if event["step"] > self.step:
                self.step = event["step"]
                self.metrics.steps.labels(self.engine.id).inc()
            if event["loss"] is not None:
                self.metrics.loss.labels(self.engine.id).set(event["loss"])
        self.run.events.append(event.pop("type"), self.read_to, **event)
