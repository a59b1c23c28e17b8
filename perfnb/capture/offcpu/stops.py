"""Context switches told apart: what the program did, and what py-spy did to it.

py-spy stops every thread to read its stack. A blocked thread is woken for that, stopped, let go,
and blocks again in the same wait: six switches that are not the program's. They are found by
the instants that py-spy's log tells, and taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.segments import (
    BLOCKED,
    ON,
    RUNNABLE,
    STOPPED,
    Segments,
    raw_segments,
)

# The longest that a thread may run between the end of its wait and standing still, or between
# being let go and waiting again, if it does nothing of its own. It is 1 to 8 µs when nothing
# comes between; a cold cache or an interrupt may.
_OWN_NS = 60_000
_COLD_NS = 300_000
_ATTACH_NS = 100_000
_SURE_NS, _ENOUGH = 2_000_000, 8
_DETOURS = 3
USUAL_NS = 4000.0
MUCH_LONGER = 3
"""How many times the usual it may take a thread to go back to its wait."""
_LONG_WAIT = 32

Why = Callable[[NDArray[np.int64], NDArray[np.uint8]], NDArray[np.int64]]
"""Tells the reasons of segments, from their bounds and states."""


@dataclass(frozen=True, slots=True, eq=False)
class ThreadStops:
    """What py-spy did to one thread at each sampling instant: CLOCK_MONOTONIC ns, shape (ticks,).

    Attributes
    ----------
    asked : int64
        Not before this it was asked to stop: it runs nothing of the program from then on.
    still : int64
        At this time it stood still.
    stack : int64
        What was read then: equal numbers are equal stacks.
    usual : float
        Nanoseconds for which a thread runs that goes back to its wait, where the thread itself
        does not tell.
    """

    asked: NDArray[np.int64]
    still: NDArray[np.int64]
    stack: NDArray[np.int64]
    usual: float = USUAL_NS


def segments(
    time: NDArray[np.int64],
    what: NDArray[np.uint8],
    stops: ThreadStops,
    window: tuple[int, int],
    why: Why | None = None,
) -> Segments:
    """Return what a thread did in a window.

    Parameters
    ----------
    time, what : int64, uint8
        Its switches, in order; see `perfnb.capture.perfstream.Switches`.
    stops : ThreadStops
        What py-spy did to it.
    window : (int, int)
        Of the recording, or of the thread's life if that is shorter.
    why : callable, optional
        Tells, for bounds and states, a number for the reason of each segment in which it was
        blocked; −1 where that was not seen.
    """
    start, end = window
    bound, state = raw_segments(time, what, window)
    tick = np.full(len(state), -1, dtype=np.int32)
    disturbed = np.zeros(len(state), dtype=bool)
    reason = np.full(len(state), -1, dtype=np.int64) if why is None else why(bound, state)
    fair = np.zeros(len(state), dtype=bool)
    found, brief = _take_out_stops(bound, state, tick, disturbed, fair, stops, reason)
    # Cut to the window.
    keep = (bound[1:] > start) & (bound[:-1] < end)
    edges = np.append(bound[:-1][keep], bound[1:][keep][-1:])
    return Segments(
        np.clip(edges, start, end), state[keep], tick[keep], disturbed[keep], fair[keep], found,
        brief,
    )  # fmt: skip


def held_segments(
    bound: NDArray[np.int64], state: NDArray[np.uint8], still: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return which segment is that of each stop; −1 where it cannot be told."""
    n = len(state)
    held = np.searchsorted(bound, still, side="right") - 1
    sound = (held >= 1) & (held + 1 < n)
    sound &= state[np.clip(held, 0, n - 1)] == BLOCKED
    return np.where(sound, held, -1)


def _take_out_stops(
    bound: NDArray[np.int64],
    state: NDArray[np.uint8],
    tick: NDArray[np.int32],
    disturbed: NDArray[np.bool_],
    fair: NDArray[np.bool_],
    stops: ThreadStops,
    why: NDArray[np.int64],
) -> tuple[NDArray[np.uint8], int]:
    """Find what py-spy did to the thread, and write into the columns what it did without that."""
    raw = state.copy()
    found = np.full(len(stops.still), STOPPED, dtype=np.uint8)
    held = held_segments(bound, raw, stops.still)
    which = np.flatnonzero((held >= 0) & (stops.asked <= bound[np.maximum(held, 0)]))
    if not len(which):
        return found, 0
    held = held[which]
    asked = _asked(bound, raw, stops.asked[which], held)
    first, waited = _in_the_last_call(bound, raw, why, held, asked)
    found[which] = np.where(waited, BLOCKED, ON)
    fair[asked[(first == asked) & (raw[asked] == BLOCKED)]] = True
    for step in range(int((held - first).max()) + 1):
        row = held - step
        tick[row[row >= first]] = which[row >= first]
    state[held] = STOPPED
    which, held, first = which[waited], held[waited], first[waited]
    if not len(which):
        return found, 0
    then, ran = _waits_again(bound, raw, held)
    again, brief = _goes_on(bound, raw, why, held, first, then, ran, which, stops, tick)
    which, first, then = which[again], first[again], then[again]
    for step in range(1, int((then - first).max(initial=0))):
        row = then - step
        mine = row > first
        state[row[mine]], disturbed[row[mine]] = BLOCKED, True
        tick[row[mine]] = which[mine]
    # What follows is the same wait, unless a later stop tells better.
    tick[then] = np.where(tick[then] < 0, which, tick[then])
    return found, brief


