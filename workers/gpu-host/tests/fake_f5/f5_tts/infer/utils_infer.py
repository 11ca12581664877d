"""The parts of f5-tts that its users reach for: caches, the transcriber, the pool of threads."""

import hashlib
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor

_ref_audio_cache: dict[str, str] = {}
_ref_text_cache: dict[str, str] = {}


def transcribe(ref_audio: str, language: str | None = None) -> str:
    raise AssertionError("would download a transcriber")


def preprocess_ref_audio_text(ref_audio_orig: str, ref_text: str) -> tuple[str, str]:
    print("Converting audio...")
    with open(ref_audio_orig, "rb") as file:
        digest = hashlib.md5(file.read()).hexdigest()
    if digest not in _ref_audio_cache:
        with tempfile.NamedTemporaryFile(suffix=".wav", delete=False) as part:
            _ref_audio_cache[digest] = part.name
        shutil.copy(ref_audio_orig, part.name)
    else:
        print("Using cached preprocessed reference audio...")
    open(_ref_audio_cache[digest], "rb").close()
    if not ref_text.strip():
        ref_text = transcribe(_ref_audio_cache[digest])
    print("\nref_text  ", ref_text)
    return _ref_audio_cache[digest], ref_text


def batches(texts: list[str]) -> list[str]:
    """All at once, as there: their order shows how many work at a time."""
    order: list[str] = []
    with ThreadPoolExecutor() as pool:
        for future in [pool.submit(order.append, text) for text in texts]:
            future.result()
    return order
