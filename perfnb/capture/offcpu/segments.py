"""What one thread did at every moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.perfstream import IN, OUT, PREEMPTED

ON, RUNNABLE, BLOCKED, STOPPED = range(4)
"""On a CPU, waiting for one, waiting for something else, held by the profiler."""


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """What one thread did from `bound[i]` to `bound[i + 1]`.

    Attributes
    ----------
    bound : int64, shape (n + 1,)
        CLOCK_MONOTONIC ns, ascending.
    state : uint8, shape (n,)
        `ON`, `RUNNABLE`, `BLOCKED` or `STOPPED`.
    tick : int32, shape (n,)
        The sampling instant whose stack this is for certain; −1 for none.
    disturbed : bool, shape (n,)
        Whether it is what py-spy did to a wait: the program would not have spent it.
    fair : bool, shape (n,)
        Whether it was going on when a stop was asked for. Of a call that goes on until the thread
        can be stopped, what comes later is known as well, but stands for nothing else.
    found : uint8, shape (ticks,)
        What the thread did when it was stopped at each instant: `ON`, `BLOCKED`, or `STOPPED`
        where it cannot be told.
    brief : int
        Nanoseconds for which a thread runs that goes on without doing anything of its own: back
        to a wait that was interrupted, or from a wait to that for the GIL.
    """

    bound: NDArray[np.int64]
    state: NDArray[np.uint8]
    tick: NDArray[np.int32]
    disturbed: NDArray[np.bool_]
    fair: NDArray[np.bool_]
    found: NDArray[np.uint8]
    brief: int

    def __len__(self) -> int:
        return len(self.state)


def raw_segments(
    time: NDArray[np.int64], what: NDArray[np.uint8], window: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return the bounds and states that switches tell, without thought of who caused them."""
    start, end = window
    # Before its first switch a thread did what that switch ended.
    first = BLOCKED if len(what) and what[0] == IN else ON
    state = np.concatenate([[first], _AFTER[what]]).astype(np.uint8)
    low = min(start, int(time[0])) if len(time) else start
    high = max(end, int(time[-1])) if len(time) else end
    return np.concatenate([[low], time, [high]]).astype(np.int64), state


def undisturbed(bound: NDArray[np.int64], state: NDArray[np.uint8]) -> Segments:
    """Return segments that nobody had a hand in."""
    n = len(state)
    nothing = np.zeros(0, dtype=np.uint8)
    never = np.zeros(n, dtype=bool)
    return Segments(bound, state, np.full(n, -1, np.int32), never, never, nothing, 0)


_AFTER = np.zeros(3, dtype=np.uint8)
_AFTER[[IN, OUT, PREEMPTED]] = ON, BLOCKED, RUNNABLE
