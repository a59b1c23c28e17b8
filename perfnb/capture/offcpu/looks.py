"""What a thread did, from looks at /proc: counters that are exact, and waits that were seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.segments import BLOCKED, ON, RUNNABLE, STOPPED, Segments

# What py-spy's waking a thread, stopping it and letting it go costs on a CPU.
_WOKEN_NS = 150_000
_BRIEF_NS = 15_000


def segments_of_looks(
    spells: dict[str, NDArray[Any]],
    stopped: NDArray[np.int64],
    released: NDArray[np.int64],
    window: tuple[int, int],
) -> Segments:
    """Return what a thread did in a window.

    Parameters
    ----------
    spells : dict of str to array
        Of the thread, see `perfnb.capture.offcpu.watched.Watched.of`.
    stopped, released : int64, shape (ticks,)
        When py-spy had stopped the main thread, and when it let it go.
    window : (int, int)
        Of the recording.

    Notes
    -----
    While a thread waits, its counters are exact, so between two waits that were seen the time
    on a CPU and in run queues is known, and the rest is waiting that was too short to be seen.
    In which order these came is not known; the rest is given to the waits on either side.
    """
    waiting = spells["wait"] >= 0
    first, last = spells["first"][waiting], spells["last"][waiting]
    run, delay = spells["run"][waiting], spells["delay"][waiting]
    wait = spells["wait"][waiting]
    start, end = window
    if not len(first):
        went_on = len(spells["first"]) > 0
        bound = np.array([start, end] if went_on else [start], dtype=np.int64)
        return _with_instants(bound, np.full(len(bound) - 1, ON, np.uint8), None, stopped, released)
    gap = np.maximum(first[1:] - last[:-1], 0)
    on = np.minimum(np.diff(run), gap)
    queued = np.minimum(np.diff(delay), gap - on)
    held = _held(last[:-1], first[1:], stopped, released)
    # A wait that py-spy interrupted goes on afterwards.
    same = (held > 0) & (wait[1:] == wait[:-1]) & (on <= _WOKEN_NS)
    ran_when_held = ~same & (on > gap // 2)
    still = np.where(ran_when_held, np.minimum(held, gap - on - queued), 0)
    rest = gap - on - queued - still
    half = rest // 2
    on, queued = np.where(same, 0, on), np.where(same, 0, queued)
    half = np.where(same, 0, half)
    n = len(first)
    # Of each wait: itself, what is left of the gap before the run, and the run.
    length = np.zeros((n, 6), dtype=np.int64)
    length[:, 0] = last - first
    length[:-1, 1], length[:-1, 2], length[:-1, 3] = half, queued, on
    length[:-1, 4] = still
    length[:-1, 5] = gap - half - queued - on - still
    state = np.tile(
        np.array([BLOCKED, BLOCKED, RUNNABLE, ON, STOPPED, BLOCKED], dtype=np.uint8), (n, 1)
    )
    woken = np.zeros((n, 6), dtype=bool)
    woken[:-1, 5] = same
    bound = np.append(first[0], first[0] + np.cumsum(length.ravel()))
    states, ours = state.ravel(), woken.ravel()
    # At the ends nothing is known but that it waited then.
    bound[0], bound[-1] = min(bound[0], start), max(bound[-1], end)
    keep = (bound[1:] > bound[:-1]) & (bound[1:] > start) & (bound[:-1] < end)
    edges = np.append(bound[:-1][keep], bound[1:][keep][-1:])
    edges = np.clip(edges, start, end)
    return _with_instants(edges, states[keep], ours[keep], stopped, released)


def _held(
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    stopped: NDArray[np.int64],
    released: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return for how long py-spy held the process between two instants each."""
    length = np.append(0, np.cumsum(released - stopped))
    inside = length[np.searchsorted(stopped, high)] - length[np.searchsorted(stopped, low)]
    return np.asarray(np.maximum(inside, 0))


def _with_instants(
    bound: NDArray[np.int64],
    state: NDArray[np.uint8],
    disturbed: NDArray[np.bool_] | None,
    stopped: NDArray[np.int64],
    released: NDArray[np.int64],
) -> Segments:
    """Return the segments, in which each sampling instant belongs to what was going on then."""
    n = len(state)
    tick = np.full(n, -1, dtype=np.int32)
    found = np.full(len(stopped), STOPPED, dtype=np.uint8)
    if n:
        at = np.searchsorted(bound, stopped, side="right") - 1
        inside = np.flatnonzero((at >= 0) & (at < n))
        at = at[inside]
        # Held while it ran: the stack is that of the run before.
        at = np.where((state[at] == STOPPED) & (at > 0), at - 1, at)
        known = np.isin(state[at], (ON, BLOCKED))
        found[inside[known]] = state[at[known]]
        tick[at[known]] = inside[known]
    ours = np.zeros(n, dtype=bool) if disturbed is None else disturbed
    return Segments(bound, state, tick, ours, tick >= 0, found, _BRIEF_NS)
