"""One measurement in a process of its own: does the work under one profiler, prints the seconds.

`python worker.py '{"work": "calls", "size": 1000, "variant": "cprofile", "rate": 0}'`

The parent is told "ready" before the work begins and answers with a line: meanwhile it may
attach something from outside. Only the work is timed, once the profiler runs.
"""

from __future__ import annotations

import ctypes
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np  # noqa: F401  (loading it is not part of the work)
from workloads import WORK

IDLE_THREADS = 8
"""As many as an IPython kernel has beside its main thread."""

Seen = dict[str, Any]


@contextmanager
def nothing(rate: float) -> Iterator[Seen]:
    yield {}


@contextmanager
def perfnb(rate: float, backend: str) -> Iterator[Seen]:
    from perfnb import record

    seen: Seen = {}
    with record(backend, rate=rate) as recording:
        yield seen
    about = recording.profile.metadata
    seen |= {
        "hz": about.rate_achieved,
        "beside_s": about.profiler_cpu_s,
        "paused_s": about.paused_s,
    }


@contextmanager
def cprofile(rate: float) -> Iterator[Seen]:
    import cProfile
    import pstats

    profiler, seen = cProfile.Profile(), {}
    with profiler:
        yield seen
    seen["calls"] = pstats.Stats(profiler).total_calls


@contextmanager
def pyinstrument(rate: float) -> Iterator[Seen]:
    from pyinstrument import Profiler

    profiler, seen = Profiler(interval=1 / rate), {}
    with profiler:
        yield seen
    session = profiler.last_session
    assert session is not None
    seen["hz"] = len(session.frame_records) / session.duration


VARIANTS: dict[str, Any] = {
    "nothing": nothing,
    "again": nothing,
    "perfnb": lambda rate: perfnb(rate, "pyspy"),
    "in-process": lambda rate: perfnb(rate, "inprocess"),
    "cprofile": cprofile,
    "pyinstrument": pyinstrument,
    # These two are around the process, not in it.
    "py-spy": nothing,
    "scalene": nothing,
}


def main(task: dict[str, Any]) -> None:
    never = threading.Event()
    for _ in range(IDLE_THREADS):
        threading.Thread(target=never.wait, daemon=True).start()
    # A parent that is not root may attach a tracer of its own, where Yama asks for permission.
    ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)
    work = WORK[task["work"]]
    work(max(1, task["size"] // 100))
    print("ready", flush=True)
    sys.stdin.readline()
    with VARIANTS[task["variant"]](task["rate"]) as seen:
        began, began_cpu = time.perf_counter(), time.process_time()
        work(task["size"])
        wall, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    print(json.dumps({"wall_s": wall, "cpu_s": cpu, **seen}), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
