from __future__ import annotations

from collections.abc import Iterator

import pytest
from core_parity import Core


@pytest.fixture(scope="session")
def core() -> Iterator[Core]:
    core = Core()
    yield core
    core.close()
