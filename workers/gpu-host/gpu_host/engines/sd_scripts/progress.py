"""Reads what sd-scripts prints: bars on stderr, sentences before ` / ` on stdout, and the texts of its ends."""

import math
import re
from collections.abc import Iterator

from gpu_host.failure import Failure
from gpu_host.watch.snapshot import Snapshot

BAR = re.compile(r"^steps:\s+(\d+)%\|[^|]*\|\s*(\d+)/(\d+) \[([\d:]+)<([\d:?]+),\s*([\d.?]+)(s/it|it/s)(?:, avr_loss=([^\],\s]+))?[^\]]*\]")
OTHER_BAR = re.compile(r"^\s*(?:[^|:]*:\s*)?\d+%\|[^|]*\|\s*(\d+/\d+) \[")
# only these lines can name an error: a caption that is printed cannot
ERROR = re.compile(r"^(?:[\w.]+(?:Error|Exception)\b|Traceback \(|No data found)")
STAGES = (
    (re.compile(r"running training\b"), "training"),
    (re.compile(r"caching latents"), "caching_latents"),
    (re.compile(r"caching Text Encoder outputs", re.I), "caching_text"),
    (re.compile(r"generating sample images at step"), "sampling"),
    (re.compile(r"saving (checkpoint:|state at step|last state)"), "saving"),
)
# of which step a sentence tells, where it says so
AT_STEP = re.compile(r"(?: at step\D*|-step)(\d+)(?:\.safetensors)?$")
CLASSES = (
    (re.compile(r"CUDA out of memory|OutOfMemoryError|HIP out of memory"), "out_of_memory"),
    (re.compile(r"No space left on device|Errno 28|StorageFull"), "disk_full"),
    (
        re.compile(
            r"HFValidationError|LocalEntryNotFoundError|OfflineModeIsEnabled|is not a valid JSON file|Sequence length must be less than"
        ),
        "model_missing",
    ),
    (
        re.compile(r"No data found|file not found /|no images found|UnidentifiedImageError|No caption file found|must be positive"),
        "bad_dataset",
    ),
    (
        re.compile(r"MetadataIncompleteBuffer|HeaderTooLarge|HeaderTooSmall|InvalidHeader|UnpicklingError|Weights only load failed"),
        "model_damaged",
    ),
    (re.compile(r"no kernel image is available|CUDA driver version is insufficient|Torch not compiled with CUDA"), "wrong_torch"),
    (re.compile(r"^Traceback \(most recent call last\)"), "traceback"),
)


def seconds(text: str) -> int | None:
    if "?" in text:
        return None
    total = 0
    for part in text.split(":"):
        total = total * 60 + int(part)
    return total


def number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


class SdScriptsReader:
    whole = BAR

    def __init__(self, total: int, snapshot: Snapshot):
        self.total, self.resumed = total, snapshot.resumed_from_step
        self.step = snapshot.step if snapshot.total is not None else -1
        self.loss = snapshot.loss
        self.stage, self.classes = snapshot.stage, set(snapshot.log_classes)
        # the step after which sampling or saving began
        self.busy_at = snapshot.step if snapshot.stage in ("sampling", "saving") else -1
        self.nan = any(warning["code"] == "loss_not_a_number" for warning in snapshot.warnings)
        self.waiting: dict | None = None
        self.progress, self.last_bar = 0, ""

    def read(self, line: str) -> Iterator[dict]:
        if bar := BAR.match(line):
            yield from self.bar(bar)
            line = line[bar.end() :].strip()  # a log line may be glued behind a bar
        if not line:
            return
        if other := OTHER_BAR.match(line):
            self.moved(other[0])
            return
        self.progress += 1
        yield from self.sentence(line)

    def moved(self, bar: str) -> None:
        if bar != self.last_bar:
            self.last_bar, self.progress = bar, self.progress + 1

    def sentence(self, line: str) -> Iterator[dict]:
        for pattern, stage in STAGES:
            if pattern.match(line):
                if stage in ("sampling", "saving"):
                    at = AT_STEP.search(line)
                    # the last saves name no step
                    self.busy_at = int(at[1]) if at else self.total if stage == "saving" else self.step
                yield from self.enter(stage)
        for pattern, kind in CLASSES if ERROR.match(line) else ():
            if pattern.search(line) and kind not in self.classes:
                self.classes.add(kind)
                yield {"type": "log", "class": kind}

    def enter(self, stage: str) -> Iterator[dict]:
        if stage != self.stage:
            self.stage = stage
            yield {"type": "stage", "name": stage}

    def bar(self, bar: re.Match[str]) -> Iterator[dict]:
        done, of, loss = int(bar[2]), int(bar[3]), bar[8]
        self.moved(f"steps {done}/{of}")
        if self.resumed and of + self.resumed != self.total:
            # the bar of a resumed training counts only the rest
            raise Failure(
                "resume_failed",
                f"The trainer did not go on from step {self.resumed}: it was stopped before it began anew. The saved state is kept; train anew without resume_from.",
            )
        event = {"type": "step", "step": done + self.resumed, "total": self.total, "loss": number(loss), "eta_seconds": seconds(bar[5])}
        # each step comes twice: with the loss of the step before it, which the first has not, then with its own
        if loss is None and done > 0:
            if self.waiting and self.waiting["step"] < event["step"]:
                yield from self.tell(self.waiting)
            self.waiting = event
            return
        self.waiting = None
        if loss is not None and event["loss"] is None and not self.nan:
            self.nan = True
            yield {
                "type": "warning",
                "code": "loss_not_a_number",
                "message": "The loss is not a number: the result will be useless. Cancel, lower the learning rate, or use bf16.",
            }
        yield from self.tell(event)

    def tell(self, event: dict) -> Iterator[dict]:
        known = event["step"] == self.step and event["loss"] == self.loss
        if event["step"] < self.step or known:
            return
        self.step, self.loss = event["step"], event["loss"]
        # sentences come by another pipe than bars, so the bar before a sentence may be read after it
        if event["step"] > self.busy_at:
            yield from self.enter("training")
        yield event
