"""What SadTalker (cd4c046) prints: bars on stderr, sentences on stdout."""

import re

from gpu_host.engines.bars import REMEDIES
from gpu_host.engines.talk_reader import Words

WORDS = Words(
    counts="Face Renderer",
    stages=(
        (re.compile(r"3DMM Extraction for source image|landmark Det:"), "finding_face"),
        (re.compile(r"mel:|audio2exp:"), "listening"),
        (re.compile(r"Face Renderer:"), "rendering"),
        (re.compile(r"seamlessClone:"), "pasting"),
        (re.compile(r"The generated video is named"), "saving"),
    ),
    classes=(
        (re.compile(r"^(Can't get the coeffs of the input|No face is detected in the input file)"), "no_face"),
        # croper.py raises a text where the detector finds no face: Python says so in these words
        (re.compile(r"^TypeError: exceptions must derive from BaseException"), "no_face"),
        # what it took for a face lies outside the picture
        (re.compile(r"^cv2\.error: .*!ssize\.empty\(\)"), "no_face"),
    ),
    warnings=((re.compile(r"No face detected in this image"), "face_unsure", "The face was hard to find: look at the result."),),
    # its detector asks again for ever, once a second
    ends=((re.compile(r"Warning: out of memory, sleep for 1s"), "out_of_memory", REMEDIES["out_of_memory"]),),
)
