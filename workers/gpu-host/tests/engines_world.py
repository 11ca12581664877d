"""The voice and face engines of a world: their folders, weights and fake programs, beside the trainer of `world.py`."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

from gpu_host.settings import F5Tts, SadTalker, Wav2Lip
from tests.fake_media import mp4, wav
from tests.fake_sd_scripts.fake_files import png, safetensors
from tests.world import World, sha

HERE = Path(__file__).parent
REFERENCE, SOUND, PICTURE, VIDEO = wav(3.0), wav(2.0, rate=16_000), png(256, 256), mp4(1.0)
TRANSCRIPT = "Some call me nature, others call me mother nature."
VOCOS = "feature_extractor:\n  class_path: vocos.feature_extractors.MelSpectrogramFeatures\nbackbone:\n  class_path: vocos.models.VocosBackbone\n"


def pin(world: World, path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    world.settings.pins[path.name] = hashlib.sha256(data).hexdigest()


class EnginesWorld(World):
    def __init__(self, folder: Path):
        super().__init__(folder)
        self.voice, self.sadtalker, self.wav2lip = folder / "voice", folder / "sadtalker", folder / "wav2lip"
        site = self.voice / "lib/python3.11/site-packages"
        shutil.copytree(HERE / "fake_f5", site, ignore=shutil.ignore_patterns("__pycache__"))
        (site / "f5_tts-1.1.22.dist-info").mkdir()
        self.site = site
        # an environment in which the fake package is installed
        python = self.voice / "bin/python"
        python.parent.mkdir()
        python.write_text(f"#!/bin/sh\nPYTHONPATH='{site}' exec '{sys.executable}' \"$@\"\n")
        python.chmod(0o755)
        (self.voice / "vocos").mkdir()
        (self.voice / "vocos/config.yaml").write_text(VOCOS)
        pin(self, self.voice / "vocos/pytorch_model.bin", b"vocoder")
        models = {}
        for name in ("base", "other"):
            (self.voice / f"{name}.safetensors").write_bytes(safetensors({"ema_model.x": b"1"}, {}))
            models[name] = {"checkpoint": self.voice / f"{name}.safetensors"}
        self.settings.f5_tts = F5Tts.model_validate({"python": python, "vocoder": self.voice / "vocos", "models": models, "device": "cpu"})
        for name in ("sadtalker", "wav2lip"):
            shutil.copytree(HERE / f"fake_{name}", folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copy(HERE / "fake_media.py", folder / name)
        weights = self.sadtalker / "weights"
        for name in (
            "mapping_00229-model.pth.tar",
            "mapping_00109-model.pth.tar",
            "alignment_WFLW_4HG.pth",
            "detection_Resnet50_Final.pth",
        ):
            pin(self, weights / name, name.encode())
        for size in (256, 512):
            (weights / f"SadTalker_V0.0.2_{size}.safetensors").write_bytes(safetensors({"x": b"1"}, {}))
        self.settings.sadtalker = SadTalker(python=Path(sys.executable), folder=self.sadtalker, checkpoints=weights, face_weights=weights)
        pin(self, self.wav2lip / "face_detection/detection/sfd/s3fd.pth", b"s3fd")
        pin(self, self.wav2lip / "wav2lip_gan.pth", b"gan")
        self.settings.wav2lip = Wav2Lip(
            enabled=True, python=Path(sys.executable), folder=self.wav2lip, checkpoint=self.wav2lip / "wav2lip_gan.pth"
        )
        self.settings.limits.upload_bytes = 2_000_000
        self.break_engines()

    def break_engines(self, **faults: object) -> None:
        """What the voice and face programs do wrong from now on."""
        for folder in (self.site, self.sadtalker, self.wav2lip):
            part = folder / "faults.part"
            part.write_text(json.dumps(faults))
            part.rename(folder / "faults.json")

    def noted(self, name: str) -> list[dict]:
        """`loads` of the speech model, or what was `said` with it."""
        path = self.site / f"{name}.log"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def upload_media(client: object) -> None:
    for data in (REFERENCE, SOUND, PICTURE, VIDEO):
        assert client.put(f"/v1/inputs/{sha(data)}", content=data).status_code in (200, 201)  # type: ignore[attr-defined]


def speech(*texts: str, **changes: object) -> dict:
    lines = [{"text": text, "seed": number} for number, text in enumerate(texts or ("Good evening, everybody.", "It is late."))]
    return {"reference": sha(REFERENCE), "transcript": TRANSCRIPT, "lines": lines, "steps": 16, "model": "base", **changes}


def talk(**changes: object) -> dict:
    return {"picture": sha(PICTURE), "sound": sha(SOUND), "size": 256, "still": False, "preprocess": "crop", "pose_style": 3, **changes}


def lips(**changes: object) -> dict:
    return {"face": sha(VIDEO), "sound": sha(SOUND), **changes}


def post(client: object, engine: str, params: dict, run: str = "a1") -> dict:
    response = client.post("/v1/runs", json={"id": run, "engine": engine, "params": params})  # type: ignore[attr-defined]
    assert response.status_code == 201, response.text
    return response.json()


def refused(client: object, engine: str, params: dict) -> tuple[int, str, str]:
    response = client.post("/v1/runs", json={"id": "no", "engine": engine, "params": params})  # type: ignore[attr-defined]
    error = response.json()["error"]
    assert client.get("/v1/runs/no").status_code == 404  # type: ignore[attr-defined]
    return response.status_code, error["code"], error["message"]
