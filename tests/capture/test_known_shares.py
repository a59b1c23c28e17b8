"""Programs of which it is known where their time goes, recorded in real kernels."""

from __future__ import annotations

import math
import sys

import pytest
from helpers.kernels import OWN
from helpers.workloads import SHARES

SIGMAS = 4.5
# Of 100 samples taken from inside, so many may be at a later place than was due: the sampler
# waits up to a switch interval (5 ms) for the GIL.
BIAS = {"pyspy": 0.02, "inprocess": 0.05}


def flame(kernel, body, options=""):
    cell = kernel.run(f"%%flame -q {options}\n{body}")
    assert cell.ok, cell.traceback
    assert not cell.notices
    return kernel.last()


def close(count, samples, share, backend):
    """Whether `count` of `samples` is what `share` gives, but for chance and the known bias."""
    error = SIGMAS * math.sqrt(share * (1 - share) / samples) + BIAS[backend]
    return abs(count / samples - share) < error


def test_versions(any_kernel):
    python, bokeh = any_kernel.value(
        "['{}.{}'.format(*__import__('sys').version_info), __import__('bokeh').__version__]"
    )
    release = tuple(map(int, bokeh.split(".")[:2]))
    assert release >= ((3, 10) if python == "3.13" else (3, 9))
    if python == OWN:
        assert any_kernel.value("__import__('sys').executable") == sys.executable


def test_sixty_thirty_ten(any_kernel, backend):
    seen = flame(any_kernel, "shares(2)", f"-r 150 --backend {backend}")
    functions = seen["functions"]
    assert functions["shares"] > 150
    assert functions["burn"] / functions["shares"] > 0.98
    for name, share in SHARES.items():
        assert close(functions[name], functions["shares"], share, backend), name


def test_on_cpu_time_is_the_time_used(any_kernel, backend):
    seen = flame(any_kernel, "used = time.thread_time()\nburn(1)", f"-r 150 --backend {backend}")
    wall = seen["metadata"]["end_monotonic_ns"] - seen["metadata"]["start_monotonic_ns"]
    # While py-spy reads stacks nothing runs; that time is shared out to what ran.
    assert 0.9e9 < seen["total"] <= wall * 1.001
    assert seen["kind"] == "on-CPU"


def test_recursion_counts_once(any_kernel, backend):
    seen = flame(any_kernel, "descend(0.5)", f"-r 200 --backend {backend}")
    assert 0.95 * seen["samples"] < seen["functions"]["descend"] <= seen["samples"]


def test_generator(any_kernel, backend):
    functions = flame(any_kernel, "drain(0.5)", f"-r 200 --backend {backend}")["functions"]
    assert functions["numbers"] / functions["drain"] > 0.9


def test_tasks(any_kernel, backend):
    seen = flame(any_kernel, "await asyncio.gather(job(0.4), other_job(0.4))",
                 f"-r 200 --backend {backend}")  # fmt: skip
    functions = seen["functions"]
    assert functions["job"] / seen["samples"] > 0.9
    assert close(functions["other_job"], functions["job"], 0.5, backend)


def test_methods_lambdas_and_nested_functions(any_kernel, backend):
    seen = flame(any_kernel, "every_shape(1)", f"-r 200 --backend {backend}")
    functions, samples = seen["functions"], seen["functions"]["every_shape"]
    # Qualified names are known from Python 3.11 on, from outside and from inside.
    for name in ("Machine.method", "Machine.static", "outer.<locals>.nested"):
        assert close(functions[name], samples, 0.25, backend), name
    lambdas = [row for row in seen["rows"] if row[0].endswith("<lambda>")]
    assert ["<lambda>", "helpers.workloads"] in [[row[0], row[2]] for row in lambdas]


def test_threads_are_told_apart(any_kernel, backend):
    seen = flame(any_kernel, "two_threads(1)", f"-t -r 100 --backend {backend}")
    by_name = {thread["name"]: thread["samples"] for thread in seen["threads"]}
    lefts, rights = by_name["the left one"], by_name["the right one"]
    assert min(lefts, rights) > 10
    assert lefts + rights > 0.9 * seen["samples"]
    assert close(lefts, lefts + rights, 0.5, backend)
    assert {"left", "right"} <= set(seen["functions"])


def test_waiting_is_left_out(any_kernel, backend):
    seen = flame(any_kernel, "mostly_asleep(0.4)", f"-r 150 --backend {backend}")
    samples = seen["samples"]
    assert seen["functions"]["burn"] > 20
    # Falling asleep and waking up take CPU time too.
    assert seen["functions"].get("nap", 0) < 0.25 * samples


def test_idle_shows_waiting(any_kernel, backend):
    seen = flame(any_kernel, "mostly_asleep(0.4)", f"-i -r 150 --backend {backend}")
    assert seen["kind"] == "wall"
    asleep = seen["functions"]["nap"] / seen["functions"]["mostly_asleep"]
    assert 0.5 < asleep < 0.9


@pytest.mark.parametrize("body", ["hashing(0.4)", "compressing(0.4)"])
def test_compiled_code_counts_for_its_caller(any_kernel, backend, body):
    seen = flame(any_kernel, body, f"-r 150 --backend {backend}")
    assert seen["functions"][body.partition("(")[0]] > 0.9 * seen["samples"]
    assert seen["total"] > 0.3e9
