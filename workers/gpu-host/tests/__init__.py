"""Tests of gpu-host, on a trainer that speaks the protocol of sd-scripts."""
