"""What programs wait for, by their own clocks and by the profile; at every level."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from helpers.kernels import TESTS

from perfnb.capture import WAITS
from perfnb.capture.base import CaptureSpec

EXACT = ("perf", "bpftrace")
LEVELS = ("proc", *EXACT)
# Of a function's own time, and of the recording: which of many short waits are sampled is chance.
MAY_DIFFER = {"proc": (0.10, 0.08), "perf": (0.02, 0.03), "bpftrace": (0.02, 0.03)}


@pytest.fixture(params=LEVELS)
def level(request) -> str:
    available = WAITS.get(request.param).load().availability(CaptureSpec(kind="offcpu"))
    if not available.ok:
        pytest.skip(f"{request.param}: {available.reason}")
    return request.param


@pytest.fixture(params=EXACT)
def exact(request) -> str:
    available = WAITS.get(request.param).load().availability(CaptureSpec(kind="offcpu"))
    if not available.ok:
        pytest.skip(f"{request.param}: {available.reason}")
    return request.param


def test_in_ci_every_level_is_tested():
    if os.environ.get("CI") == "true":
        for name in LEVELS:
            available = WAITS.get(name).load().availability(CaptureSpec(kind="offcpu"))
            assert available.ok, (name, available.reason)


def waited(workload, level, seconds=2, kind="wall", **env):
    """Run a program that records itself, and return what both said."""
    done = subprocess.run(
        [sys.executable, str(TESTS / "helpers" / "waiting.py"), workload, str(seconds),
         "--backend", level, "--kind", kind],
        capture_output=True, text=True, env={**os.environ, **env},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def measured(seen, function):
    """Off the CPU, and held by the profiler while it was."""
    return sum(seen[state].get(function, 0) for state in ("blocked", "queued", "held"))


def assert_as_measured_inside(seen, level):
    relative, absolute = MAY_DIFFER[level]
    for function, truth in seen["truth"].items():
        found = measured(seen, function)
        limit = relative * truth + absolute * seen["wall_ns"]
        assert abs(found - truth) <= limit, (function, truth, found, seen["offcpu"])


def assert_sums_are_wall_time(seen):
    for thread in seen["threads"]:
        parts = (thread[f"{part}_ns"] for part in ("cpu", "runqueue", "blocked", "stopped"))
        assert sum(parts) == pytest.approx(thread["wall_ns"], rel=0.001)
        assert thread["wall_ns"] == pytest.approx(seen["wall_ns"], rel=0.01)


def share_of(seen, *reasons):
    whole = sum(
        total
        for name, total in seen["reasons"].items()
        if not name.startswith("held by") and name != "[run queue]"
    )
    return sum(seen["reasons"].get(reason, 0) for reason in reasons) / whole


def test_sleeps_of_several_lengths(level):
    seen = waited("sleeps", level, 3)
    assert_as_measured_inside(seen, level)
    assert_sums_are_wall_time(seen)
    assert share_of(seen, "[sleep]") > 0.97


def test_sleeps_beside_a_thread_that_spins(level):
    seen = waited("sleeps beside spinning", level, 3)
    assert_as_measured_inside(seen, level)
    assert_sums_are_wall_time(seen)
    assert seen["reasons"]["[GIL]"] > 0.5 * 5e6 * sum(
        seen["calls"][name] for name in ("sleep_1ms", "sleep_3ms", "sleep_10ms", "sleep_40ms")
    )


def test_a_function_that_only_runs_waits_for_nothing(exact):
    seen = waited("spinning", exact)
    assert seen["blocked"].get("spin_1ms", 0) < 0.005 * seen["wall_ns"]
    # It may have had to wait for a CPU, and that is told apart.
    assert_as_measured_inside(seen, exact)


def test_a_lock_is_waited_for_under_the_name_of_who_held_it(level):
    seen = waited("lock", level, 3)
    assert_as_measured_inside(seen, level)
    held = {name: t for name, t in seen["reasons"].items() if name.startswith("held by")}
    assert held["held by holder"] > 0.3 * seen["reasons"]["[lock]"]
    assert held["held by holder"] > 0.9 * sum(held.values())


@pytest.mark.parametrize(
    ("workload", "reasons"),
    [
        ("pipes", ["[pipe read]"]),
        ("sockets", ["[socket receive]"]),
        ("polls", ["[poll]"]),
        ("children", ["[child process]"]),
    ],
)
def test_what_is_waited_for(level, workload, reasons):
    seen = waited(workload, level)
    assert_as_measured_inside(seen, level)
    # The main thread sleeps meanwhile.
    assert share_of(seen, *reasons, "[sleep]") > 0.9
    assert share_of(seen, *reasons) > 0.2


def test_a_disk_is_waited_for(exact, tmp_path):
    seen = waited("disk", exact, 3, WAITING_DISK=str(TESTS))
    waits = share_of(seen, "[disk]", "[disk read]", "[disk write]")
    truth = sum(seen["truth"].values())
    if truth < 0.05 * seen["wall_ns"]:
        pytest.skip("nothing waits for this disk: it is in memory")
    both = sum(measured(seen, name) for name in ("sync", "reread"))
    assert both == pytest.approx(truth, rel=0.05, abs=0.03 * seen["wall_ns"])
    assert waits > 0.03


def test_a_pool_of_threads(exact):
    seen = waited("pool", exact)
    assert_as_measured_inside(seen, exact)
    assert_sums_are_wall_time(seen)


def test_threads_that_fight_for_the_gil(exact):
    seen = waited("GIL", exact)
    assert_as_measured_inside(seen, exact)
    gil = {name: t for name, t in seen["reasons"].items() if name.startswith("held by fighter-")}
    assert seen["reasons"]["[GIL]"] > 0.5 * seen["wall_ns"]
    assert sum(gil.values()) > 0.5 * seen["reasons"]["[GIL]"]


def test_tasks_wait_under_their_own_names(exact):
    seen = waited("tasks", exact, 3, kind="offcpu")
    for function, truth in seen["truth"].items():
        # While the loop runs one task the others wait too, which is not told as theirs.
        assert seen["all"][function] == pytest.approx(truth, rel=0.06), function
    selecting = [name for name in seen["all"] if name.endswith("Selector.select")]
    assert sum(seen["all"][name] for name in selecting) < 0.02 * seen["wall_ns"]


def test_nothing_is_lost_at_a_hundred_thousand_switches_a_second(exact):
    seen = waited("pipes", exact)
    switches = sum(t["voluntary"] + t["involuntary"] for t in seen["threads"])
    assert switches > 20_000
    assert seen["offcpu"]["lost"] < 0.02 * switches
