"""gpu-host: runs Python engines next to their GPU as supervised child processes, behind a small HTTP API."""

VERSION = "0.1.0"
