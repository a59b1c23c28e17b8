"""Settings of all tests. This file's folder is where `helpers` is imported from."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("perfnb", deadline=None, max_examples=60, print_blob=True)
settings.load_profile("perfnb")
