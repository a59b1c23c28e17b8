"""When samples were taken, and what a profile says about how well that is known."""

from __future__ import annotations

import functools
import itertools
import math

import pytest
from helpers.kernels import Kernel


@functools.cache
def clockwork(kernel: Kernel, backend: str) -> dict:
    """Record two functions that alternate and write down when; return what is known of it."""
    cell = kernel.run(f"%%flame -q -r 100 --backend {backend}\nlog = clockwork(25, 0.03)")
    assert cell.ok and not cell.notices
    seen = kernel.last()
    slack = seen["metadata"]["clock_error_ns"]
    seen["agreement"] = kernel.value("agreement(perfnb.last(), log)")
    seen["agreement within the bound"] = kernel.value(f"agreement(perfnb.last(), log, {slack})")
    seen["log"] = kernel.value("log")
    return seen


def test_a_sample_shows_what_ran_at_its_time(any_kernel, backend):
    right, wrong = clockwork(any_kernel, backend)["agreement"]
    assert right + wrong > 20
    assert right / (right + wrong) > 0.9


def test_the_clock_bound_holds(any_kernel, backend):
    right, wrong = clockwork(any_kernel, backend)["agreement within the bound"]
    assert right / (right + wrong) > 0.97


def test_the_clock_bound_is_that_of_the_longest_stop(any_kernel, backend):
    metadata = clockwork(any_kernel, backend)["metadata"]
    if backend == "inprocess":
        assert metadata["clock_error_ns"] == 5_000_000
    else:
        mean = metadata["paused_s"] * 1e9 / metadata["ticks"]
        assert mean / 2 <= metadata["clock_error_ns"] <= metadata["paused_s"] * 1e9 / 2 + 1e6


def test_times_are_sorted_and_in_the_window(any_kernel, backend):
    seen = clockwork(any_kernel, backend)
    times, metadata = seen["times"], seen["metadata"]
    assert all(a <= b for a, b in itertools.pairwise(times))
    assert metadata["start_monotonic_ns"] <= times[0]
    assert times[-1] <= metadata["end_monotonic_ns"]
    (_, began, _), *_, (_, _, ended) = seen["log"]
    assert metadata["start_monotonic_ns"] <= began < ended <= metadata["end_monotonic_ns"]


def test_metadata_tells_rate_and_cost(any_kernel, backend):
    seen = clockwork(any_kernel, backend)["metadata"]
    wall = (seen["end_monotonic_ns"] - seen["start_monotonic_ns"]) / 1e9
    assert seen["rate_asked"] == 100
    assert seen["rate_achieved"] == pytest.approx(seen["ticks"] / wall)
    # Never much more than asked for; how much less depends on what else the machine does.
    assert 10 * wall < seen["ticks"] < 100 * wall + 4.5 * math.sqrt(100 * wall)
    assert 0 <= seen["missed"] < 0.1 * seen["ticks"]
    assert 0 < seen["profiler_cpu_s"] < wall
    if backend == "pyspy":
        assert 0 < seen["paused_s"] < wall
    else:
        assert seen["paused_s"] is None


def test_unevenly_spaced(any_kernel, backend):
    times = sorted(set(clockwork(any_kernel, backend)["times"]))
    gaps = [b - a for a, b in itertools.pairwise(times)]
    mean = sum(gaps) / len(gaps)
    assert any(gap < 0.8 * mean for gap in gaps)
    assert any(gap > 1.2 * mean for gap in gaps)
