"""F5-TTS: text becomes speech in the voice of a reference recording."""
