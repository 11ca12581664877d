"""One run's life: its record, its events, its output and the thread that watches its processes."""
