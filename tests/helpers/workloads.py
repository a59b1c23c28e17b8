"""Busy functions of which it is known where their time goes.

They end by the CPU time of their thread, not by the clock: on a loaded machine they
take longer and keep their shares. Nothing but the standard library is needed.
"""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def burn(cpu_s: float) -> None:
    """Use so many seconds of CPU time, in Python code."""
    end = time.thread_time() + cpu_s
    while time.thread_time() < end:
        for _ in range(20):
            pass


def sixty(cpu_s: float) -> None:
    burn(0.6 * cpu_s)


def thirty(cpu_s: float) -> None:
    burn(0.3 * cpu_s)


def ten(cpu_s: float) -> None:
    burn(0.1 * cpu_s)


SHARES = {"sixty": 0.6, "thirty": 0.3, "ten": 0.1}


def shares(cpu_s: float, rounds: int = 40) -> None:
    """Call the three in turns, so that a load that comes and goes meets all alike."""
    for _ in range(rounds):
        sixty(cpu_s / rounds)
        thirty(cpu_s / rounds)
        ten(cpu_s / rounds)


def descend(cpu_s: float, depth: int = 12) -> None:
    """Recurse; every level uses its part."""
    burn(cpu_s / 13)
    if depth:
        descend(cpu_s - cpu_s / 13, depth - 1)


def numbers(cpu_s: float, count: int = 50) -> Iterator[int]:
    for number in range(count):
        burn(cpu_s / count)
        yield number


def drain(cpu_s: float) -> int:
    return sum(numbers(cpu_s))


async def job(cpu_s: float, count: int = 20) -> None:
    for _ in range(count):
        burn(cpu_s / count)
        await asyncio.sleep(0)


async def other_job(cpu_s: float) -> None:
    await job(cpu_s)


class Machine:
    def method(self, cpu_s: float) -> None:
        burn(cpu_s)

    @staticmethod
    def static(cpu_s: float) -> None:
        burn(cpu_s)


nameless = lambda cpu_s: burn(cpu_s)  # noqa: E731


def outer(cpu_s: float) -> None:
    def nested() -> None:
        burn(cpu_s)

    nested()


def every_shape(cpu_s: float, rounds: int = 20) -> None:
    """Call a method, a static method, a lambda and a nested function, each for a quarter."""
    machine = Machine()
    for _ in range(rounds):
        for part in (machine.method, machine.static, nameless, outer):
            part(cpu_s / 4 / rounds)


def left(cpu_s: float) -> None:
    burn(cpu_s)


def right(cpu_s: float) -> None:
    burn(cpu_s)


def two_threads(cpu_s: float) -> None:
    """Use half of the time in each of two threads that contend for the GIL."""
    threads = [
        threading.Thread(target=half, args=(cpu_s / 2,), name=f"the {half.__name__} one")
        for half in (left, right)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def in_turns(cpu_s: float) -> None:
    """Use a third in each of three threads, one after the other: Python reuses their numbers."""
    for name in ("first", "second", "third"):
        thread = threading.Thread(target=burn, args=(cpu_s / 3,), name=name)
        thread.start()
        thread.join()


def nap(seconds: float) -> None:
    time.sleep(seconds)


def mostly_asleep(cpu_s: float, rounds: int = 20) -> None:
    """Sleep three times as long as it works."""
    for _ in range(rounds):
        burn(cpu_s / rounds)
        nap(3 * cpu_s / rounds)


_BLOCK = b"0123456789abcdef" * (1 << 17)


def hashing(cpu_s: float) -> None:
    """Work in C, without the GIL."""
    end = time.thread_time() + cpu_s
    while time.thread_time() < end:
        hashlib.sha256(_BLOCK).digest()


def compressing(cpu_s: float) -> None:
    end = time.thread_time() + cpu_s
    while time.thread_time() < end:
        zlib.compress(_BLOCK, 6)


def hash_beside_burn(cpu_s: float) -> None:
    """Hash in one thread and run Python code in another, at the same time."""
    thread = threading.Thread(target=hashing, args=(cpu_s,), name="hasher")
    thread.start()
    burn(cpu_s)
    thread.join()


def child_process(cpu_s: float) -> int:
    """Run `shares` in another Python, and return its pid."""
    code = f"from helpers.workloads import shares; shares({cpu_s})"
    with subprocess.Popen([sys.executable, "-c", code], env=_environment()) as child:
        pid = child.pid
    assert child.returncode == 0
    return pid


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


def tick(until_ns: int) -> None:
    while time.monotonic_ns() < until_ns:
        pass


def tock(until_ns: int) -> None:
    while time.monotonic_ns() < until_ns:
        pass


def clockwork(rounds: int, phase_s: float) -> list[tuple[str, int, int]]:
    """Alternate between two functions; return when each ran, in ns of CLOCK_MONOTONIC."""
    log = []
    for number in range(rounds):
        # Uneven lengths, so that nothing can be in step with them.
        length = int(phase_s * 1e9 * (0.6 + 0.8 * (number * 0.618 % 1)))
        for half in (tick, tock):
            began = time.monotonic_ns()
            half(began + length)
            log.append((half.__name__, began, time.monotonic_ns()))
    return log


def agreement(profile: Any, log: list[tuple[str, int, int]], slack: int = 0) -> tuple[int, int]:
    """Return how many samples agree with `log` about what ran then, and how many do not.

    `slack`: ns by which a sample may be off.
    """
    tables, samples = profile.tables, profile.samples
    name = [tables.functions.name[f] for f in tables.frames.function]
    right, wrong = 0, 0
    for stack, at in zip(samples.stack.tolist(), samples.time.tolist(), strict=True):
        if not log[0][1] <= at < log[-1][2]:
            continue
        ran = {name for name, began, ended in log if began - slack <= at < ended + slack}
        seen = set()
        while stack >= 0:
            seen.add(name[tables.stacks.frame[stack]])
            stack = int(tables.stacks.parent[stack])
        if seen & ran:
            right += 1
        else:
            wrong += 1
    return right, wrong


def describe(profile: Any) -> dict[str, Any]:
    """Return what tests ask about a profile, of JSON types: shares of the total per function."""
    from dataclasses import asdict

    samples = profile.samples
    totals: dict[str, float] = {}
    for row in profile.functions().iter_rows(named=True):
        totals[row["name"]] = totals.get(row["name"], 0.0) + row["total_share"]
    threads = {}
    for number, thread in enumerate(profile.threads):
        threads[str(number)] = {
            "pid": thread.pid,
            "tid": thread.tid,
            "name": thread.name,
            "share": float(samples.weight[samples.thread == number].sum()) / max(1, profile.total),
        }
    return {
        "samples": len(profile),
        "total": profile.total,
        "kind": profile.value.kind,
        "shares": totals,
        "rows": profile.functions().select("name", "file", "module", "kind").rows(),
        "threads": list(threads.values()),
        "times": None if samples.time is None else samples.time.tolist(),
        "states": None if samples.state is None else samples.state.tolist(),
        "metadata": {**asdict(profile.metadata), "extra": dict(profile.metadata.extra)},
    }
