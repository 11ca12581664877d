"""A Wav2Lip that prints, writes and ends as 5c90fa9 does; `faults.json` beside it says what goes wrong."""

import argparse
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from fake_media import mp4  # noqa: E402

HERE = Path(__file__).parent
FAULT = json.loads((HERE / "faults.json").read_text()).get("fault")


def bar(count: int) -> None:
    for done in range(count + 1):
        sys.stderr.write(f"\r{100 * done // count:3d}%|{'█' * (10 * done // count):<10}| {done}/{count} [00:00<00:00, 9.00it/s]")
        sys.stderr.flush()


parser = argparse.ArgumentParser()
for name in ("checkpoint_path", "face", "audio"):
    parser.add_argument(f"--{name}", required=True)
parser.add_argument("--outfile", default="results/result_voice.mp4")
args = parser.parse_args()
print("Using cuda for inference.")
still = args.face.split(".")[1] in ["jpg", "png", "jpeg"]
if not still:
    print("Reading video frames...")
print("Number of frames available for inference: 25")
assert args.audio.endswith(".wav") and os.path.isdir("temp")
print("(80, 161)")
if FAULT == "nan":
    raise ValueError("Mel contains nan! Using a TTS voice? Add a small epsilon noise to the wav file and try again")
print("Length of mel chunks: 48")
sys.stderr.write("\r  0%|          | 0/1 [00:00<?, ?it/s]")
bar(7)
if FAULT == "no_face":
    raise ValueError("Face not detected! Ensure the video contains a face in all the frames.")
print(f"Load checkpoint from: {args.checkpoint_path}\nModel loaded", flush=True)
bar(1)
Path("temp/result.avi").write_bytes(b"frames")
if FAULT == "no_file":  # its last ffmpeg is not looked at
    sys.exit(0)
with open(args.audio, "rb") as file:
    head = file.read(44)
seconds = int.from_bytes(head[40:44], "little") / int.from_bytes(head[28:32], "little")
Path(args.outfile).write_bytes(mp4(seconds))
