from __future__ import annotations

import pytest
from helpers.kernels import PYTHONS, Kernel, kernel, python_for
from helpers.leaks import no_leaks, warm

__all__ = ["no_leaks", "warm"]


@pytest.fixture(scope="session", params=PYTHONS)
def any_kernel(request, tmp_path_factory) -> Kernel:
    """A kernel of each supported Python, with the workloads at hand."""
    home = tmp_path_factory.mktemp(f"kernel-{request.param}")
    with kernel(home, python_for(request.param)) as running:
        running.run("import asyncio, perfnb\nfrom helpers.workloads import *")
        yield running


@pytest.fixture(params=["pyspy", "inprocess"])
def backend(request) -> str:
    return request.param
