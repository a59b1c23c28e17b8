"""When samples were taken, and what a profile says about how well that is known."""

from __future__ import annotations

import itertools
import math

from helpers.kernels import Kernel


def clockwork(kernel: Kernel, backend: str, rate: int = 100) -> dict:
    cell = kernel.run(f"%%flame -q -r {rate} --backend {backend}\nlog = clockwork(25, 0.03)")
    assert cell.ok and not cell.notices
    return kernel.last()


def test_a_sample_shows_what_ran_at_its_time(any_kernel, backend):
    clockwork(any_kernel, backend)
    right, wrong = any_kernel.value("agreement(perfnb.last(), log)")
    assert right + wrong > 60
    assert right / (right + wrong) > 0.9


def test_times_are_sorted_and_in_the_window(any_kernel, backend):
    seen = clockwork(any_kernel, backend)
    times, metadata = seen["times"], seen["metadata"]
    assert all(a <= b for a, b in itertools.pairwise(times))
    assert metadata["start_monotonic_ns"] <= times[0]
    assert times[-1] <= metadata["end_monotonic_ns"]
    began, ended = any_kernel.value("[log[0][1], log[-1][2]]")
    assert metadata["start_monotonic_ns"] <= began < ended <= metadata["end_monotonic_ns"]


def test_metadata_tells_rate_and_cost(any_kernel, backend):
    seen = clockwork(any_kernel, backend)["metadata"]
    wall = (seen["end_monotonic_ns"] - seen["start_monotonic_ns"]) / 1e9
    assert seen["rate_asked"] == 100
    assert math.isclose(seen["rate_achieved"], seen["ticks"] / wall, rel_tol=1e-6)
    # From outside the instants are drawn at random.
    assert abs(seen["ticks"] - 100 * wall) < 5 * math.sqrt(100 * wall) + 0.2 * 100 * wall
    assert 0 <= seen["missed"] < 0.1 * seen["ticks"]
    assert 0 < seen["profiler_cpu_s"] < wall
    assert 0 < seen["clock_error_ns"] < 20_000_000
    if backend == "pyspy":
        assert 0 < seen["paused_s"] < wall
    else:
        assert seen["paused_s"] is None


def test_unevenly_spaced(any_kernel, backend):
    times = sorted(set(clockwork(any_kernel, backend, 50)["times"]))
    gaps = [b - a for a, b in itertools.pairwise(times)]
    mean = sum(gaps) / len(gaps)
    assert any(gap < 0.8 * mean for gap in gaps)
    assert any(gap > 1.2 * mean for gap in gaps)
