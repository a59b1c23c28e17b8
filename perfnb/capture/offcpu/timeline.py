"""Where the segments of threads come from: the levels of exactness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.attribute import Attributed
from perfnb.capture.offcpu.looks import segments_of_looks
from perfnb.capture.offcpu.queue import tails_by_count
from perfnb.capture.offcpu.reasons import GIL, LOCK, Reason
from perfnb.capture.offcpu.segments import Segments, raw_segments, undisturbed
from perfnb.capture.offcpu.stops import (
    MUCH_LONGER,
    USUAL_NS,
    ThreadStops,
    Why,
    held_segments,
    segments,
)
from perfnb.capture.offcpu.watched import Watched
from perfnb.capture.perfstream import IN, Switches
from perfnb.model import Thread


@dataclass(frozen=True, slots=True, eq=False)
class Stops:
    """The sampling instants of one process, CLOCK_MONOTONIC ns, and what is known of a thread.

    Attributes
    ----------
    stopped, released : int64, shape (ticks,)
        When py-spy had stopped the main thread, and when it let it go.
    stack : int64, shape (ticks,)
        The thread's stacks.
    window : (int, int)
        Of the recording.
    """

    stopped: NDArray[np.int64]
    released: NDArray[np.int64]
    stack: NDArray[np.int64]
    window: tuple[int, int]


class Reasons:
    """Numbers for reasons.

    Parameters
    ----------
    first : sequence of Reason
        What gets the first numbers.
    """

    def __init__(self, first: Sequence[Reason]) -> None:
        self._numbers: dict[Reason, int] = {}
        for reason in first:
            self.number(reason)

    def number(self, reason: Reason) -> int:
        """Return the number of a reason, a new one if it is new."""
        return self._numbers.setdefault(reason, len(self._numbers))

    def reason(self, number: int) -> Reason:
        """Return the reason of a number."""
        return [*self._numbers][number]

    @property
    def of_futexes(self) -> list[int]:
        """The numbers of locks and of the GIL, which is one."""
        return [self.number(LOCK), self.number(GIL)]


class Timeline(Protocol):
    """What is known of the threads' states, at one level."""

    level: str
    text: str
    help: str
    lost: int | None
    truncated: str

    def of(self, thread: Thread, stops: Stops) -> Segments | None:
        """Return what a thread did in the window; None if nothing is known of it."""
        ...

    def why(self, thread: Thread, segments: Segments, reasons: Reasons) -> NDArray[np.int64]:
        """Return the number of the reason for which it was blocked in each segment; −1: unknown."""
        ...

    def tails(self, thread: Thread, pieces: Attributed, segments: Segments) -> NDArray[np.int64]:
        """Return how long the thread of each wait had been woken without having a CPU, ns."""
        ...


