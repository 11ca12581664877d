"""`python -m tests.kills --runs 50 --seed 1`: kill -9 of the trainer and of gpu-host at random steps; what must be left is counted."""

import argparse
import collections
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

from gpu_host.engines.sd_scripts.outputs import STATE, named, state_step
from gpu_host.identity import stat_of
from gpu_host.members import pids
from gpu_host.reaper import become_subreaper, reap_orphans
from gpu_host.safetensors_file import read_header
from tests.conftest import ended, leftovers, until
from tests.service import Service
from tests.world import World, training, upload

STEPS, SAVE = 40, 8
TARGETS = ("trainer", "gpu-host", "both", "gpu-host while it accepts")


class Kills:
    def __init__(self, folder: Path, seed: int):
        self.world, self.random, self.count = World(folder), random.Random(seed), collections.Counter()
        self.world.fault(step_seconds=0.06)
        self.service = Service(self.world)
        self.service.start()
        upload(self.service.client)
        self.post("reference")
        until(self.service.client, ended, "reference")
        self.expected = self.weights("reference")

    def post(self, run: str, resume_from: str | None = None) -> None:
        body = {
            "id": run,
            "engine": "sd-scripts",
            "params": training(steps=STEPS, save_every=SAVE, sample_every=10),
            "resume_from": resume_from,
        }
        response = self.service.client.post("/v1/runs", json=body)
        assert response.status_code in (200, 201), response.text

    def weights(self, run: str) -> bytes:
        return (self.world.settings.data / f"runs/{run}/work/out/lora.safetensors").read_bytes()[-64:]

    def kill_host(self) -> None:
        self.service.kill()
        reap_orphans(set())

    def strike(self, run: str, target: str) -> None:
        """At a random step and a random moment within it."""
        step = self.random.randint(0, STEPS - 4)
        until(self.service.client, lambda view: ended(view) or (view["state"] == "running" and view["step"] >= step), run)
        time.sleep(self.random.uniform(0, 0.05))
        if target != "trainer":
            self.kill_host()
        if target != "gpu-host":
            for pid in leftovers(self.world):
                os.kill(pid, signal.SIGKILL)
        if target != "trainer":
            time.sleep(self.random.uniform(0, 0.3))
            reap_orphans(set())
            self.service.start()

    def accept(self, run: str) -> None:
        """The answer is lost: asked again with the same id, it is one run."""
        timer = threading.Timer(self.random.uniform(0, 0.06), self.kill_host)
        timer.start()
        try:
            self.post(run)
        except httpx.TransportError:
            self.count["answers lost"] += 1
        timer.join()
        self.service.start()
        self.post(run)

    def one(self, number: int) -> None:
        target = TARGETS[number % len(TARGETS)]
        run = f"k{number}"
        if target == TARGETS[3]:
            self.accept(run)
        else:
            self.post(run)
            self.strike(run, target)
        view, tries = until(self.service.client, ended, run), 0
        first = "went on to its end" if view["state"] == "succeeded" else "resume available" if view["resume"] else "nothing saved yet"
        self.count[f"{target}: {first}"] += 1
        while view["state"] != "succeeded":
            assert view["failure"]["code"] == "interrupted", view
            self.honest(view, run)
            tries += 1
            again = f"{run}r{tries}"
            self.post(again, run if view["resume"] else None)
            if tries == 1 and self.random.random() < 0.4:
                self.strike(again, self.random.choice(TARGETS[:3]))
                self.count["struck again"] += 1
            before, run = view, again
            view = until(self.service.client, ended, run)
            if before["resume"] and view["resumed_from_step"] != before["resume"]["step"]:
                self.count["BAD not resumed from its state"] += 1
        if self.weights(run) != self.expected:
            self.count["BAD result differs from an uninterrupted training"] += 1
        self.check()

    def honest(self, view: dict, run: str) -> None:
        """The newest state that was told of before the kill is not lost: the step before the end at worst."""
        told = self.service.client.get(f"/v1/runs/{run}/events?follow=false").text.splitlines()
        saved = [
            event["step"] for event in map(json.loads, told) if event["type"] == "saved" and event["name"] is None and event["step"] < STEPS
        ]
        if saved and (view["resume"] or {"step": 0})["step"] < max(saved):
            self.count["BAD saved state lost"] += 1

    def check(self) -> None:
        data = self.world.settings.data
        host = self.service.process.pid if self.service.process else 0
        self.count["BAD processes left"] += len(leftovers(self.world))
        self.count["BAD zombies of gpu-host"] += sum(
            (stat := stat_of(pid)) is not None and stat.state == "Z" and stat.ppid == host for pid in pids()
        )
        self.count["BAD locks left"] += len(list(data.glob("card*")))
        halves = (
            [path for path in data.rglob("*.safetensors") if read_header(path) is None]
            + list(data.rglob("*.part"))
            + list(data.rglob(".new-*"))
        )
        halves += [path for out in data.glob("runs/*/work/out") for path, match in named(out, STATE) if state_step(path) != int(match[1])]
        self.count["BAD half files"] += len(halves)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    become_subreaper()
    with tempfile.TemporaryDirectory() as folder:
        kills = Kills(Path(folder), options.seed)
        try:
            for number in range(options.runs):
                kills.one(number)
                print(f"\r{number + 1}/{options.runs}", end="", file=sys.stderr, flush=True)
        finally:
            kills.service.stop()
    bad = sum(count for name, count in kills.count.items() if name.startswith("BAD"))
    print(f"\nseed {options.seed}, {options.runs} runs")
    for name, count in sorted(kills.count.items()):
        print(f"{count:4d}  {name}")
    print(f"{options.runs - bad} passed, {bad} failed" if bad <= options.runs else f"0 passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
