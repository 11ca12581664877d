"""Progress bars as tqdm prints them, and the words of errors that several engines share."""

import re

# a title that ends in a colon gets another one
BAR = re.compile(r"^(?:([^|:%]*):+\s*)?\s*\d+%\|[^|]*\|\s*(\d+)/(\d+) \[([\d:]+)<([\d:?]+)[^\]]*\]")
# only these lines can name an error
ERROR = re.compile(r"^(?:[\w.]+(?:Error|Exception)\b|Traceback \()")
CLASSES = (
    (re.compile(r"CUDA out of memory|OutOfMemoryError|HIP out of memory|CUBLAS_STATUS_ALLOC_FAILED"), "out_of_memory"),
    (re.compile(r"No space left on device|Errno 28"), "disk_full"),
    (re.compile(r"no kernel image is available|CUDA driver version is insufficient|Torch not compiled with CUDA"), "wrong_torch"),
    (
        re.compile(
            r"SafetensorError|HeaderTooLarge|UnpicklingError|Weights only load failed|Error\(s\) in loading state_dict|PytorchStreamReader"
        ),
        "model_damaged",
    ),
    (re.compile(r"URLError|HTTPError"), "model_missing"),
    (re.compile(r"^Traceback \("), "traceback"),
)
REMEDIES = {
    "no_face": "No face was found in the picture. Send one with a single face, seen from the front, that fills a good part of it.",
    "bad_sound": "The engine could not use the sound. Send a WAV with audible speech.",
    "out_of_memory": "The card's memory ran out. Free the card (unload the chat model), or choose a smaller size or a shorter sound.",
    "disk_full": "The disk ran full. Delete old runs, then start the run again.",
    "wrong_torch": "The installed torch has no kernels for this card or does not fit its driver. Install a torch built for CUDA 12.8, and a driver for it.",
    "model_damaged": "The engine could not load its weights: a file is damaged or not the right one. Copy the weights again.",
    "model_missing": "The engine looked for weights that are not on this machine. Check GET /v1/engines.",
}


def explain(name: str, classes: list[str], exit_code: int | None) -> tuple[str, str]:
    """Code and message of a run without its video."""
    for code, remedy in REMEDIES.items():
        if code in classes:
            return code, remedy
    if exit_code == 0:
        return "no_output", f"{name} ended without an error and without a video. Its log is on the GPU machine; start the run again."
    if "traceback" not in classes and (exit_code is None or exit_code < 0):
        return "interrupted", f"{name} was ended from outside, or ended while gpu-host was down. Start the run again."
    return "engine_error", f"{name} ended with an error. Its log is on the GPU machine; try another picture or sound."
