"""A GPU machine in a folder: models, tokenizers, the fake trainer, settings; and what a caller sends."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

from gpu_host.settings import Limits, SdScripts, Settings
from tests.fake_sd_scripts.fake_files import png, safetensors

FAKE = Path(__file__).parent / "fake_sd_scripts"
SD15 = {"cond_stage_model.transformer.text_model.x": b"1", "model.diffusion_model.x": b"2"}
SDXL = {"conditioner.embedders.0.transformer.x": b"1", "conditioner.embedders.1.model.x": b"2"}
PICTURES = [png(64 + 8 * number) for number in range(3)]


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class World:
    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "models").mkdir(parents=True)
        (folder / "models/sd15.safetensors").write_bytes(safetensors(SD15, {}))
        (folder / "models/sdxl.safetensors").write_bytes(safetensors(SDXL, {}))
        for name in ("openai_clip-vit-large-patch14", "laion_CLIP-ViT-bigG-14-laion2B-39B-b160k"):
            (folder / "tokenizers" / name).mkdir(parents=True)
            for file in ("vocab.json", "merges.txt", "special_tokens_map.json"):
                (folder / "tokenizers" / name / file).write_text("{}")
            (folder / "tokenizers" / name / "tokenizer_config.json").write_text('{"model_max_length": 77}')
        shutil.copytree(FAKE, folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        limits = Limits(stall_seconds=20, term_seconds=0.5, free_bytes=0, upload_bytes=100_000, body_bytes=50_000)
        scripts = SdScripts(python=Path(sys.executable), folder=folder / "scripts", tokenizers=folder / "tokenizers")
        self.settings = Settings(data=folder / "data", models=folder / "models", sd_scripts=scripts, limits=limits)

    def fault(self, **faults: object) -> None:
        """For programs that start from now on."""
        part = self.folder / "scripts/faults.part"
        part.write_text(json.dumps(faults))
        part.rename(self.folder / "scripts/faults.json")

    def open_gate(self) -> None:
        (self.folder / "scripts/open").touch()

    def toml(self, port: int) -> Path:
        path = self.folder / "gpu-host.toml"
        values = self.settings.model_dump(mode="json", exclude_none=True)
        path.write_text(table({**values, "port": port}))
        return path


def table(values: dict, name: str = "") -> str:
    """As TOML: first what is plain, then the tables inside."""
    plain = [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in values.items() if not isinstance(value, dict)]
    inner = [(f"{name}.{json.dumps(key)}" if name else json.dumps(key), value) for key, value in values.items() if isinstance(value, dict)]
    return "\n".join([*([f"[{name}]"] if name else []), *plain, ""]) + "".join(table(value, key) for key, value in inner)


def training(**changes: object) -> dict:
    pictures = [{"image": sha(data), "caption": f"zxq person, picture {number}"} for number, data in enumerate(PICTURES)]
    base = {
        "family": "sd15",
        "base_model": "sd15.safetensors",
        "pictures": pictures,
        "steps": 12,
        "save_every": 4,
        "rank": 4,
        "alpha": 2,
        "sample_every": 6,
    }
    return {**base, "samples": [{"prompt": "zxq person --cn /etc/passwd", "seed": 7}], **changes}


def upload(client: object) -> None:
    for data in PICTURES:
        assert client.put(f"/v1/inputs/{sha(data)}", content=data).status_code in (200, 201)  # type: ignore[attr-defined]
