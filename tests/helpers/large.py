"""Profiles too large to be embedded in a page."""

from __future__ import annotations

import numpy as np

from perfnb.model import Frames, Functions, Profile, Samples, Tables, Thread
from perfnb.model.prefix import prefix_tree
from perfnb.model.tables import frozen
from perfnb.units import ValueType

NAMES = 2_000


def paths(count: int = 48_000, deep: int = 21) -> Profile:
    """One wide path, and many narrow ones that part from it after two frames.

    With the defaults a million nodes; samples are milliseconds apart, in two threads.
    """
    rng = np.random.default_rng(11)
    rows = rng.integers(2, NAMES, (count, deep), dtype=np.int32)
    rows[:, :2] = [0, 1]
    # No two of them go on alike, and the wide one is the first.
    rows[:, 2], rows[:, 3] = 2 + np.arange(count) // NAMES, np.arange(count) % NAMES
    tree, leaf = prefix_tree(rows.ravel(), np.arange(count + 1) * deep)
    weight = np.full(count, 2)
    weight[0] = count
    functions = Functions(
        tuple(f"function_{row:04}" for row in range(NAMES)),
        tuple(f"part_{row % 40}.py" for row in range(NAMES)),
        tuple(f"lib.part_{row % 40}" for row in range(NAMES)),
        frozen(np.zeros(NAMES), np.uint8),
    )
    frames = Frames(frozen(np.arange(NAMES), np.int32), frozen(np.arange(NAMES) + 1, np.int32))
    threads = (Thread(1, 1, "main"), Thread(1, 2, "worker"))
    return Profile(
        ValueType("on-CPU", "ns"),
        Tables(functions, frames, tree, threads),
        Samples(
            frozen(leaf, np.int32),
            frozen(np.arange(count) % 2, np.int32),
            frozen(weight, np.int64),
            time=frozen(np.arange(count) * 1_000_000, np.int64),
        ),
    )
