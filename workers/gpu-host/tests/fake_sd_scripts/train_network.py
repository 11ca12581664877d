"""A trainer that prints, writes, exits and dies as kohya sd-scripts 48d368f does; `faults.json` beside it says what goes wrong."""

import argparse
import hashlib
import json
import math
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from fake_files import save_lora, save_png, save_state  # noqa: E402

FAULTS = json.loads((Path(__file__).parent / "faults.json").read_text())
VERSION = {"train_network.py": "sd_v1", "sdxl_train_network.py": "sdxl_base_v1-0"}[Path(sys.argv[0]).name]
VALUES = """pretrained_model_name_or_path dataset_config output_dir output_name save_model_as network_module network_dim network_alpha max_train_steps learning_rate
optimizer_type lr_scheduler mixed_precision save_precision seed max_data_loader_n_workers tokenizer_cache_dir save_every_n_steps save_last_n_steps_state sample_prompts
sample_every_n_steps sample_sampler training_comment metadata_title resume""".split()
SWITCHES = """network_train_unet_only cache_latents sdpa save_state console_log_simple gradient_checkpointing cache_text_encoder_outputs no_half_vae
skip_until_initial_step""".split()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in VALUES:
        parser.add_argument(f"--{name}")
    for name in SWITCHES:
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args()


def say(text: str) -> None:
    print(text)


def bar(done: int, total: int, loss: str | None) -> None:
    filled = "█" * (10 * done // total)
    rate = "?it/s" if done == 0 else "31.07it/s"
    left = "?" if done == 0 else "00:01"
    sys.stderr.write(
        f"\rsteps: {100 * done // total:3d}%|{filled:<10}| {done}/{total} [00:00<{left}, {rate}{f', avr_loss={loss}' if loss else ''}]"
    )
    sys.stderr.flush()


def other_bar(count: int) -> None:
    for done in range(count + 1):
        sys.stderr.write(f"\r{100 * done // count:3d}%|{'█' * (10 * done // count):<10}| {done}/{count} [00:00<00:00, 9.00it/s]")
        sys.stderr.flush()
    sys.stderr.write("\n")


def images(config: str) -> tuple[int, int]:
    if not Path(config).is_file():
        raise ValueError(f"file not found / ファイルが見つかりません: {config}")
    data = tomllib.loads(Path(config).read_text("utf-8"))["datasets"][0]
    subset = data["subsets"][0]
    pictures = [path for path in Path(subset["image_dir"]).iterdir() if path.suffix in (".png", ".jpg", ".webp")]
    assert pictures and all(path.with_suffix(".txt").is_file() for path in pictures)
    return len(pictures) * subset["num_repeats"], data["batch_size"]


def main() -> None:
    args = parse()
    fault, at = FAULTS.get("fault"), FAULTS.get("at", 0)
    say("accelerator device: cuda")
    if not os.path.isfile(args.pretrained_model_name_or_path):
        say(f"load Diffusers pretrained models: {args.pretrained_model_name_or_path}")
        raise RuntimeError("huggingface_hub.errors.HFValidationError: Repo id must use alphanumeric chars")
    if fault == "grandchild":  # as the child of `accelerate launch`: in a session of its own, deaf to TERM
        code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
        subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stdout=subprocess.PIPE).stdout.readline()
    count, batch = images(args.dataset_config)
    say("caching latents with caching strategy.")
    other_bar(3)
    say("prepare optimizer, data loader etc.")
    total, batches = int(args.max_train_steps), math.ceil(count / batch)
    weights, initial = args.seed, 0
    if args.resume:
        say(f"resume training from local state: {args.resume}")
        state = json.loads((Path(args.resume) / "train_state.json").read_text())
        weights, initial = (Path(args.resume) / "model.safetensors").read_bytes()[-64:].decode(), state["current_step"]
    say("running training / 学習開始")
    say(f"  num train images * repeats / 学習画像の数×繰り返し回数: {count}")
    say(f"  num epochs / epoch数: {math.ceil(total / batches)}")
    say(f"  total optimization steps / 学習ステップ数: {total}")
    assert initial == 0 or total > initial, (
        "max_train_steps should be greater than initial step / max_train_stepsは初期ステップより大きい必要があります"
    )
    epoch = initial // batches
    if not args.skip_until_initial_step:
        initial = 0
    # as in sd-scripts: behind the first epoch it counts from the epoch's own step
    step = initial - epoch * batches if initial else 0
    rest = total - step
    if fault == "from_zero":
        rest = total
    bar(0, rest, None)
    if fault == "hang_at_start":
        time.sleep(600)
    done, loss = 0, None
    for number in range(epoch, math.ceil(total / batches)):
        say(f"\nepoch {number + 1}/{math.ceil(total / batches)}\n")
        while step < min(total, batches * (number + 1)):
            time.sleep(FAULTS.get("step_seconds", 0.0))
            step, done = step + 1, done + 1
            weights = hashlib.sha256(f"{weights} {step}".encode()).hexdigest()
            # tqdm keeps its postfix: the new step stands beside the loss of the one before
            bar(done, rest, loss)
            if fault in FAILURES and step == at:
                FAILURES[fault]()
            if args.sample_prompts and step % int(args.sample_every_n_steps) == 0:
                say(f"generating sample images at step / サンプル画像生成 ステップ: {step}")
                for index, prompt in enumerate(json.loads(Path(args.sample_prompts).read_text())):
                    other_bar(2)
                    if fault == "gate_in_sample" and step == at:
                        gate()
                    save_png(args, step, index, prompt["seed"])
            if step % int(args.save_every_n_steps) == 0:
                say(f"\nsaving checkpoint: {args.output_dir}/{args.output_name}-step{step:08d}.safetensors")
                save_lora(args, f"{args.output_name}-step{step:08d}", step, weights, VERSION)
                say(f"saving state at step {step}")
                save_state(args, f"{args.output_name}-step{step:08d}-state", number + 1, step, weights)
                old = step - int(args.save_last_n_steps_state) - 1
                remove(args, old - old % int(args.save_every_n_steps))
            loss = "nan" if fault == "nan" and step >= at else f"{1 / (step + 1):.3g}"
            bar(done, rest, loss)
    sys.stderr.write("\n")
    if fault == "exit_0_without_file":
        return
    say("saving last state.")
    save_state(args, f"{args.output_name}-state", 1, step, weights)
    say(f"\nsaving checkpoint: {args.output_dir}/{args.output_name}.safetensors")
    save_lora(args, args.output_name, step, weights, VERSION)
    if fault == "truncated":
        os.truncate(Path(args.output_dir) / f"{args.output_name}.safetensors", 200)
    say("model saved.")
    if fault == "crash_after_save":
        sys.exit(3)


def remove(args: argparse.Namespace, step: int) -> None:
    folder = Path(args.output_dir) / f"{args.output_name}-step{step:08d}-state"
    if step > 0 and folder.is_dir():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def out_of_memory() -> None:
    raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 15.47 GiB of which 1.12 GiB is free.")


def disk_full() -> None:
    raise OSError(28, "No space left on device", "out/lora.safetensors")


def gate() -> None:
    """Waits until a test lets it go on."""
    while not (Path(__file__).parent / "open").exists():
        time.sleep(0.01)


def failing() -> None:
    raise RuntimeError("expected scalar type Half but found Float")


FAILURES = {"out_of_memory": out_of_memory, "disk_full": disk_full, "error": failing, "hang": lambda: time.sleep(600), "gate": gate}

if __name__ == "__main__":
    main()