class _Looked:
    """What all levels have: the looks at /proc."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched

    def why(self, thread: Thread, segments: Segments, reasons: Reasons) -> NDArray[np.int64]:
        """Return why the thread was blocked in each segment: as it was seen in /proc."""
        number = np.array([reasons.number(one) for one in self._watched.reasons], dtype=np.int64)
        return self._watched.reason_of(thread.tid, segments, number)

    def tails(self, thread: Thread, pieces: Attributed, segments: Segments) -> NDArray[np.int64]:
        """Return how long each wait's thread had been woken: by the kernel's sums."""
        return tails_by_count(pieces, segments, self._watched.of(thread.tid))


class SwitchTimeline(_Looked):
    """Every context switch is known."""

    level = "exact"
    text = "exact: every context switch"
    help = (
        "When a thread gave up its CPU and got one again is recorded by the kernel, to the "
        "nanosecond. What a wait was for, and where in the code, is from samples: see *attributed*."
    )

    def __init__(self, switches: Switches, watched: Watched, full: bool = False) -> None:
        super().__init__(watched)
        self._switches = switches
        self._usual = USUAL_NS
        self._asked: dict[int, dict[int, NDArray[np.int64]]] = {}
        self.lost: int | None = switches.lost
        self.truncated = ""
        self._until: int | None = None
        if full and len(switches.time):
            # Nothing is known of what came later; that nothing happened would be a guess.
            self._until = int(switches.time.max())
            self.truncated = "what came after the recording of context switches was full"

    def of(self, thread: Thread, stops: Stops) -> Segments | None:
        """Return what a thread did in the window; None if it never switched."""
        mine = self._switches.of(thread.tid)
        time, what = self._switches.time[mine], self._switches.what[mine]
        start, end = stops.window
        start = max(start, self._switches.begun.get(thread.tid, start))
        end = min(end, self._switches.ended.get(thread.tid, end), self._until or end)
        if not len(time) or end <= start:
            return None
        if thread.pid not in self._asked:
            self._asked[thread.pid] = self._ask(thread.pid, stops)
        main = thread.pid == thread.tid
        still = (stops.stopped + stops.released) // 2 if main else stops.released
        asked = self._asked[thread.pid].get(thread.tid, stops.stopped)
        time = self._earlier(thread.tid, time, what)
        thread_stops = ThreadStops(asked, still, stops.stack, self._usual)
        found = segments(time, what, thread_stops, (start, end), self._why_raw(thread))
        # Threads that wait for long tell of those that do not.
        self._usual = found.brief / MUCH_LONGER if found.brief else self._usual
        return found

    def _why_raw(self, thread: Thread) -> Why:
        """Return what tells the reasons of segments that switches alone tell."""
        reasons = Reasons(())

        def why(bound: NDArray[np.int64], state: NDArray[np.uint8]) -> NDArray[np.int64]:
            return self.why(thread, undisturbed(bound, state), reasons)

        return why

    def _ask(self, pid: int, stops: Stops) -> dict[int, NDArray[np.int64]]:
        """Return since when each thread of a process may have been asked to stop.

        py-spy stops one after the other, in the order of their numbers, and waits for each. So
        a thread is asked when the one before it stands still; one that waits for a disk may
        take long until it does.
        """
        asked = {}
        last = stops.stopped
        for tid in np.unique(self._switches.tid[self._switches.pid == pid]).tolist():
            mine = self._switches.of(tid)
            time, what = self._switches.time[mine], self._switches.what[mine]
            bound, state = raw_segments(time, what, stops.window)
            if tid == pid:
                middle = (stops.stopped + stops.released) // 2
                held = held_segments(bound, state, middle)
                # Nobody stood still before it. It was hardly asked while it ran this briefly.
                ran = bound[np.maximum(held, 0)] - _MAIN_NS
                asked[tid] = np.where(held >= 1, ran, stops.stopped)
                continue
            asked[tid] = last
            held = held_segments(bound, state, stops.released)
            stood = np.where(held >= 0, bound[np.maximum(held, 0)], last)
            last = np.where(stood <= stops.released, np.maximum(last, stood), last)
        return asked

    def _earlier(
        self, tid: int, time: NDArray[np.int64], what: NDArray[np.uint8]
    ) -> NDArray[np.int64]:
        """Return the times with those of getting a CPU as the scheduler counts them.

        The kernel charges the switch itself to who gets the CPU, but tells of it at its end:
        0.2 to 1 µs each, which adds up at 100,000 a second.
        """
        rows = self._watched.threads["tid"] == tid
        noted = self._watched.threads["time"][rows]
        run = self._watched.threads["run"][rows]
        if len(noted) < 2:
            # It ended meanwhile; while it waited what it had used stood still.
            spells = self._watched.of(tid)
            waits = spells["wait"] >= 0
            noted, run = spells["first"][waits], spells["run"][waits]
        if len(noted) < 2:
            return time
        inside = (time[:-1] >= noted[0]) & (time[1:] <= noted[-1]) & (what[:-1] == IN)
        inside &= what[1:] != IN
        times = int(inside.sum())
        if not times:
            return time
        ran = int(np.diff(time)[inside].sum())
        each = min(max(0, (int(run[-1] - run[0]) - ran) // times), _MOST_NS)
        before = np.diff(time, prepend=time[0])
        return time - np.where(what == IN, np.minimum(each, before // 2), 0)


_MOST_NS = 3000
_MAIN_NS = 60_000


class WatchTimeline(_Looked):
    """What threads did is known from looks at /proc, a thousand a second."""

    level = "sampled"
    text = "sampled: thread states in /proc"
    help = (
        "How long each thread ran and waited for a CPU is counted by the kernel; when, and what "
        "it waited for, was looked up a thousand times a second: single waits are right to about "
        "a millisecond, and short ones are seen only as a sum."
    )
    lost: int | None = None

    def __init__(self, watched: Watched) -> None:
        super().__init__(watched)
        self.truncated = (
            "what threads waited in was not written down to the end: too much changed"
            if watched.full
            else ""
        )

    def of(self, thread: Thread, stops: Stops) -> Segments | None:
        """Return what a thread did in the window; None if it was not seen there."""
        spells = self._watched.of(thread.tid)
        if not len(spells["first"]):
            return None
        return segments_of_looks(spells, stops.stopped, stops.released, stops.window)
