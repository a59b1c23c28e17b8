"""Exploring profiles while there is a kernel: large ones stay there, and the page asks."""
