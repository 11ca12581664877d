"""Whether each line was spoken: its file, probed, never the program's word alone. Otherwise why, and what to do."""

from pathlib import Path

from gpu_host.engines.f5_tts.params import Speak, SpokenLine, without_brackets
from gpu_host.engines.media import QUIETEST
from gpu_host.engines.plain import OUT
from gpu_host.failure import Failure
from gpu_host.watch.snapshot import Snapshot
from gpu_host.wav import Wav, read_wav

RATE = 24_000
REFERENCE = "reference.wav"
# a text of fewer bytes is spoken at 0.3 of the speed
SHORT_BYTES, SHORT_SPEED = 10, 0.3
REMEDIES = {
    "out_of_memory": "The card's memory ran out. Free the card (unload the chat model), or send shorter lines.",
    "disk_full": "The disk ran full. Delete old runs, then start the run again.",
    "wrong_torch": "The installed torch has no kernels for this card or does not fit its driver. Install requirements-voice.txt, and a driver for CUDA 12.8 or newer.",
    "model_damaged": "The weights do not fit the model's architecture, or are damaged. Check architecture and vocab in the settings, or copy the file again.",
    "model_missing": "F5-TTS looked for a file that is not on this machine. Check GET /v1/engines, checkpoint, vocab and vocoder in the settings.",
    "bad_sound": "F5-TTS could not read the reference. Send a WAV of 16 bits.",
}


def name_of(number: int) -> str:
    return f"line-{number}.wav"


def expected_seconds(params: Speak, line: SpokenLine, reference: float) -> float:
    """As F5-TTS reckons: as fast as the reference is spoken."""
    text, said = (len(without_brackets(words).encode()) for words in (line.text, params.transcript))
    speed = SHORT_SPEED if text < SHORT_BYTES else params.speed
    return reference * text / max(said, 1) / speed


def problem(sound: Wav | None, expected: float) -> str | None:
    if sound is None or (sound.rate, sound.channels, sound.bits) != (RATE, 1, 16):
        return f"is no whole WAV of {RATE} Hz, mono, 16 bits"
    if sound.peak < QUIETEST:
        return "is silent"
    # wide: silence at the reference's edges is cut before F5-TTS reckons
    if not max(0.05, expected / 10 - 0.5) <= sound.seconds <= expected * 4 + 5:
        return f"is {sound.seconds:.2f} s long, and about {expected:.2f} s were expected"
    return None


def results(work: Path, params: Speak) -> list[Path]:
    reference = read_wav(work / REFERENCE)
    paths = []
    for number, line in enumerate(params.lines):
        path = work / OUT / name_of(number)
        wrong = problem(read_wav(path), expected_seconds(params, line, reference.seconds if reference else 12))
        if wrong:
            raise Failure("no_output", f"Line {number + 1} of {len(params.lines)} {wrong}. Start the run again, or change its text.")
        paths.append(path)
    return paths


def explain(snapshot: Snapshot, exit_code: int | None) -> tuple[str, str]:
    for code, remedy in REMEDIES.items():
        if code in snapshot.log_classes:
            return code, remedy
    if exit_code == 0:
        return "no_output", "F5-TTS ended without an error and without all lines. Its log is on the GPU machine; start the run again."
    if "engine_error" not in snapshot.log_classes and (exit_code is None or exit_code < 0):
        return "interrupted", "F5-TTS was ended from outside. Start the run again."
    return "engine_error", "F5-TTS ended with an error. Its log is on the GPU machine; try other text or another reference."