def _asked(
    bound: NDArray[np.int64],
    raw: NDArray[np.uint8],
    asked: NDArray[np.int64],
    held: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return in which segment the thread was asked to stop.

    Not before `asked`, but mostly some 20 µs later: as long as it takes until threads that wait
    are woken for it. What begins and ends in between has nothing to do with the stop.
    """
    woken = bound[held - 1]
    waits = (held >= 2) & (raw[np.maximum(held - 2, 0)] == BLOCKED) & (woken >= asked)
    waits &= (bound[held] - woken <= _OWN_NS) & (woken - asked <= _ATTACH_NS)
    usual = int(np.median((woken - asked)[waits])) if waits.any() else 0
    # Who was woken for it was asked just before.
    later = np.maximum(asked, np.minimum(asked + usual, woken - 1))
    row = np.searchsorted(bound, later, side="right") - 1
    return np.clip(row, 0, held - 1)


def _in_the_last_call(
    bound: NDArray[np.int64],
    raw: NDArray[np.uint8],
    why: NDArray[np.int64],
    held: NDArray[np.int64],
    asked: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return since which segment the thread was in the call that it was stopped in.

    From when it was asked on, it was in one call at most. But that may have been later than is
    known for certain: waits for different reasons were different calls, and so were those
    between which it ran for long.

    Returns
    -------
    first : int64
        The segment.
    waited : bool
        Whether it waited in that call.
    """
    reason = np.full(len(held), -1, dtype=np.int64)
    first, waited = asked.copy(), np.zeros(len(held), dtype=bool)
    for step in range(1, int((held - asked).max()) + 1):
        row = np.maximum(held - step, 0)
        mine = (held - step >= first) & (raw[row] == BLOCKED)
        here = np.where(mine, why[row], -1)
        other = (here >= 0) & (reason >= 0) & (here != reason)
        ran = (held - step >= first) & (raw[row] == ON) & (bound[row + 1] - bound[row] > _OWN_NS)
        other |= ran & (row < held - 1)
        first = np.where(other, row + 1, first)
        reason = np.where((reason < 0) & (here >= 0), here, reason)
        waited |= mine & ~other
    return first, waited


def _waits_again(
    bound: NDArray[np.int64], raw: NDArray[np.uint8], held: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return in which segment the thread waits after a stop, and for how long it ran until then.

    It may lose its CPU on the way. The segment is one that is not blocked where it does not wait.
    """
    n = len(raw)
    then = np.minimum(held + 2, n - 1)
    ran = bound[then] - bound[held + 1]
    for _ in range(_DETOURS):
        on = (raw[then] == RUNNABLE) & (then + 2 < n)
        after = np.minimum(then + 2, n - 1)
        ran = ran + np.where(on, bound[after] - bound[np.minimum(then + 1, n - 1)], 0)
        then = np.where(on, after, then)
    return then, ran


def _goes_on(
    bound: NDArray[np.int64],
    raw: NDArray[np.uint8],
    why: NDArray[np.int64],
    held: NDArray[np.int64],
    first: NDArray[np.int64],
    then: NDArray[np.int64],
    ran: NDArray[np.int64],
    which: NDArray[np.int64],
    stops: ThreadStops,
    tick: NDArray[np.int32],
) -> tuple[NDArray[np.bool_], int]:
    """Return which waits went on after a stop, and how long a thread runs that goes back to one.

    Most go straight back; who runs for much longer than most has gone on with the program. That
    is looked at less closely where a wait is too long to have ended just then by chance, or
    where the next stop found it with the same stack. What waits for another reason than before
    is another wait.
    """
    whole = (held + 2 < len(raw)) & (raw[then] == BLOCKED)
    back = whole & (ran <= _OWN_NS)
    before = np.where(raw[first] == BLOCKED, why[first], -1)
    alike = (before < 0) | (why[then] < 0) | (before == why[then])
    stack, later = stops.stack[which], tick[then]
    length = _waited(bound, first, then, stack)
    # Waits that are so long that hardly any ended just then tell how long it takes.
    sure = back & (length > _SURE_NS)
    usual = float(np.median(ran[sure])) if sure.sum() >= _ENOUGH else stops.usual
    brief = round(MUCH_LONGER * usual)
    long = length > _LONG_WAIT * (bound[held + 1] - bound[held])
    same = (later >= 0) & (stops.stack[later] == stack)
    return whole & alike & np.where(long | same, ran <= _COLD_NS, ran <= brief), brief


def _waited(
    bound: NDArray[np.int64],
    first: NDArray[np.int64],
    then: NDArray[np.int64],
    stack: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return for how long a thread had waited in one place at each stop, earlier stops left out."""
    length = bound[first + 1] - bound[first]
    linked = np.append(False, (then[:-1] == first[1:]) & (stack[:-1] == stack[1:]))
    total = np.cumsum(length)
    begins = np.flatnonzero(~linked)
    before = np.append(0, total)[begins]
    return np.asarray(total - before[np.cumsum(~linked) - 1])
