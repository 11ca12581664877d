"""The command line of a training: the flags that were run or checked against sd-scripts 48d368f, and no others."""

from pathlib import Path

from gpu_host.engines.sd_scripts.params import TrainLora
from gpu_host.launch import Launch, Program
from gpu_host.settings import SdScripts

NAME = "lora"
SCRIPTS = {"sd15": "train_network.py", "sdxl": "sdxl_train_network.py"}
FLAGS = frozenset(
    """pretrained_model_name_or_path dataset_config output_dir output_name save_model_as network_module network_dim network_alpha network_train_unet_only
    max_train_steps learning_rate optimizer_type lr_scheduler mixed_precision save_precision seed cache_latents max_data_loader_n_workers tokenizer_cache_dir
    sdpa save_every_n_steps save_last_n_steps_state save_state sample_prompts sample_every_n_steps sample_sampler training_comment metadata_title
    gradient_checkpointing console_log_simple resume skip_until_initial_step cache_text_encoder_outputs no_half_vae""".split()
)


def program(settings: SdScripts, family: str) -> Program:
    return Program(settings.python, settings.folder / SCRIPTS[family], FLAGS)


def training_launch(settings: SdScripts, run: str, params: TrainLora, model: Path, resume: Path | None) -> Launch:
    """Paths inside the work folder are relative to it: it is the working folder."""
    values = {
        "pretrained_model_name_or_path": model,
        "dataset_config": "dataset.toml",
        "output_dir": "out",
        "output_name": NAME,
        "save_model_as": "safetensors",
        "network_module": "networks.lora",
        "network_dim": params.rank,
        "network_alpha": f"{params.alpha:g}",
        "max_train_steps": params.steps,
        "learning_rate": f"{params.learning_rate:g}",
        "optimizer_type": params.optimizer,
        "lr_scheduler": params.scheduler,
        "mixed_precision": params.precision,
        "save_precision": "fp16",
        "seed": params.seed,
        "max_data_loader_n_workers": 0,
        "tokenizer_cache_dir": settings.tokenizers,
        "save_every_n_steps": params.save_every,
        # the two newest: the last one cannot be resumed where it is the end itself
        "save_last_n_steps_state": params.save_every,
        "training_comment": run,
        "metadata_title": params.title,
    }
    switches = ["network_train_unet_only", "cache_latents", "sdpa", "save_state", "console_log_simple", "gradient_checkpointing"]
    if params.samples:
        values |= {"sample_prompts": "prompts.json", "sample_every_n_steps": params.sample_every, "sample_sampler": "euler"}
    if params.family == "sdxl":
        switches += ["cache_text_encoder_outputs", "no_half_vae"]
    if resume:
        values["resume"] = resume
        switches.append("skip_until_initial_step")
    return Launch(
        program(settings, params.family), (*(f"--{name}={value}" for name, value in values.items()), *(f"--{name}" for name in switches))
    )
