"""Settings of all tests. This file's folder is where `helpers` is imported from."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("perfnb", deadline=None, max_examples=60, print_blob=True)
settings.load_profile("perfnb")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests that sample running programs a second and third try.

    What they see depends on what else the machine does meanwhile; the two cores of a busy one
    leave a kernel standing for longer than a bound allows. A fault of ours that comes only now
    and then is hidden by this too: a retry, R in the output, is a thing to look into.
    """
    for item in items:
        if {"capture", "notebook", "browser"} & set(item.path.parts):
            item.add_marker(pytest.mark.flaky(reruns=2))
