"""No zombie: orphans of our children become ours, and are reaped."""

import ctypes
import os

from gpu_host.identity import stat_of
from gpu_host.members import pids

PR_SET_CHILD_SUBREAPER = 36


def become_subreaper() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")


def reap_orphans(known: set[int]) -> int:
    """Reaps every dead child but those that their own Popen waits for."""
    me, count = os.getpid(), 0
    for pid in pids():
        stat = stat_of(pid)
        if pid in known or stat is None or stat.ppid != me or stat.state != "Z":
            continue
        try:
            count += os.waitpid(pid, os.WNOHANG)[0] == pid
        except ChildProcessError:
            pass
    return count
