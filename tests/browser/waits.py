"""Profiles of time off the CPU and of wall time, as a recording of context switches gives them."""

from __future__ import annotations

import random

from perfnb.model import Metadata, Profile, ProfileBuilder, Thread
from perfnb.units import ValueType

MS = 1_000_000
START = 7_000_000_000
LENGTH = 2_000 * MS

THREADS = (
    Thread(1, 11, "MainThread", "app"),
    Thread(1, 12, "worker-1", "app"),
    Thread(1, 13, "worker-2", "app"),
    Thread(1, 14, "reader", "app"),
)

_WORK = {
    "MainThread": (
        ("<module>@In [5]:3 main@app.py join@threading.py", "[lock] held_by_worker-1", 0.5),
        ("<module>@In [5]:2 main@app.py load@app.py read@io.py", "[disk_read]", 0.3),
        ("<module>@In [5]:4 main@app.py sleep!libc.so.6", "[sleep]", 0.2),
    ),
    "worker-1": (
        ("run@threading.py work@app.py compute@app.py", "[GIL] held_by_MainThread", 0.3),
        ("run@threading.py work@app.py fetch@net.py recv@socket.py", "[socket_receive]", 0.6),
        ("run@threading.py work@app.py", "[run_queue]", 0.1),
    ),
    "worker-2": (
        ("run@threading.py work@app.py fetch@net.py recv@socket.py", "[socket_receive]", 0.7),
        ("run@threading.py work@app.py compute@app.py", "[GIL] held_by_worker-1", 0.2),
        ("run@threading.py work@app.py save@app.py fsync!libc.so.6", "[disk_write]", 0.1),
    ),
    "reader": (
        ("run@threading.py poll@select.py", "[poll]", 0.9),
        ("", "[unknown_wait]", 0.1),
    ),
}
_BUSY = {
    "MainThread": ("<module>@In [5]:3 main@app.py parse@app.py", 0.35),
    "worker-1": ("run@threading.py work@app.py compute@app.py dot!libblas.so", 0.6),
    "worker-2": ("run@threading.py work@app.py compute@app.py", 0.25),
    "reader": ("run@threading.py poll@select.py", 0.02),
}
_STATES = {"[GIL]": "gil", "[run_queue]": "runnable"}


def _frames(builder: ProfileBuilder, text: str, waits: str) -> list[int]:
    frames = []
    for part in text.replace("In [5]", "In_[5]").split():
        native = "!" in part
        name, _, file = part.partition("!" if native else "@")
        file, _, line = file.replace("In_[5]", "In [5]").partition(":")
        module = "" if native or file.startswith("In") else file.removesuffix(".py")
        kind = "native" if native else "python"
        frames.append(builder.frame(name, file, int(line or 0), module, kind))
    if not frames:
        frames.append(builder.frame("[unattributed]", kind="synthetic"))
    for name in waits.split():
        frames.append(builder.frame(name.replace("_", " ", 2), kind="wait"))
    return frames


def recording(measured: str, seed: int = 3, level: str = "exact") -> Profile:
    """Return a profile of kind "off-CPU", or "wall" with what ran as well."""
    rng = random.Random(seed)
    builder = ProfileBuilder(ValueType(measured, "ns"))
    rows = []
    for thread in THREADS:
        row = builder.thread(thread)
        ran, part = _BUSY[thread.name]
        at = 0
        sums = {"cpu_ns": 0, "runqueue_ns": 0, "blocked_ns": 0}
        switches = 0
        while at < LENGTH:
            # A few long waits and many short ones, as in life.
            lasts = min(LENGTH - at, int(rng.lognormvariate(15.5, 1.6)))
            if rng.random() < part:
                stack, state, waits = ran, "on-CPU", ""
            else:
                ways = _WORK[thread.name]
                stack, waits, _ = rng.choices(ways, [way[2] for way in ways])[0]
                state = _STATES.get(waits.split()[0], "off-CPU")
                switches += 1
            key = {"on-CPU": "cpu_ns", "runnable": "runqueue_ns"}.get(state, "blocked_ns")
            sums[key] += lasts
            if measured == "wall" or state != "on-CPU":
                frames = _frames(builder, stack, waits)
                time = START + at
                builder.sample(
                    builder.stack(frames), row, lasts, time=time, duration=lasts, state=state
                )
            at += lasts
        named = {"pid": thread.pid, "tid": thread.tid, "name": thread.name, "wall_ns": LENGTH}
        rest = {"stopped_ns": None, "voluntary": switches, "involuntary": switches // 7}
        rows.append({**named, **sums, **rest})
    # One that was never seen waiting, and of which little was measured.
    rows.append({"pid": 1, "tid": 15, "name": "idle", "wall_ns": LENGTH, "cpu_ns": 3 * MS})
    return builder.build(
        Metadata(
            title="In [5]",
            backend="perf",
            start_monotonic_ns=START,
            end_monotonic_ns=START + LENGTH,
            clock_error_ns=1_000,
            extra={
                "threads": rows,
                "offcpu": {
                    "level": level,
                    "level_text": "exact: context switches from perf",
                    "level_help": "Every switch is recorded by the kernel, with its time.",
                    "inside": 82 * MS,
                    "nearest": 17 * MS,
                    "unattributed": 1 * MS,
                    "lost": 0,
                },
            },
        )
    )


OFF_CPU = recording("off-CPU")
WALL = recording("wall")
