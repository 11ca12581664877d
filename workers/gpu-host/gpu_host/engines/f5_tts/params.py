"""What a speech run takes, with its limits."""

import re
from typing import Annotated

from pydantic import Field, model_validator

from gpu_host.fields import Line, Strict
from gpu_host.settings import MODEL, SHA256

# F5-TTS cuts a longer reference off, and its text is then wrong
LEAST_SECONDS, MOST_SECONDS = 1.0, 12.0
# `[name]` changes the voice in F5-TTS's own programs
BRACKETS = re.compile(r"\s*[\[\]]+\s*")


def without_brackets(text: str) -> str:
    return BRACKETS.sub(" ", text).strip()


class SpokenLine(Strict):
    text: Annotated[str, Line] = Field(min_length=1, max_length=1000, description="What is said; square brackets are taken out.")
    seed: int = Field(ge=0, le=2**31 - 1, description="The same seed gives the same sound.")


class Speak(Strict):
    reference: str = Field(pattern=SHA256, description=f"sha256 of an uploaded WAV of {LEAST_SECONDS:g} to {MOST_SECONDS:g} s: the voice.")
    transcript: Annotated[str, Line] = Field(min_length=1, max_length=1000, description="What is said in the reference, word by word.")
    lines: list[SpokenLine] = Field(min_length=1, max_length=200, description="One file each: line-0.wav, line-1.wav ...")
    speed: float = Field(1.0, ge=0.5, le=2.0, description="1 = as the reference.")
    steps: int = Field(32, ge=1, le=64, description="Sampling steps.")
    model: str = Field(pattern=MODEL, description="Name of the weights; GET /v1/engines lists them.")

    @model_validator(mode="after")
    def speakable(self) -> "Speak":
        for what, text in [("transcript", self.transcript), *((f"lines.{number}", line.text) for number, line in enumerate(self.lines))]:
            if not any(letter.isalnum() for letter in text):
                raise ValueError(f"{what} has no letter or digit: give words")
        return self

    @property
    def has_brackets(self) -> bool:
        return any(BRACKETS.search(text) for text in (self.transcript, *(line.text for line in self.lines)))
