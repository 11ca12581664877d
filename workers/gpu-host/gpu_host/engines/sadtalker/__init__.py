"""SadTalker: a picture of a face speaks a sound."""
