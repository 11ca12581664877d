"""The picture or video whose lips are to move: what it is, and whether Wav2Lip can take it."""

from dataclasses import dataclass
from pathlib import Path

from gpu_host import mp4, pictures
from gpu_host.engines.wav2lip.params import FPS, LEAST_PIXELS, MOST_BYTES, MOST_PIXELS
from gpu_host.failure import Failure


@dataclass(frozen=True)
class Face:
    extension: str
    width: int
    height: int
    frames: int


def face_of(path: Path) -> Face | None:
    picture = pictures.probe(path)
    if picture and picture[0] == ".png":
        return Face(*picture, frames=1)
    video = mp4.read_mp4(path)
    return Face(".mp4", video.width, video.height, video.frames) if video else None


def check_face(path: Path, sound_seconds: float) -> None:
    """Failure `bad_picture`."""
    face = face_of(path)
    if face is None:
        raise Failure("bad_picture", "The face is no PNG and no whole MP4 with a moving picture: convert it.")
    if min(face.width, face.height) < LEAST_PIXELS or max(face.width, face.height) > MOST_PIXELS:
        raise Failure("bad_picture", f"The face is {face.width}x{face.height}: each side must have {LEAST_PIXELS} to {MOST_PIXELS} pixels.")
    if face.width % 2 or face.height % 2:  # its last step, H.264, would write nothing
        raise Failure("bad_picture", f"The face is {face.width}x{face.height}: width and height must be even.")
    frame = face.width * face.height * 3
    frames = max(face.frames, int(sound_seconds * FPS) if face.extension == ".png" else 0)
    if frame * frames > MOST_BYTES:
        raise Failure(
            "bad_picture",
            f"{frames} frames of {face.width}x{face.height} need more memory than {MOST_BYTES >> 30} GB: at most {MOST_BYTES // frame} frames of that size.",
        )
