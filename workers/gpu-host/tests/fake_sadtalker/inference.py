"""A SadTalker that prints, writes and ends as cd4c046 does; `faults.json` beside it says what goes wrong."""

import json
import os
import shutil
import sys
import time
import uuid
from argparse import ArgumentParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from fake_media import mp4  # noqa: E402

HERE = Path(__file__).parent
FAULTS = json.loads((HERE / "faults.json").read_text())


def bar(title: str, count: int) -> None:
    for done in range(count + 1):
        sys.stderr.write(f"\r{title}: {100 * done // count:3d}%|{'█' * (10 * done // count):<10}| {done}/{count} [00:00<00:01, 9.00it/s]")
        sys.stderr.flush()
        time.sleep(FAULTS.get("step_seconds", 0))
        if FAULTS.get("fault") == "hang" and title == "Face Renderer:" and done == 2:
            time.sleep(600)
        while FAULTS.get("fault") == "gate" and title == "Face Renderer:" and done == 2 and not (HERE / "open").exists():
            time.sleep(0.01)
    sys.stderr.write("\n")


def main(args) -> None:
    fault = FAULTS.get("fault")
    save_dir = os.path.join(args.result_dir, time.strftime("%Y_%m_%d_%H.%M.%S"))
    os.makedirs(save_dir, exist_ok=True)
    print("using safetensor as default")
    (HERE / "argv.json").write_text(json.dumps(sys.argv[1:]))
    for name in ("alignment_WFLW_4HG.pth", "detection_Resnet50_Final.pth"):
        assert os.path.isfile(os.path.join("gfpgan/weights", name)), "would download"
    assert os.path.isfile(os.path.join(args.checkpoint_dir, f"SadTalker_V0.0.2_{args.size}.safetensors"))
    os.makedirs(os.path.join(save_dir, "first_frame_dir"), exist_ok=True)
    print("3DMM Extraction for source image")
    if fault == "coeffs":
        print("Can't get the coeffs of the input")
        return
    if fault == "no_face":
        raise "can not detect the landmark from source image"  # noqa: B016 as there
    if fault == "outside":
        sys.stderr.write(
            "Traceback (most recent call last):\ncv2.error: OpenCV(4.10.0) resize.cpp:4152: error: (-215) !ssize.empty() in function 'resize'\n"
        )
        sys.exit(1)
    if fault == "detector_asks_for_ever":
        while True:
            print("Warning: out of memory, sleep for 1s")
            time.sleep(0.05)
    if fault == "unsure":
        print("No face detected in this image")
    bar("landmark Det:", 1)
    bar("3DMM Extraction In Video:", 1)
    bar("mel:", 4)
    bar("audio2exp:", 1)
    if fault == "out_of_memory":
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB.")
    bar("Face Renderer:", 5)
    if fault == "no_ffmpeg":
        raise FileNotFoundError(2, "No such file or directory", f"{uuid.uuid4()}.mp4")
    with open(args.driven_audio, "rb") as file:
        head = file.read(44)
    seconds = int.from_bytes(head[40:44], "little") / int.from_bytes(head[28:32], "little")
    seconds = seconds * 3 if fault == "too_long" else seconds
    Path(save_dir, "picture##sound.mp4").write_bytes(mp4(seconds, args.size, args.size, sound=fault != "mute"))
    print(f"The generated video is named {save_dir}/picture##sound.mp4")
    shutil.move(os.path.join(save_dir, "picture##sound.mp4"), save_dir + ".mp4")
    if fault == "truncated":
        os.truncate(save_dir + ".mp4", 100)
    print("The generated video is named:", save_dir + ".mp4")
    shutil.rmtree(save_dir)


if __name__ == "__main__":
    parser = ArgumentParser()
    for name in ("driven_audio", "source_image", "checkpoint_dir", "result_dir"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--pose_style", type=int, default=0)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--cpu", dest="cpu", action="store_true")
    parser.add_argument("--still", action="store_true")
    parser.add_argument("--preprocess", default="crop", choices=["crop", "extcrop", "resize", "full", "extfull"])
    main(parser.parse_args())
