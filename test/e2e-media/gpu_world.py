"""Lays out a GPU machine for the real gpu-host: `gpu_world.py FOLDER PORT FFMPEG wav2lip|no`, with gpu-host's own tests on the path. Prints where its settings are."""

import shutil
import sys
from pathlib import Path

from tests.engines_world import EnginesWorld

folder, port, ffmpeg, lips = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
world = EnginesWorld(folder)
for program in (world.sadtalker, world.wav2lip):
    shutil.copy(Path(__file__).parent / "playing_media.py", program / "fake_media.py")
    (program / "ffmpeg.txt").write_text(ffmpeg)
world.settings.limits.upload_bytes = 64 * 2**20
world.settings.limits.body_bytes = 2 * 2**20
world.settings.limits.stall_seconds = 300
assert world.settings.wav2lip
world.settings.wav2lip.enabled = lips == "wav2lip"
print(world.toml(port))
