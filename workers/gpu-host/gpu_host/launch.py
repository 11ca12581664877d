"""The only place that starts a program: an allow-list of programs and flags, never a shell."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gpu_host.failure import Failure
from gpu_host.members import TOKEN

FLAG = re.compile(r"^--([a-z][a-z0-9_]*)(=[^\0]*)?$", re.DOTALL)
PASSED_ON = re.compile(r"^(PATH|LD_LIBRARY_PATH|LANG|LC_ALL|TZ|CUDA_.*|NVIDIA_.*|TMPDIR)$")
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "WANDB_MODE": "disabled",
    "WANDB_ERROR_REPORTING": "false",
    "PYTHONUNBUFFERED": "1",
    "PYTHONIOENCODING": "utf-8",
    "PYTHONNOUSERSITE": "1",
    "COLUMNS": "200",
    # sd-scripts asks for full unpickling of a .ckpt; this overrules it (torch.load, torch 2.6 and later)
    "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1",
}


@dataclass(frozen=True)
class Program:
    python: Path
    script: Path
    flags: frozenset[str]


@dataclass(frozen=True)
class Launch:
    program: Program
    arguments: tuple[str, ...]

    def argv(self) -> list[str]:
        return [str(self.program.python), str(self.program.script), *self.arguments]


def check(launch: Launch, allowed: frozenset[Program]) -> None:
    """A value is part of its flag's argument (`--flag=value`), so no value can be read as a flag."""
    if launch.program not in allowed:
        raise Failure("program_refused", "That program is not on the list of programs.", 500)
    for argument in launch.arguments:
        match = FLAG.match(argument)
        if not match or match[1] not in launch.program.flags:
            raise Failure("program_refused", "That argument is not on the list of the program's flags.", 500)


def child_environment(home: Path, token: str) -> dict[str, str]:
    passed = {name: value for name, value in os.environ.items() if PASSED_ON.match(name)}
    return {**passed, **OFFLINE, "HOME": str(home), "HF_HOME": str(home / "hf"), TOKEN: token}


def spawn(launch: Launch, allowed: frozenset[Program], folder: Path, logs: Path, token: str, talk: bool = False) -> subprocess.Popen:
    """
    Its own session and process group, its own folder, output to files that outlive us.
    `talk`: it takes orders on stdin and answers on stdout, both pipes; stdin closes when we die, however that is.
    """
    check(launch, allowed)
    with open(logs / "stdout.log", "ab") as out, open(logs / "stderr.log", "ab") as err:
        return subprocess.Popen(
            launch.argv(),
            cwd=folder,
            env=child_environment(folder, token),
            stdin=subprocess.PIPE if talk else subprocess.DEVNULL,
            stdout=subprocess.PIPE if talk else out,
            stderr=err,
            start_new_session=True,
            close_fds=True,
        )
