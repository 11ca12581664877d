"""A run that a warm child works for, as the supervisor sees processes: alive while its order is not answered."""

from gpu_host.launch import Launch, Program
from gpu_host.watch import children
from gpu_host.watch.run import Run
from gpu_host.watch.warm import Warm
from gpu_host.watch.warm_child import Order, WarmChild


class WarmRun:
    """
    After a restart of gpu-host nothing is found again: the child ended with the old one, and the run begins anew in a new child.
    """

    def __init__(self, run: Run, engine: str, warm: Warm):
        self.run, self.engine, self.warm = run, engine, warm
        self.order = Order(run.asked.id, run.folder / "stdout.log")
        self.child: WarmChild | None = None

    def loaded(self, launch: Launch) -> bool:
        return self.warm.has(self.engine, launch)

    def start(self, launch: Launch, allowed: frozenset[Program]) -> None:
        self.child = self.warm.child(self.engine, launch, allowed)
        # not stderr.log: what a library prints of a person's text must not be read as the child's own answer
        self.child.ask(self.order, self.run.work, self.run.folder / "engine.log")

    def alive(self) -> bool:
        return self.child is not None and self.order.end is None and self.child.alive()

    def pids(self) -> list[int]:
        """None once the order is answered: the child is then no longer this run's."""
        return self.child.pids() if self.child and self.order.end != "done" else []

    def end_all(self) -> None:
        """A child that has answered well stays; one that failed or still works cannot be trusted or stopped otherwise."""
        if self.child and self.order.end != "done":
            self.warm.drop(self.child)

    def reap(self) -> None:
        children.reap(self.warm.metrics)

    @property
    def exit_code(self) -> int | None:
        if self.order.end:
            return 0 if self.order.end == "done" else 1
        return self.child.popen.poll() if self.child else None
