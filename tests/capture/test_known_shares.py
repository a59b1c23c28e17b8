"""Programs of which it is known where their time goes, recorded in real kernels."""

from __future__ import annotations

import math
import sys

import pytest
from helpers.kernels import OWN
from helpers.workloads import SHARES

SIGMAS = 4.5
# From inside, a sample is taken up to a switch interval (5 ms) later than it was due.
BIAS = {"pyspy": 0.02, "inprocess": 0.04}
# A thread that has to wait for a CPU is seen where it stands, for about so long.
CLUMP_S = 0.04


def flame(kernel, body, options=""):
    cell = kernel.run(f"%%flame -q {options}\n{body}")
    assert cell.ok, cell.traceback
    assert not cell.notices
    return kernel.last()


def undisturbed(kernel, body, options):
    """Record again, a few times, while other programs keep this one from the CPU."""
    body = f"used = -time.process_time()\n{body}\nused += time.process_time()"
    for _ in range(3):
        seen = flame(kernel, body, options)
        metadata = seen["metadata"]
        wall = (metadata["end_monotonic_ns"] - metadata["start_monotonic_ns"]) / 1e9
        waited = 1 - kernel.value("used") / (wall - (metadata["paused_s"] or 0))
        # Samples of one wait are not independent.
        seen["independent"] = seen["samples"] / (
            1 + CLUMP_S * metadata["rate_asked"] * max(0, waited)
        )
        if waited < 0.2:
            break
    return seen


def close(seen, share, samples, backend):
    """Whether a share seen in so many samples is the true one, but for chance and known bias."""
    return abs(seen - share) < SIGMAS * math.sqrt(share * (1 - share) / samples) + BIAS[backend]


def test_versions(any_kernel):
    python, bokeh, executable = any_kernel.value(
        "['{}.{}'.format(*__import__('sys').version_info), __import__('bokeh').__version__,"
        " __import__('sys').executable]"
    )
    release = tuple(map(int, bokeh.split(".")[:2]))
    assert release >= ((3, 10) if python == "3.13" else (3, 9))
    assert (executable == sys.executable) == (python == OWN)


def test_sixty_thirty_ten(any_kernel, backend):
    seen = undisturbed(any_kernel, "shares(2)", f"-r 150 --backend {backend}")
    shares, whole = seen["shares"], seen["shares"]["shares"]
    assert seen["samples"] > 150
    assert whole > 0.95
    assert shares["burn"] > 0.97 * whole
    for name, share in SHARES.items():
        assert close(shares[name] / whole, share, seen["independent"], backend), name


def test_on_cpu_time_is_the_time_used(any_kernel, backend):
    seen = flame(any_kernel, "burn(1)", f"-r 150 --backend {backend}")
    wall = seen["metadata"]["end_monotonic_ns"] - seen["metadata"]["start_monotonic_ns"]
    assert seen["kind"] == "on-CPU"
    # While py-spy reads stacks nothing runs; that time is shared out to what ran.
    assert 0.9e9 < seen["total"] < 1.001 * wall


def test_recursion_counts_once(any_kernel, backend):
    seen = flame(any_kernel, "descend(0.5)", f"-r 200 --backend {backend}")
    assert 0.95 < seen["shares"]["descend"] <= 1


def test_generator(any_kernel, backend):
    shares = flame(any_kernel, "drain(0.5)", f"-r 200 --backend {backend}")["shares"]
    assert shares["drain"] > 0.9
    assert shares["numbers"] > 0.95 * shares["drain"]


def test_tasks(any_kernel, backend):
    body = "await asyncio.gather(job(0.4), other_job(0.4))"
    seen = undisturbed(any_kernel, body, f"-r 200 --backend {backend}")
    shares = seen["shares"]
    # From inside, the event loop is seen more often than it runs: it lets go of the GIL.
    assert shares["job"] > (0.9 if backend == "pyspy" else 0.75)
    assert close(shares["other_job"] / shares["job"], 0.5, seen["independent"], backend)


def test_methods_lambdas_and_nested_functions(any_kernel, backend):
    seen = undisturbed(any_kernel, "every_shape(1)", f"-r 200 --backend {backend}")
    shares, whole = seen["shares"], seen["shares"]["every_shape"]
    for name in ("Machine.method", "Machine.static", "<lambda>", "outer.<locals>.nested"):
        assert close(shares[name] / whole, 0.25, seen["independent"], backend), name


def of_other_threads(kernel, seen):
    """Return (name, share) of the threads that ran, but for the main one; the largest first."""
    found = [(t["name"], t["share"]) for t in seen["threads"] if t["tid"] != kernel.pid]
    return sorted((t for t in found if t[1] > 0), key=lambda t: -t[1])


def test_threads_are_told_apart(any_kernel, backend):
    seen = undisturbed(any_kernel, "two_threads(1)", f"-r 100 --backend {backend}")
    (_, one), (_, other) = threads = of_other_threads(any_kernel, seen)
    assert one + other > 0.75
    assert close(one / (one + other), 0.5, seen["independent"], backend)
    assert sorted((one, other)) == pytest.approx(
        sorted((seen["shares"]["left"], seen["shares"]["right"])), abs=0.05
    )
    # py-spy keeps a thread nameless that it saw before Python had registered it.
    assert {name for name, _ in threads} <= {"the left one", "the right one", ""}


def test_threads_in_turns_are_told_apart(any_kernel, backend):
    seen = undisturbed(any_kernel, "in_turns(0.9)", f"-r 100 --backend {backend}")
    threads = of_other_threads(any_kernel, seen)
    assert len(threads) == 3
    assert sum(share for _, share in threads) > 0.75


def test_waiting_is_left_out(any_kernel, backend):
    shares = flame(any_kernel, "mostly_asleep(0.4)", f"-r 150 --backend {backend}")["shares"]
    # It is asleep for three quarters of the time. Falling asleep and waking up is running, too.
    assert shares["burn"] > 0.4
    assert shares.get("nap", 0) < 0.5


def test_idle_shows_waiting(any_kernel, backend):
    seen = flame(any_kernel, "mostly_asleep(0.4)", f"-i -r 150 --backend {backend}")
    assert seen["kind"] == "wall"
    metadata = seen["metadata"]
    wall = (metadata["end_monotonic_ns"] - metadata["start_monotonic_ns"]) / 1e9
    # It sleeps for 1.2 s; how long the work takes depends on what else the machine does.
    assert seen["shares"]["nap"] == pytest.approx(1.2 / wall, abs=0.15)


@pytest.mark.parametrize("body", ["hashing(0.4)", "compressing(0.4)"])
def test_compiled_code_counts_for_its_caller(any_kernel, backend, body):
    seen = flame(any_kernel, body, f"-r 150 --backend {backend}")
    assert seen["shares"][body.partition("(")[0]] > 0.9
    assert seen["total"] > 0.35e9


def test_two_threads_share_one_interpreter(any_kernel):
    seen = flame(any_kernel, "two_threads(1)", "-r 100 --backend inprocess")
    # Both are always ready to run, but the CPU time is that of one.
    assert 0.8e9 < seen["total"] < 1.2e9
