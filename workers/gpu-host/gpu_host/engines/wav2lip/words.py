"""What Wav2Lip (5c90fa9) prints: bars without a title on stderr, sentences on stdout."""

import re

from gpu_host.engines.talk_reader import Words

WORDS = Words(
    counts="",
    # the face finder's bars have no title either; 128 is `--wav2lip_batch_size`
    of=(re.compile(r"Length of mel chunks: (\d+)"), 128),
    stages=(
        (re.compile(r"Reading video frames|Number of frames available"), "reading"),
        (re.compile(r"Length of mel chunks"), "finding_face"),
        (re.compile(r"Model loaded"), "rendering"),
    ),
    classes=(
        (re.compile(r"^ValueError: Face not detected!"), "no_face"),
        (re.compile(r"^ValueError: Mel contains nan!"), "bad_sound"),
        (re.compile(r"^RuntimeError: Image too big to run face detection on GPU"), "out_of_memory"),
    ),
)
