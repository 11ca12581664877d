"""WAV and MP4 files are known by what is in them; a file that was cut off is none."""

import shutil
import subprocess
from pathlib import Path

import pytest

from gpu_host.mp4 import read_mp4
from gpu_host.wav import read_wav
from tests.fake_media import mp4, wav


def test_a_wav_tells_its_length_and_loudness(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(wav(1.5, rate=16_000, channels=2, loudness=0.5))
    found = read_wav(path)
    assert found and (found.channels, found.rate, found.bits, found.seconds) == (2, 16_000, 16, 1.5)
    assert found.peak == pytest.approx(0.5, abs=0.01)
    path.write_bytes(wav(0.5, loudness=0))
    silent = read_wav(path)
    assert silent and silent.peak == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        wav(0),
        wav(1)[:-1],
        wav(1)[:40],
        b"x" * 5000,
        wav(1).replace(b"WAVE", b"WAVX"),
        wav(1)[:20] + b"\3" + wav(1)[21:],
        mp4(1),
    ],
)
def test_what_is_no_whole_wav(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    assert read_wav(tmp_path / "x") is None


def test_an_mp4_tells_its_length_size_and_whether_it_sounds(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(mp4(2.5, 640, 360))
    found = read_mp4(path)
    assert found and (found.seconds, found.width, found.height, found.frames, found.sound) == (2.5, 640, 360, 62, True)
    path.write_bytes(mp4(2.5, sound=False))
    mute = read_mp4(path)
    assert mute and not mute.sound


@pytest.mark.parametrize("data", [b"", mp4(1)[:-1], mp4(1)[:200], mp4(1)[4:], b"\0" * 500, wav(1), mp4(0), mp4(1, 0, 0)])
def test_what_is_no_whole_mp4(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    assert read_mp4(tmp_path / "x") is None
    assert read_mp4(tmp_path / "none") is None


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg here")
def test_files_of_ffmpeg(tmp_path: Path) -> None:
    picture, sound = ["-f", "lavfi", "-i", "testsrc=s=320x180:r=25:d=2"], ["-f", "lavfi", "-i", "sine=d=2:r=16000"]
    for name, options in (("a.mp4", []), ("b.mp4", ["-movflags", "+faststart"])):
        command = ["ffmpeg", "-v", "error", *picture, *sound, *options, str(tmp_path / name)]
        subprocess.run(command, check=True, timeout=120, stdin=subprocess.DEVNULL)
        found = read_mp4(tmp_path / name)
        assert found and (found.width, found.height, found.frames, found.sound) == (320, 180, 50, True)
        assert found.seconds == pytest.approx(2, abs=0.1)
    subprocess.run(["ffmpeg", "-v", "error", *sound, str(tmp_path / "c.wav")], check=True, timeout=120, stdin=subprocess.DEVNULL)
    heard = read_wav(tmp_path / "c.wav")
    assert heard and (heard.rate, heard.seconds) == (16_000, 2) and heard.peak > 0.1
