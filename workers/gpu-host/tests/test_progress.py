"""The reader on lines as sd-scripts printed them."""

import pytest

from gpu_host.engines.sd_scripts.progress import BAR, SdScriptsReader, seconds
from gpu_host.failure import Failure
from gpu_host.watch.snapshot import Snapshot


def read(*lines: str, total: int = 2, resumed: int = 0) -> list[dict]:
    reader = SdScriptsReader(total, Snapshot(resumed_from_step=resumed))
    return [event for line in lines for event in reader.read(line)]


def steps(told: list[dict]) -> list[tuple]:
    return [(event["step"], event["total"], event["loss"], event["eta_seconds"]) for event in told if event["type"] == "step"]


def test_measured_bars() -> None:
    told = read(
        "steps:   0%|          | 0/2 [00:00<?, ?it/s]",
        "steps:  50%|█████     | 1/2 [01:16<01:16, 76.65s/it]",
        "steps:  50%|█████     | 1/2 [01:16<01:16, 76.65s/it, avr_loss=1.32]",
        "steps: 100%|██████████| 2/2 [1:02:33<00:00, 76.27s/it]",
        "steps: 100%|██████████| 2/2 [1:02:33<00:00, 76.27s/it, avr_loss=nan]",
    )
    assert steps(told) == [(0, 2, None, None), (1, 2, 1.32, 76), (2, 2, None, 0)]
    assert [event["code"] for event in told if event["type"] == "warning"] == ["loss_not_a_number"]


def test_a_step_is_told_again_with_its_own_loss() -> None:
    """tqdm keeps its postfix: the first bar of a step carries the loss of the step before."""
    told = read(
        "steps:  50%|█████     | 1/2 [00:10<00:10, 10.00s/it]",
        "steps:  50%|█████     | 1/2 [00:10<00:10, 10.00s/it, avr_loss=1.07]",
        "steps: 100%|██████████| 2/2 [00:20<00:00, 10.00s/it, avr_loss=1.07]",
        "steps: 100%|██████████| 2/2 [00:21<00:00, 10.50s/it, avr_loss=1.07]",
        "steps: 100%|██████████| 2/2 [00:21<00:00, 10.50s/it, avr_loss=1.06]",
        "steps: 100%|██████████| 2/2 [00:21<00:00, 10.50s/it, avr_loss=nan]",
    )
    assert steps(told) == [(1, 2, 1.07, 10), (2, 2, 1.07, 0), (2, 2, 1.06, 0), (2, 2, None, 0)]


def bars(step: int) -> list[str]:
    return [f"steps:   0%|          | {step}/20 [00:10<00:10, 1.00s/it, avr_loss=0.{loss}]" for loss in (step, step + 1)]


@pytest.mark.parametrize(
    ("sentence", "stage"),
    [
        ("generating sample images at step / サンプル画像生成 ステップ: 6", "sampling"),
        ("saving checkpoint: out/lora-step00000006.safetensors", "saving"),
        ("saving state at step 6", "saving"),
    ],
)
@pytest.mark.parametrize("sentence_first", [True, False])
def test_only_a_new_step_ends_sampling_and_saving(sentence: str, stage: str, sentence_first: bool) -> None:
    """Bars and sentences come by two pipes: whichever is read first."""
    first, second = bars(6)
    lines = [sentence, first] if sentence_first else [first, sentence]
    told = read(*bars(5), *lines, "50%|█████     | 1/2 [00:00<00:00, 9.00it/s]", second, total=20)
    assert [event["name"] for event in told if event["type"] == "stage"] == ["training", stage]
    assert [step[0] for step in steps(told)] == [5, 5, 6, 6]
    told = read(*bars(5), *lines, second, bars(7)[0], total=20)
    assert [event["name"] for event in told if event["type"] == "stage"] == ["training", stage, "training"]


@pytest.mark.parametrize("sentence", ["saving last state.", "saving checkpoint: out/lora.safetensors"])
def test_nothing_trains_after_the_last_save(sentence: str) -> None:
    told = read(sentence, *bars(19), *bars(20), total=20)
    assert [event["name"] for event in told if event["type"] == "stage"] == ["saving"]


def test_a_reader_that_starts_anew_knows_what_was_told() -> None:
    first, second = bars(6)
    reader = SdScriptsReader(20, Snapshot(step=6, total=20, loss=0.6, stage="sampling"))
    assert list(reader.read(first)) == []
    assert [event["type"] for event in reader.read(second)] == ["step"]


def test_a_glued_line_behind_a_bar() -> None:
    told = read(
        "steps:  50%|█████     | 1/2 [01:16<01:16, 76.65s/it, avr_loss=1.32]generating sample images at step / サンプル画像生成 ステップ: 1"
    )
    assert [event.get("name") for event in told if event["type"] == "stage"] == ["training", "sampling"]


def test_a_step_whose_loss_never_comes_is_still_told() -> None:
    told = read("steps:  25%|██| 1/4 [00:01<00:03, 1.00s/it]", "steps:  50%|██| 2/4 [00:02<00:02, 1.00s/it]", total=4)
    assert steps(told) == [(1, 4, None, 3)]


def test_the_rest_is_counted_on() -> None:
    told = read(
        "steps:   0%|          | 0/39 [00:00<?, ?it/s]", "steps:   3%|▎  | 1/39 [00:01<00:38, 1.00s/it, avr_loss=0.1]", total=40, resumed=1
    )
    assert [step[0] for step in steps(told)] == [1, 2]
    with pytest.raises(Failure, match="did not go on from step 1"):
        read("steps:   0%|          | 0/40 [00:00<?, ?it/s]", total=40, resumed=1)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.", "out_of_memory"),
        ("RuntimeError: CUDA out of memory. Tried to allocate", "out_of_memory"),
        ("huggingface_hub.errors.HFValidationError: Repo id must use alphanumeric chars", "model_missing"),
        ("ValueError: Sequence length must be less than max_position_embeddings (got", "model_missing"),
        ("ValueError: file not found / ファイルが見つかりません: dataset.toml", "bad_dataset"),
        ("No data found. Please verify arguments / 画像がありません", "bad_dataset"),
        ("OSError: [Errno 28] No space left on device", "disk_full"),
        ("safetensors_rust.SafetensorError: Error while deserializing header: MetadataIncompleteBuffer", "model_damaged"),
        ("_pickle.UnpicklingError: Weights only load failed.", "model_damaged"),
        ("RuntimeError: CUDA error: no kernel image is available for execution on the device", "wrong_torch"),
    ],
)
def test_texts_of_ends(line: str, kind: str) -> None:
    assert [event["class"] for event in read("Traceback (most recent call last):", line, line)] == ["traceback", kind]
    assert read(f"prompt: {line}") == []


def test_progress_is_not_mere_printing() -> None:
    reader = SdScriptsReader(2, Snapshot())
    for _ in range(3):
        list(reader.read("  0%|          | 0/30 [00:00<?, ?it/s]"))
    assert reader.progress == 1
    list(reader.read("  3%|▎         | 1/30 [00:01<00:29, 1.00s/it]"))
    assert reader.progress == 2


def test_eta() -> None:
    assert (seconds("?"), seconds("01:16"), seconds("1:00:05")) == (None, 76, 3605)
    assert not BAR.fullmatch("steps:  50%|█████     | 1/2 [01:16<01:16, 76.65s/i")
