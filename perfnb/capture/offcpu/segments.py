"""What one thread did at every moment: its context switches, told apart from the profiler's own.

py-spy stops every thread to read its stack. A blocked thread is woken for that, stopped, let go,
and blocks again in the same wait: six switches that are not the program's. They are found by
the instants that py-spy's log tells, and taken out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.perfstream import IN, OUT, PREEMPTED

ON, RUNNABLE, BLOCKED, STOPPED = range(4)
"""On a CPU, waiting for one, waiting for something else, held by the profiler."""

# The longest that a thread may run between being woken by a signal and standing still. It is
# 1 to 8 µs when nothing comes between; a cold cache, an interrupt or another thread may.
_SIGNAL_NS = 60_000
# The main thread is attached to first, and that is logged when it stands still.
_MAIN_ATTACH_NS = 250_000
_ATTACH_NS = 20_000
_DETOURS = 3
_MUCH_LONGER = 3
_LONG_WAIT = 32


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
    found: NDArray[np.uint8]
    brief: int

    def __len__(self) -> int:
        return len(self.state)


def segments(
    time: NDArray[np.int64],
    what: NDArray[np.uint8],
    stopped: NDArray[np.int64],
    released: NDArray[np.int64],
    window: tuple[int, int],
    *,
    main: bool,
) -> Segments:
    """Return what a thread did in a window.

    Parameters
    ----------
    time, what : int64, uint8
        Its switches, in order; see `perfnb.capture.perfstream.Switches`.
    stopped, released : int64, shape (ticks,)
        When py-spy had stopped the main thread, and when it let it go.
    window : (int, int)
        Of the recording, or of the thread's life if that is shorter.
    main : bool
        Whether it is the process's main thread.
    """
    start, end = window
    state = _AFTER[what]
    # Before its first switch a thread did what that switch ended.
    first = BLOCKED if len(what) and what[0] == IN else ON
    state = np.concatenate([[first], state]).astype(np.uint8)
    low = min(start, int(time[0])) if len(time) else start
    high = max(end, int(time[-1])) if len(time) else end
    bound = np.concatenate([[low], time, [high]]).astype(np.int64)
    tick = np.full(len(state), -1, dtype=np.int32)
    disturbed = np.zeros(len(state), dtype=bool)
    found, brief = _take_out_stops(bound, state, tick, disturbed, stopped, released, main)
    # Cut to the window.
    keep = (bound[1:] > start) & (bound[:-1] < end)
    edges = np.append(bound[:-1][keep], bound[1:][keep][-1:])
    return Segments(
        np.clip(edges, start, end), state[keep], tick[keep], disturbed[keep], found, brief
    )


_AFTER = np.zeros(3, dtype=np.uint8)
_AFTER[[IN, OUT, PREEMPTED]] = ON, BLOCKED, RUNNABLE


def _take_out_stops(
    bound: NDArray[np.int64],
    state: NDArray[np.uint8],
    tick: NDArray[np.int32],
    disturbed: NDArray[np.bool_],
    stopped: NDArray[np.int64],
    released: NDArray[np.int64],
    main: bool,
) -> tuple[NDArray[np.uint8], int]:
    """Find what py-spy did to the thread, and write into the columns what it did without that."""
    n = len(state)
    found = np.full(len(stopped), STOPPED, dtype=np.uint8)
    raw = state.copy()
    # All threads stand still when the first of them, the main one, is let go.
    still = (stopped + released) // 2 if main else released
    held = np.searchsorted(bound, still, side="right") - 1
    earliest = stopped - (_MAIN_ATTACH_NS if main else _ATTACH_NS)
    which = np.flatnonzero((held >= 1) & (held + 1 < n))
    which = which[(raw[held[which]] == BLOCKED) & (bound[held[which]] >= earliest[which])]
    if not len(which):
        return found, 0
    held, earliest = held[which], earliest[which]
    # What it did before it was woken for the signal, which may take several turns on a CPU.
    before, ran = held - 2, bound[held] - bound[held - 1]
    for _ in range(_DETOURS):
        detour = (before >= 2) & (raw[before] == RUNNABLE) & (bound[before] >= earliest)
        ran = ran + np.where(detour, bound[before] - bound[before - 1], 0)
        before = before - 2 * detour
    woken = (before >= 0) & (raw[before] == BLOCKED) & (bound[before + 1] >= earliest)
    woken &= ran <= _SIGNAL_NS
    found[which] = np.where(woken, BLOCKED, ON)
    state[held[~woken]] = STOPPED
    tick[held[~woken] - 1] = which[~woken]
    which, held, before, ran = which[woken], held[woken], before[woken], ran[woken]
    if not len(which):
        return found, 0
    # Most go straight back to their wait; who runs for much longer than most has gone on. That
    # is looked at less closely where a wait is too long to have ended just then by chance.
    then = bound[np.minimum(held + 2, n)] - bound[held + 1]
    long = bound[before + 1] - bound[before] > _LONG_WAIT * (bound[held + 1] - bound[held])
    back = (raw[np.minimum(held + 2, n - 1)] == BLOCKED) & (held + 2 < n) & (then <= _SIGNAL_NS)
    brief = round(_MUCH_LONGER * float(np.median(then[back]))) if back.any() else 0
    back &= long | (then <= brief)
    for step in range(2 * _DETOURS + 2):
        row = held - step
        mine = row > before
        state[row[mine]], disturbed[row[mine]], tick[row[mine]] = BLOCKED, True, which[mine]
    again = held[back] + 1
    state[again], disturbed[again], tick[again] = BLOCKED, True, which[back]
    # What follows a stop is most likely the same wait; what comes just before one is for certain.
    tick[again + 1] = np.where(tick[again + 1] < 0, which[back], tick[again + 1])
    tick[before] = which
    return found, brief
