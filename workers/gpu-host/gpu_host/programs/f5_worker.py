"""
Speaks with F5-TTS: loads the model once, then takes one order at a time, a line of JSON on stdin, and answers in lines of JSON on stdout.
Runs in the engine's own environment. Ends when stdin closes, in the middle of an order too.

Order: {"id", "folder", "log"}; `folder` holds request.json {reference, transcript, speed, steps, lines: [{text, seed, file}]}.
Answers: {"id", "type": "begun", "loads"}, {"id", "type": "line", "done", "of"}, and at the end {"id", "type": "done"} or
{"id", "type": "error", "class"}; after an error the program ends: the next order gets a fresh one.
"""

import argparse
import contextlib
import errno
import functools
import importlib
import json
import os
import queue
import shutil
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CLASSES = (
    ("out_of_memory", ("out of memory", "OutOfMemoryError")),
    ("wrong_torch", ("no kernel image is available", "driver version is insufficient", "not compiled with CUDA")),
    (
        "model_damaged",
        ("Error(s) in loading state_dict", "SafetensorError", "UnpicklingError", "Weights only load failed", "size mismatch"),
    ),
    ("model_missing", ("LocalEntryNotFoundError", "OfflineModeIsEnabled", "FileNotFoundError", "MissingConfigException")),
    ("bad_sound", ("CouldntDecodeError", "LibsndfileError")),
)


class Voice:
    """The loaded model."""

    def __init__(self, options: argparse.Namespace):
        self.utils = importlib.import_module("f5_tts.infer.utils_infer")
        # its batches of one text run at once in threads that share one random generator: one after the other a seed gives the same sound
        self.utils.ThreadPoolExecutor = functools.partial(ThreadPoolExecutor, max_workers=1)
        self.utils.transcribe = refuse_to_transcribe
        self.model = importlib.import_module("f5_tts.api").F5TTS(
            model=options.architecture,
            ckpt_file=options.checkpoint,
            vocab_file=options.vocab or "",
            vocoder_local_path=options.vocoder,
            device=options.device,
        )

    def speak(self, folder: Path, request: dict, said: Callable[[int, int], None]) -> None:
        """A line's file has its name only when it is whole; one that is there is not made again."""
        lines = request["lines"]
        for number, line in enumerate(lines, 1):
            target = folder / "out" / line["file"]
            if not target.exists():
                part = target.with_name(f"{target.stem}.part.wav")
                self.model.infer(
                    str(folder / request["reference"]),
                    request["transcript"],
                    line["text"],
                    nfe_step=request["steps"],
                    speed=request["speed"],
                    file_wave=str(part),
                    seed=line["seed"],
                )
                os.replace(part, target)
            said(number, len(lines))

    def forget(self) -> None:
        """Nothing of a person's voice stays in memory or is looked for where its file no longer is."""
        self.utils._ref_audio_cache.clear()
        self.utils._ref_text_cache.clear()


def refuse_to_transcribe(*_: object, **__: object) -> str:
    raise RuntimeError("the transcript is always given")


def class_of(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "disk_full"
    words = f"{type(error).__name__}: {error}"
    return next((name for name, signs in CLASSES if any(sign in words for sign in signs)), "engine_error")


def read_orders(orders: "queue.Queue[dict]") -> None:
    for line in sys.stdin.buffer:
        orders.put(json.loads(line))
    os._exit(0)


def keep_stdout() -> Callable[[str], None]:
    """Whatever a library prints goes to stderr from here on; only the function that is answered writes to the real stdout."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return functools.partial(print, file=answers, flush=True)


@contextlib.contextmanager
def printing_to(path: str) -> Iterator[None]:
    """What is printed meanwhile, by libraries too, goes to that file."""
    sys.stdout.flush()
    own, log = os.dup(2), os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number in (1, 2):
        os.dup2(log, number)
    os.close(log)
    try:
        yield
    finally:
        sys.stdout.flush()
        for number in (1, 2):
            os.dup2(own, number)
        os.close(own)


@contextlib.contextmanager
def scratch_in(folder: Path) -> Iterator[None]:
    """F5-TTS writes the reference, cut, to a temporary file and leaves it there."""
    scratch = folder / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    tempfile.tempdir = str(scratch)
    try:
        yield
    finally:
        tempfile.tempdir = None
        shutil.rmtree(scratch, ignore_errors=True)


def serve(options: argparse.Namespace) -> int:
    tell = keep_stdout()
    orders: queue.Queue[dict] = queue.Queue()
    threading.Thread(target=read_orders, args=(orders,), daemon=True).start()
    voice: Voice | None = None
    while True:
        order = orders.get()
        answer, folder = functools.partial(say, tell, order["id"]), Path(order["folder"])
        with printing_to(order["log"]):
            try:
                fresh, voice = voice is None, voice or Voice(options)
                answer(type="begun", loads=int(fresh))
                request = json.loads((folder / "request.json").read_text("utf-8"))
                with scratch_in(folder):
                    voice.speak(folder, request, lambda done, of, answer=answer: answer(type="line", done=done, of=of))
                voice.forget()
            except Exception as error:
                traceback.print_exc()
                answer(type="error", **{"class": class_of(error)})
                return 1
        answer(type="done")


def say(tell: Callable[[str], None], order: str, **fields: object) -> None:
    tell(json.dumps({"id": order, **fields}))


def main() -> int:
    # the folder of this file must not be searched for modules
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).parent]
    parser = argparse.ArgumentParser()
    for name in ("architecture", "checkpoint", "vocoder"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("vocab", "device"):
        parser.add_argument(f"--{name}")
    return serve(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
