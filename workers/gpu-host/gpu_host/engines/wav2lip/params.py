"""What a lip-sync takes, with its limits."""

from pydantic import Field

from gpu_host.fields import Strict
from gpu_host.settings import SHA256

LEAST_SECONDS, MOST_SECONDS = 1.0, 300.0
LEAST_PIXELS, MOST_PIXELS = 96, 2048
# every frame is held in memory, without compression
MOST_BYTES = 6 * 2**30
FPS = 25


class LipSync(Strict):
    face: str = Field(pattern=SHA256, description="sha256 of an uploaded MP4 or PNG with a face in every frame; width and height even.")
    sound: str = Field(pattern=SHA256, description=f"sha256 of an uploaded WAV of {LEAST_SECONDS:g} to {MOST_SECONDS:g} s.")
