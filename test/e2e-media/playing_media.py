"""In place of `fake_media.py` beside the fake programs: videos that really play, as those of the real ones do."""

import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def mp4(seconds: float, width: int = 256, height: int = 256, sound: bool = True, fps: int = 25) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.mp4")
        shown = ["-f", "lavfi", "-i", f"testsrc=size={width}x{height}:rate={fps}:duration={seconds}"]
        heard = ["-f", "lavfi", "-i", f"sine=frequency=220:duration={seconds}", "-c:a", "aac"] if sound else []
        encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(out)]
        command = [(HERE / "ffmpeg.txt").read_text(), "-nostdin", "-loglevel", "error", *shown, *heard, *encode]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return out.read_bytes()
