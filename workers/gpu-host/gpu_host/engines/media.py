"""Checks of uploaded sounds and pictures before a program is started: they are there, of the right kind, of a size that works."""

from pathlib import Path

from gpu_host import mp4, pictures, wav
from gpu_host.failure import Failure
from gpu_host.inputs import Inputs

QUIETEST = 0.001
RATES = (8000, 96_000)
# a frame of 25 a second is cut off, and AAC adds a block before and after
TOLERANCE = 0.5


def need(inputs: Inputs, names: list[str]) -> None:
    missing = sorted({name for name in names if not inputs.has(name)})
    if missing:
        raise Failure("input_missing", f"Not uploaded: {', '.join(missing)}. Send each with PUT /v1/inputs/SHA256, then ask again.", 409)


def sound(inputs: Inputs, name: str, what: str, least: float, most: float) -> wav.Wav:
    """A whole WAV of 16 bits that is `least` to `most` seconds long and not silent. Failure `bad_sound`."""
    found = wav.read_wav(inputs.path(name))
    if found is None or found.bits != 16 or found.channels > 2 or not RATES[0] <= found.rate <= RATES[1]:
        raise Failure("bad_sound", f"The {what} is no whole WAV of 16 bits, one or two channels, {RATES[0]} to {RATES[1]} Hz: convert it.")
    if not least <= found.seconds <= most:
        raise Failure("bad_sound", f"The {what} is {found.seconds:.2f} s long: it must have {least:g} to {most:g} s.")
    if found.peak < QUIETEST:
        raise Failure("bad_sound", f"The {what} is silent: send one with speech.")
    return found


def picture(inputs: Inputs, name: str, least: int, most: int) -> tuple[str, int, int]:
    """(extension, width, height) of a PNG or JPEG. Failure `bad_picture`."""
    found = pictures.probe(inputs.path(name))
    if found is None or found[0] not in (".png", ".jpg"):
        raise Failure("bad_picture", "The picture is no PNG or JPEG: convert it.")
    if min(found[1:]) < least or max(found[1:]) > most:
        raise Failure("bad_picture", f"The picture is {found[1]}x{found[2]}: each side must have {least} to {most} pixels.")
    return found


def talking(path: Path, sound_seconds: float) -> None:
    """A finished video of a face that speaks: whole, with sound, as long as the sound. Failure `no_output`."""
    found = mp4.read_mp4(path)
    if found is None:
        raise Failure("no_output", "The engine ended without a whole MP4. Its log is on the GPU machine; start the run again.")
    if not found.sound:
        raise Failure("no_output", "The video has no sound. Check that ffmpeg is installed on the GPU machine, then start the run again.")
    if abs(found.seconds - sound_seconds) > TOLERANCE:
        raise Failure("no_output", f"The video is {found.seconds:.2f} s long, and the sound {sound_seconds:.2f} s. Start the run again.")
