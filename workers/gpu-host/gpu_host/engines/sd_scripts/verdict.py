"""Whether a training succeeded: the expected file, probed, never the exit code alone. Otherwise why, and what to do."""

from pathlib import Path

from gpu_host.engines.sd_scripts.command import NAME
from gpu_host.engines.sd_scripts.params import TrainLora
from gpu_host.failure import Failure
from gpu_host.safetensors_file import read_header
from gpu_host.watch.snapshot import Snapshot

BASE_VERSION = {"sd15": "sd_v1", "sdxl": "sdxl_base_v1-0"}
REMEDIES = {
    "out_of_memory": "The card's memory ran out. Free the card (unload the chat model), or lower the resolution, batch size or rank, or use AdamW8bit.",
    "disk_full": "The disk ran full. Delete old runs, then train again.",
    "model_missing": "The trainer looked for a model or tokenizer that is not on this machine. Check GET /v1/engines; model_max_length in tokenizer_config.json must be 77.",
    "bad_dataset": "The trainer did not accept the pictures or captions. Check that each picture opens and has a caption.",
    "model_damaged": "The base model's file is damaged or holds more than weights. Copy it again, or take a .safetensors.",
    "wrong_torch": "The installed torch has no kernels for this card or does not fit its driver. Install requirements-train.txt, and a driver for CUDA 12.8 or newer.",
}


def results(run: str, work: Path, params: TrainLora) -> list[Path]:
    path = work / "out" / f"{NAME}.safetensors"
    header = read_header(path)
    if header is None or not header.tensors:
        raise Failure("no_output", "The trainer ended without a whole LoRA file. Its log is on the GPU machine; train again.")
    expected = {
        "ss_output_name": NAME,
        "ss_training_comment": run,
        "ss_network_dim": str(params.rank),
        "ss_steps": str(params.steps),
        "ss_base_model_version": BASE_VERSION[params.family],
    }
    wrong = [name for name, value in expected.items() if header.metadata.get(name) != value]
    if wrong:
        raise Failure("no_output", f"The LoRA file is not the one that was asked for ({', '.join(wrong)} differ). Train again.")
    if sum(name.endswith(".lora_down.weight") for name in header.tensors) * 3 != len(header.tensors):
        raise Failure("no_output", "The LoRA file has not three tensors for each module. Train again.")
    return [path]


def explain(snapshot: Snapshot, exit_code: int | None) -> tuple[str, str]:
    for code, remedy in REMEDIES.items():
        if code in snapshot.log_classes:
            return code, remedy
    if exit_code == 0:
        return "no_output", "The trainer ended without an error and without a LoRA file. Its log is on the GPU machine; train again."
    if exit_code is None and "traceback" in snapshot.log_classes:
        return "engine_error", "The trainer ended with an error. Its log is on the GPU machine; try other settings."
    if exit_code is None or exit_code < 0:
        return (
            "interrupted",
            "The trainer was ended from outside, or ended while gpu-host was down. Go on from the saved state with resume_from, where there is one, or train again.",
        )
    return "engine_error", f"The trainer ended with exit code {exit_code}. Its log is on the GPU machine; try other settings."
