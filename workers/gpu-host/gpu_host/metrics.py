"""Prometheus metrics of this process: the card, the runs of each engine, what had to be ended."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from gpu_host.gpu import Card

SECONDS = (10, 60, 300, 900, 1800, 3600, 7200, 14400, 28800)


class Metrics:
    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.runs = Counter(
            "gpu_host_runs_total", "Runs that ended, by engine, outcome and failure code.", ["engine", "outcome", "code"], registry=registry
        )
        self.seconds = Histogram(
            "gpu_host_run_seconds",
            "Time from start to end of a run, in this process's life.",
            ["engine"],
            buckets=SECONDS,
            registry=registry,
        )
        self.active = Gauge("gpu_host_active_runs", "Runs with a live process.", ["engine"], registry=registry)
        self.steps = Counter(
            "gpu_host_steps_total", "Steps done: of a training, lines of speech, frames of a face.", ["engine"], registry=registry
        )
        self.loss = Gauge("gpu_host_loss", "Latest average loss.", ["engine"], registry=registry)
        self.loads = Counter(
            "gpu_host_warm_starts_total", "Children that were started to stay loaded between runs.", ["engine"], registry=registry
        )
        self.adopted = Counter("gpu_host_adopted_runs_total", "Runs found alive after a restart.", ["engine"], registry=registry)
        self.signals = Counter("gpu_host_signals_total", "Times that a run's processes were sent a signal.", ["signal"], registry=registry)
        self.reaped = Counter("gpu_host_orphans_reaped_total", "Orphans of engines that were reaped.", registry=registry)
        self.refused = Counter("gpu_host_refused_requests_total", "Requests that were refused, by code.", ["code"], registry=registry)
        self.vram_total = Gauge("gpu_host_vram_total_bytes", "Memory of the card.", ["card"], registry=registry)
        self.vram_free = Gauge("gpu_host_vram_free_bytes", "Free memory of the card.", ["card"], registry=registry)
        self.vram_used = Gauge("gpu_host_vram_used_bytes", "Memory held by an engine's processes.", ["engine"], registry=registry)
        self.disk_free = Gauge("gpu_host_disk_free_bytes", "Free space on the disk of the data folder.", registry=registry)

    def observe(self, cards: list[Card], disk_free: int, engine_of: dict[int, str]) -> None:
        self.disk_free.set(disk_free)
        self.vram_used.clear()
        for engine in set(engine_of.values()):
            self.vram_used.labels(engine).set(
                sum(card.used_by.get(pid, 0) for card in cards for pid, name in engine_of.items() if name == engine)
            )
        for index, card in enumerate(cards):
            self.vram_total.labels(f"{index} {card.name}").set(card.total)
            self.vram_free.labels(f"{index} {card.name}").set(card.free)
