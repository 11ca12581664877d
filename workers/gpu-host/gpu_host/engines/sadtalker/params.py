"""What a talking head takes, with its limits."""

from typing import Literal

from pydantic import Field

from gpu_host.fields import Strict
from gpu_host.settings import SHA256

# a sound of 21 frames of 25 a second is an error in SadTalker (its blink has no room); each frame is rendered
LEAST_SECONDS, MOST_SECONDS = 1.0, 300.0
LEAST_PIXELS, MOST_PIXELS = 128, 4096


class Talk(Strict):
    picture: str = Field(pattern=SHA256, description="sha256 of an uploaded PNG or JPEG with one face, seen from the front.")
    sound: str = Field(pattern=SHA256, description=f"sha256 of an uploaded WAV of {LEAST_SECONDS:g} to {MOST_SECONDS:g} s.")
    size: Literal[256, 512] = Field(256, description="Pixels of the rendered face.")
    still: bool = Field(False, description="The head hardly moves; use it with `full`.")
    preprocess: Literal["crop", "full"] = Field("crop", description="crop = the face alone, full = put back into the picture.")
    pose_style: int = Field(0, ge=0, le=45, description="Way in which the head moves.")
