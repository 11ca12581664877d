"""The operator's settings: one TOML file, and the key from the environment."""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gpu_host.failure import Failure

SHA256 = r"^[0-9a-f]{64}$"
# name that an operator gives to weights
MODEL = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SdScripts(Strict):
    python: Path = Field(description="Python of the environment made from requirements-train.txt.")
    folder: Path = Field(description="Checkout of kohya sd-scripts.")
    tokenizers: Path = Field(
        description="Folder with openai_clip-vit-large-patch14/ (SDXL: also laion_CLIP-ViT-bigG-14-laion2B-39B-b160k/)."
    )


class F5Model(Strict):
    checkpoint: Path = Field(description="Weights: .safetensors, or .pt with its hash under [pins].")
    vocab: Path | None = Field(None, description="vocab.txt of the weights; the published models' own where it is absent.")
    architecture: str = Field(
        "F5TTS_v1_Base", pattern=r"^[A-Za-z0-9_]{1,64}$", description="Name of F5-TTS's own description of the model."
    )
    licence: str = Field("CC-BY-NC-4.0: no commercial use", min_length=1, max_length=200, description="Licence of the weights.")
    languages: list[str] = Field(["en", "zh"], description="ISO 639-1, of the weights.")


class F5Tts(Strict):
    python: Path = Field(description="Python of the environment made from requirements-voice.txt.")
    vocoder: Path = Field(
        description="Folder of vocos-mel-24khz: config.yaml and pytorch_model.bin, the latter with its hash under [pins]."
    )
    device: str | None = Field(None, pattern=r"^(cuda(:\d)?|cpu)$", description="The card where there is one.")
    models: dict[Annotated[str, StringConstraints(pattern=MODEL)], F5Model] = Field(min_length=1, description="Name -> weights.")


class SadTalker(Strict):
    python: Path = Field(description="Python of SadTalker's own environment.")
    folder: Path = Field(description="Checkout of SadTalker.")
    checkpoints: Path = Field(description="Folder with SadTalker_V0.0.2_256.safetensors, _512 and mapping_*.pth.tar.")
    face_weights: Path = Field(description="Folder with alignment_WFLW_4HG.pth and detection_Resnet50_Final.pth.")
    cpu: bool = Field(False, description="Never use the card.")


class Wav2Lip(Strict):
    enabled: bool = Field(False, description="It is not open source: personal, research and non-commercial use only.")
    python: Path = Field(description="Python of Wav2Lip's own environment.")
    folder: Path = Field(description="Checkout of Wav2Lip, with face_detection/detection/sfd/s3fd.pth.")
    checkpoint: Path = Field(description="wav2lip_gan.pth or wav2lip.pth.")


class Limits(Strict):
    stall_seconds: float = Field(1800, gt=0, description="A run whose output stands still for so long is ended.")
    term_seconds: float = Field(10, gt=0, description="Between TERM and KILL.")
    upload_bytes: int = Field(64 * 2**20, gt=0, description="Largest input file.")
    body_bytes: int = Field(2 * 2**20, gt=0, description="Largest JSON body.")
    free_bytes: int = Field(2 * 2**30, ge=0, description="Disk space that is never used up.")


class Settings(Strict):
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(7080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    data: Path = Field(description="Folder for runs and inputs.")
    models: Path = Field(description="Folder with base models.")
    pins: dict[str, str] = Field({}, description="File name of weights that can hold code (.ckpt, .pth, .bin ...) -> their sha256.")
    sd_scripts: SdScripts | None = Field(None, description="Where the LoRA trainer is.")
    f5_tts: F5Tts | None = Field(None, description="Where the speech engine F5-TTS is.")
    sadtalker: SadTalker | None = Field(None, description="Where the talking-head engine SadTalker is.")
    wav2lip: Wav2Lip | None = Field(None, description="Where Wav2Lip is; listed only where it is enabled.")
    limits: Limits = Field(default_factory=lambda: Limits(), description="Limits.")
    key: str | None = Field(None, description="From GPU_HOST_KEY, never from the file.", repr=False)


def load_settings(env: Mapping[str, str]) -> Settings:
    file = env.get("GPU_HOST_CONFIG")
    if not file:
        raise Failure("bad_settings", "GPU_HOST_CONFIG is not set: name the TOML file (the README shows one).")
    try:
        values = tomllib.loads(Path(file).read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Failure("bad_settings", f"GPU_HOST_CONFIG={file} cannot be read: {error}.") from error
    if "key" in values:
        raise Failure("bad_settings", "Take `key` out of the file: the key is GPU_HOST_KEY in the environment.")
    try:
        settings = Settings(**values, key=env.get("GPU_HOST_KEY") or None)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Failure("bad_settings", f"{file}: {problems}.") from error
    check_listen(settings)
    return settings


def loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_listen(settings: Settings) -> None:
    if settings.key is not None and len(settings.key) < 16:
        raise Failure("bad_settings", "GPU_HOST_KEY is too short: use 16 characters or more, such as the output of `openssl rand -hex 24`.")
    if settings.key is None and not loopback(settings.host):
        raise Failure("bad_settings", f'host = "{settings.host}" can be reached from outside: set GPU_HOST_KEY, or listen on 127.0.0.1.')


def environment() -> Settings:
    return load_settings(os.environ)
