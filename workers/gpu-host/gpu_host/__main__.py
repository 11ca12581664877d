"""`python -m gpu_host`: reads the settings, takes the data folder, serves."""

import logging
import sys

import uvicorn

from gpu_host.failure import Failure
from gpu_host.host import Host
from gpu_host.settings import environment
from gpu_host.web.app import create_app


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = environment()
        host = Host(settings)
    except Failure as failure:
        print(f"{failure.code}: {failure.message}", file=sys.stderr)
        return 2
    uvicorn.run(
        create_app(host), host=settings.host, port=settings.port, server_header=False, timeout_graceful_shutdown=5, limit_concurrency=64
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
