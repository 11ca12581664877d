"""The engines: one folder or file each, behind the port; a new one is one line in `engines`."""

from gpu_host.engines.port import Engine
from gpu_host.engines.sd_scripts.engine import SdScriptsEngine
from gpu_host.settings import Settings


def engines(settings: Settings) -> dict[str, Engine]:
    return {engine.id: engine for engine in [SdScriptsEngine(settings)]}
