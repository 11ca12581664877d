"""gpu-host as a process of its own, to be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.world import World

FOLDER = Path(__file__).parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    def __init__(self, world: World):
        self.world, self.port = world, free_port()
        self.process: subprocess.Popen | None = None
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20)

    def start(self) -> None:
        env = {"PATH": os.environ["PATH"], "GPU_HOST_CONFIG": str(self.world.toml(self.port)), "PYTHONDONTWRITEBYTECODE": "1"}
        with open(self.world.folder / "service.log", "ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "gpu_host"], cwd=FOLDER, env=env, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while True:
            try:
                if self.client.get("/healthz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            assert self.process.poll() is None and time.monotonic() < deadline, (self.world.folder / "service.log").read_text()[-2000:]
            time.sleep(0.05)

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)
