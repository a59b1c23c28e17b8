"""What `waitwatch` reports, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.columns import read_tables
from perfnb.capture.offcpu.reasons import TRACED, Reason, interpreter_ranges, of_channel
from perfnb.capture.offcpu.segments import BLOCKED, Segments


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """The report of one recording.

    Attributes
    ----------
    quiet : dict of str to array
        Columns ``tid``, ``first``, ``last``, ``run``, ``delay``, ``slices`` and ``wait``: spells
        in which nothing changed, sorted by thread and then by `first`.
    threads : dict of str to array
        Columns ``tid``, ``time``, ``run``, ``delay``, ``voluntary`` and ``involuntary``: what the
        kernel had counted of each thread when it was first seen, and at the end.
    reasons : tuple of Reason
        What the numbers of ``wait`` stand for.
    full : bool
        Whether it stopped writing down for want of room.
    cpu_s : float
        What it cost.
    """

    quiet: dict[str, NDArray[Any]]
    threads: dict[str, NDArray[Any]]
    reasons: tuple[Reason, ...]
    full: bool
    cpu_s: float

    @classmethod
    def parse(cls, report: bytes) -> Watched:
        """Read what `waitwatch` wrote.

        Raises
        ------
        ValueError
            If the report is not whole.
        """
        facts, (quiet, threads) = read_tables(
            report, "wait watcher", ("quiet", "threads"), ("waits", "maps", "full", "cpu_s")
        )
        gil = interpreter_ranges(facts["maps"])
        reasons = tuple(of_channel(text, gil) for text in facts["waits"])
        # Sorted once: each thread is asked for several times.
        order = np.argsort(quiet["tid"], kind="stable")
        quiet = {name: column[order] for name, column in quiet.items()}
        return cls(quiet, threads, reasons, facts["full"], facts["cpu_s"])

    def of(self, tid: int) -> dict[str, NDArray[Any]]:
        """Return the spells of one thread."""
        rows = slice(*np.searchsorted(self.quiet["tid"], [tid, tid + 1]).tolist())
        return {name: column[rows] for name, column in self.quiet.items()}

    def reason_of(
        self, tid: int, segments: Segments, number: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return why the thread was blocked in each segment; −1 where nobody looked.

        Parameters
        ----------
        tid : int
            The thread.
        segments : Segments
            What it did.
        number : int64, shape (waits,)
            What the position of a wait in `reasons` becomes.
        """
        result = np.full(len(segments), -1, dtype=np.int64)
        spells = self.of(tid)
        # Being stopped is no reason to wait: it is what the profiler does.
        known = np.append([reason != TRACED for reason in self.reasons], False)[spells["wait"]]
        first, wait = spells["first"][known], spells["wait"][known]
        if not len(first):
            return result
        # What was seen in a moment of py-spy's is about py-spy.
        rows = np.flatnonzero((segments.state == BLOCKED) & ~segments.disturbed)
        at = np.searchsorted(first, segments.bound[rows])
        inside = first[np.minimum(at, len(first) - 1)] < segments.bound[rows + 1]
        inside &= at < len(first)
        result[rows[inside]] = number[wait[at[inside]]]
        return result
