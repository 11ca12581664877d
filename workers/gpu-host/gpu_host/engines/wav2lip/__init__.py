"""Wav2Lip: the lips of a face in a video or picture follow a sound. Off unless the operator enables it: it is not open source."""
