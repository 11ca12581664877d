"""`F5TTS` with the arguments of f5-tts 1.1.22."""

import json
import os
import random
import signal
import sys
import time
import wave
from pathlib import Path

from f5_tts.infer.utils_infer import ThreadPoolExecutor, preprocess_ref_audio_text

HERE = Path(__file__).parents[1]
RATE = 24_000


def faults() -> dict:
    return json.loads((HERE / "faults.json").read_text())


def note(name: str, value: object) -> None:
    with open(HERE / f"{name}.log", "a") as file:
        file.write(json.dumps(value) + "\n")


class F5TTS:
    def __init__(
        self,
        model="F5TTS_v1_Base",
        ckpt_file="",
        vocab_file="",
        ode_method="euler",
        use_ema=True,
        vocoder_local_path=None,
        device=None,
        hf_cache_dir=None,
    ):
        fault = faults().get("fault")
        assert ckpt_file and vocoder_local_path, "would download"
        print(f"Load vocos from local path {vocoder_local_path}")
        os.write(1, b'{"id": "a1", "type": "done"}\n')  # as a library in C would print
        print("\nvocab : ", vocab_file, "\ntoken :  custom\nmodel : ", ckpt_file, "\n")
        if fault == "deaf":  # it does not see that stdin closes, and does not end on TERM
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        if fault == "bad_weights":
            raise RuntimeError("Error(s) in loading state_dict for CFM:\n\tMissing key(s) in state_dict")
        if fault == "dies_at_start":
            os.kill(os.getpid(), signal.SIGKILL)
        note("loads", {"pid": os.getpid(), "ckpt": ckpt_file, "vocab": vocab_file, "model": model, "device": device})

    def infer(
        self,
        ref_file,
        ref_text,
        gen_text,
        show_info=print,
        progress=None,
        target_rms=0.1,
        cross_fade_duration=0.15,
        sway_sampling_coef=-1,
        cfg_strength=2,
        nfe_step=32,
        speed=1.0,
        fix_duration=None,
        remove_silence=False,
        file_wave=None,
        file_spec=None,
        seed=None,
    ):
        assert seed is not None and ref_text
        ref, ref_text = preprocess_ref_audio_text(ref_file, ref_text)
        print("gen_text 0", gen_text)
        print(json.dumps({"id": "a1", "type": "done"}))
        sys.stderr.write("  0%|          | 0/1 [00:00<?, ?it/s]\r")
        note(
            "said",
            {
                "text": gen_text,
                "seed": seed,
                "steps": nfe_step,
                "speed": speed,
                "ref": str(ref),
                "threads": ThreadPoolExecutor()._max_workers,
            },
        )
        self.misbehave(faults().get("fault"), gen_text)
        with wave.open(ref) as file:
            reference = file.getnframes() / file.getframerate()
        slow = 0.3 if len(gen_text.encode()) < 10 else speed
        count = int(reference / len(ref_text.encode()) * len(gen_text.encode()) / slow * RATE)
        rng = random.Random(f"{seed} {gen_text}")
        loud = 0 if faults().get("fault") == "silent" else 9000
        with wave.open(file_wave, "wb") as out:
            out.setparams((1, 2, RATE, 0, "NONE", ""))
            out.writeframes(b"".join(rng.randint(-loud, loud).to_bytes(2, "little", signed=True) for _ in range(count)))
        if faults().get("fault") == "truncated":
            os.truncate(file_wave, 1000)
        return None, RATE, None

    def misbehave(self, fault, text):
        if faults().get("at", "") not in text:
            return
        if fault == "out_of_memory":
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        if fault == "error":
            raise ValueError("a secret of the library")
        if fault == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault in ("hang", "deaf"):
            time.sleep(600)
        if fault == "gate":
            while not (HERE / "open").exists():
                time.sleep(0.01)
