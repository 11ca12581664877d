"""A package that loads, prints and writes as f5-tts 1.1.22 does; `faults.json` beside it says what goes wrong."""
