"""As in f5-tts."""
