"""What a training takes, with its limits."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gpu_host.fields import Line, Strict
from gpu_host.settings import SHA256

FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9 ._()+-]{0,120}\.(safetensors|ckpt|pth)$"


class Picture(Strict):
    image: str = Field(pattern=SHA256, description="sha256 of an uploaded picture (PNG, JPEG or WebP).")
    caption: Annotated[str, Line] = Field(
        min_length=1, max_length=1000, description="One line that says what is to be seen, the trigger word included."
    )


class Sample(Strict):
    prompt: Annotated[str, Line] = Field(min_length=1, max_length=1000, description="Prompt of the sample picture.")
    negative_prompt: Annotated[str, Line] = Field("", max_length=1000, description="What is not wanted.")
    width: int = Field(512, ge=64, le=1536, multiple_of=8, description="Pixels.")
    height: int = Field(512, ge=64, le=1536, multiple_of=8, description="Pixels.")
    seed: int = Field(42, ge=0, le=2**31 - 1, description="Seed.")
    steps: int = Field(20, ge=1, le=50, description="Sampling steps.")
    scale: float = Field(7.0, ge=1, le=20, description="Guidance scale.")


class TrainLora(Strict):
    family: Literal["sd15", "sdxl"] = Field(description="Family of the base model.")
    base_model: str = Field(pattern=FILE_NAME, description="File name in the models folder; GET /v1/engines lists them.")
    pictures: list[Picture] = Field(min_length=1, max_length=500, description="The dataset.")
    title: Annotated[str, Line] = Field("LoRA", min_length=1, max_length=80, description="Title in the file's metadata.")
    steps: int = Field(1600, ge=1, le=20_000, description="Optimization steps in all.")
    rank: int = Field(16, ge=1, le=128, description="LoRA rank (network dim).")
    alpha: float = Field(8, gt=0, le=128, description="LoRA alpha; half the rank is usual.")
    learning_rate: float = Field(1e-4, ge=1e-7, le=1e-2, description="Learning rate.")
    batch_size: int = Field(1, ge=1, le=8, description="Pictures a step.")
    resolution: int = Field(512, ge=256, le=1536, multiple_of=64, description="Pixels; SDXL 1024.")
    optimizer: Literal["AdamW", "AdamW8bit", "Adafactor"] = Field("AdamW8bit", description="AdamW8bit needs the least memory.")
    scheduler: Literal["constant", "cosine", "linear"] = Field("constant", description="Of the learning rate.")
    precision: Literal["bf16", "fp16", "no"] = Field("bf16", description="Mixed precision.")
    seed: int = Field(42, ge=0, le=2**31 - 1, description="Seed.")
    save_every: int = Field(200, ge=1, le=20_000, description="Steps between saved states: bounds what a crash loses.")
    samples: list[Sample] = Field([], max_length=8, description="Pictures to draw while training.")
    sample_every: int = Field(200, ge=1, le=20_000, description="Steps between samples.")

    @model_validator(mode="after")
    def sensible(self) -> "TrainLora":
        if self.alpha > self.rank:
            raise ValueError(f"alpha {self.alpha:g} is above rank {self.rank}: choose alpha between 1 and the rank")
        if self.family == "sdxl" and self.resolution < 512:
            raise ValueError("an SDXL model needs a resolution of 512 or more; 1024 is what it was made for")
        if self.steps / self.save_every > 200:
            raise ValueError(
                f"save_every {self.save_every} would save {self.steps // self.save_every} times: at most 200, choose {-(-self.steps // 200)} or more"
            )
        if self.samples and self.steps / self.sample_every * len(self.samples) > 2000:
            raise ValueError("that would be more than 2000 sample pictures: raise sample_every")
        return self
