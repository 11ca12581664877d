"""The engines: one folder each, behind the port; a new one is one line in `engines`."""

from gpu_host.engines.f5_tts.engine import F5TtsEngine
from gpu_host.engines.port import Engine
from gpu_host.engines.sadtalker.engine import SadTalkerEngine
from gpu_host.engines.sd_scripts.engine import SdScriptsEngine
from gpu_host.engines.wav2lip.engine import Wav2LipEngine
from gpu_host.settings import Settings


def engines(settings: Settings) -> dict[str, Engine]:
    found: list[Engine] = [SdScriptsEngine(settings), F5TtsEngine(settings), SadTalkerEngine(settings)]
    if settings.wav2lip and settings.wav2lip.enabled:
        found.append(Wav2LipEngine(settings))
    return {engine.id: engine for engine in found}
