"""Profiles to explore: threads that walk at random through calls, all over the same time."""

from __future__ import annotations

import random

from perfnb.model import Metadata, Profile, ProfileBuilder, Thread
from perfnb.units import ValueType

FUNCTIONS, FILES = 3000, 40
SECONDS = 60
DEPTH = 30
OWN_FILE = __file__
"""Some of the functions are in a file that is there: its lines can be shown."""
_NEW_WAY = 0.03
"""So often a thread goes back to somewhere near the root."""


def walk(samples: int, *, threads: int = 8, lost: float = 3.0, seed: int = 5) -> Profile:
    """Return a profile with as many distinct stacks as samples, about `DEPTH` frames deep.

    From one sample to the next a thread returns from some frames and calls others.

    Parameters
    ----------
    samples : int
        How many, of all threads together; a thread's are as far apart as each other.
    threads : int
        How many take turns.
    lost : float
        Of so many frames the stack's end is another one in the next sample: with more, less is
        shared and there are more call paths.
    seed : int
        Of what is random.
    """
    chance = random.Random(seed)
    builder = ProfileBuilder(ValueType("on-CPU", "ns"))
    frames = [
        builder.frame(
            f"function_{i:04}", line=1 + i % 80,
            file=OWN_FILE if i % 9 == 0 else f"/lib/part_{i % FILES}/work.py",
            module=f"part_{i % FILES}.work", kind="python" if i % 5 else "native",
        )
        for i in range(FUNCTIONS)
    ]  # fmt: skip
    rows = [builder.thread(Thread(1, 10 + i, f"worker-{i}")) for i in range(threads)]
    paths: list[list[int]] = [
        [builder.push(-1, builder.frame("main", OWN_FILE, 1, "job"))] for _ in rows
    ]
    seen: set[int] = set()
    period = SECONDS * 1_000_000_000 // samples
    for number in range(samples):
        row = number % threads
        path = paths[row]
        kept = len(path) - 1 - int(chance.expovariate(1 / lost))
        if chance.random() < _NEW_WAY:
            kept = chance.randint(1, DEPTH // 3)
        del path[max(1, kept) :]
        deep = chance.randint(DEPTH - 4, DEPTH + 4)
        while len(path) < deep or path[-1] in seen:
            # A few callees are called most of the time.
            callee = frames[int(FUNCTIONS * chance.random() ** 3)]
            path.append(builder.push(path[-1], callee))
        seen.add(path[-1])
        state = "on-CPU" if chance.random() < 0.7 else "off-CPU"
        builder.sample(path[-1], rows[row], period, time=number * period, state=state)
    about = Metadata(
        title=f"{samples:,} samples", start_monotonic_ns=0, end_monotonic_ns=SECONDS * 10**9
    )
    return builder.build(about)
