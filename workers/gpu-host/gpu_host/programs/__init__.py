"""Programs of ours that run in an engine's own environment; they import nothing of gpu-host, and nothing of theirs is imported here."""
