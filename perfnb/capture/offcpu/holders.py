"""Which thread held what another one waited for, where that can be told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.segments import ON, RUNNABLE, STOPPED, Segments

NOBODY = -1
_MOST, _LITTLE = 0.8, 0.2
# From letting go of a lock to the other thread's running: waking it takes some 5 to 50 µs.
_HANDOVER_NS = 60_000


class Running:
    """When each thread of a process was on a CPU, or wanted to be.

    Parameters
    ----------
    lives : sequence of Segments
        Of all its Python threads.
    """

    def __init__(self, lives: Sequence[Segments]) -> None:
        self._edges: list[NDArray[np.int64]] = []
        self._sums: list[NDArray[np.int64]] = []
        for life in lives:
            going = np.isin(life.state, (ON, RUNNABLE, STOPPED))
            length = np.where(going, np.diff(life.bound), 0)
            self._edges.append(life.bound)
            self._sums.append(np.append(0, np.cumsum(length)))

    def within(
        self, thread: int, start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return for how many nanoseconds of each interval a thread was running."""
        edges, sums = self._edges[thread], self._sums[thread]
        if len(edges) < 2:
            return np.zeros(len(start))
        return np.asarray(np.interp(end, edges, sums) - np.interp(start, edges, sums))

    def holders_of_gil(
        self, me: int, start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return which thread had the GIL while another waited for it; `NOBODY` if in doubt.

        It is the one that was running all the time, if only one was: who runs without the
        GIL, in compiled code, cannot be told from who has it.
        """
        return self._only(me, start, end, np.maximum(end - start, 1))

    def releasers(self, me: int, end: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which thread ended a wait for a lock; `NOBODY` if in doubt.

        It is the one that was running just then, if only one was. The GIL's holder runs too.
        """
        start = end - _HANDOVER_NS
        return self._only(me, start, end, np.full(len(end), _HANDOVER_NS // 4))

    def _only(
        self,
        me: int,
        start: NDArray[np.int64],
        end: NDArray[np.int64],
        whole: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        best = np.full(len(start), NOBODY, dtype=np.int64)
        most, second = np.zeros(len(start)), np.zeros(len(start))
        for thread in range(len(self._edges)):
            if thread == me:
                continue
            share = np.minimum(self.within(thread, start, end) / whole, 1.0)
            more = share > most
            second = np.where(more, most, np.maximum(second, share))
            best, most = np.where(more, thread, best), np.where(more, share, most)
        return np.where((most >= _MOST) & (second <= _LITTLE), best, NOBODY)
