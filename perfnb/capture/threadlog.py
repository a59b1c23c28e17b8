"""What `threadwatch` reports, as arrays: sampling instants and thread states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.columns import read_tables
from perfnb.model import STATES

UNKNOWN, ON_CPU, OFF_CPU = (STATES.index(s) for s in ("unknown", "on-CPU", "off-CPU"))
GONE = 255
"""Code for a thread that did not exist at an instant; never in a profile."""
DOUBTFUL = 254
"""Code for a thread of which it cannot be told whether it ran: likewise."""

_LONG_STOP_NS = 400_000

# A blocked thread that was stopped and let go has to run for some 50 µs until it is
# blocked again, and is seen as running for that long. What really ran at an instant
# has used CPU time both before and after it: this much, or half of the time there was.
_LEAST_RUN_NS = 150_000

# A thread that was let go takes up to 0.1 ms until it runs again. py-spy's shortest
# intervals are shorter: what was used in one of those says nothing.
_SHORT_NS = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Ticks:
    """The sampling instants of one process, wall-clock ns, in order.

    Attributes
    ----------
    stopped, released : int64
        Between them the process stood still and its stacks were read.
    batch : int32
        Which observation of the threads followed; −1 if none did in time.
    missed : bool
        Whether the stacks could not be read.
    """

    stopped: NDArray[np.int64]
    released: NDArray[np.int64]
    batch: NDArray[np.int32]
    missed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.stopped)


@dataclass(frozen=True, slots=True, eq=False)
class ThreadLog:
    """The report of one recording."""

    ticks: dict[int, Ticks]
    threads: dict[str, NDArray[Any]]
    said: tuple[str, ...]
    cpu_s: float

    @classmethod
    def parse(cls, report: bytes) -> ThreadLog:
        """Read what `threadwatch` wrote.

        Raises
        ------
        ValueError
            If the report is not whole.
        """
        facts, (ticks, threads) = read_tables(
            report, "thread watcher", ("ticks", "threads"), ("said", "cpu_s")
        )
        per_process = {}
        for pid in np.unique(ticks["pid"]).tolist():
            mine = ticks["pid"] == pid
            per_process[pid] = Ticks(
                ticks["stopped"][mine],
                ticks["released"][mine],
                ticks["batch"][mine],
                ticks["missed"][mine].astype(bool),
            )
        return cls(per_process, threads, tuple(facts["said"]), facts["cpu_s"])

    def states(self, pid: int, tid: int, offset_ns: int) -> NDArray[np.uint8]:
        """Return the state of a thread at each instant of its process.

        Parameters
        ----------
        pid, tid : int
            The thread.
        offset_ns : int
            CLOCK_REALTIME − CLOCK_MONOTONIC: instants are in the one, observations in the other.

        Returns
        -------
        uint8 array, shape (ticks,)
            Positions in `STATES`, `DOUBTFUL` or `GONE`. At an instant that was not observed,
            the state before and after it if those agree, else unknown.
        """
        ticks = self.ticks[pid]
        n = len(ticks)
        observed = np.flatnonzero(ticks.batch >= 0)
        if not len(observed):
            return np.full(n, UNKNOWN, dtype=np.uint8)
        rows = (self.threads["pid"] == pid) & (self.threads["tid"] == tid)
        batch, letter, run, at = (
            self.threads[column][rows] for column in ("batch", "state", "run", "time")
        )
        # Position of each row among the observed instants of this process.
        place = np.searchsorted(ticks.batch[observed], batch)
        stopped = ticks.stopped[observed][place]
        long = ticks.released[observed][place] - stopped > _LONG_STOP_NS
        used, running, unclear = _was_running(letter, run, at, stopped - offset_ns)
        state = np.full(len(observed), GONE, dtype=np.uint8)
        state[place] = np.where(running, ON_CPU, np.where(long & used, DOUBTFUL, OFF_CPU))
        state[place[letter == ord("Z")]] = GONE
        result = np.full(n, UNKNOWN, dtype=np.uint8)
        if unclear.any() and not unclear.all():
            result[observed[place[unclear]]] = DOUBTFUL
            observed, state = np.delete(observed, place[unclear]), np.delete(state, place[unclear])
        before = np.clip(np.searchsorted(observed, np.arange(n), side="right") - 1, 0, None)
        after = np.clip(np.searchsorted(observed, np.arange(n)), None, len(observed) - 1)
        agreed = state[before] == state[after]
        result[agreed] = state[before][agreed]
        return result


def _was_running(
    letter: NDArray[np.uint8],
    run: NDArray[np.int64],
    at: NDArray[np.int64],
    stopped: NDArray[np.int64],
) -> tuple[NDArray[np.bool_], ...]:
    """Decide for each observation whether the thread ran when its process was stopped.

    Parameters
    ----------
    letter : uint8
        Its state in /proc just after it was let go.
    run : int64
        Its CPU time so far, in ns.
    at, stopped : int64
        When that was read, and when the process had been stopped, CLOCK_MONOTONIC ns.

    Returns
    -------
    used, running, unclear : bool
        Whether it used CPU time shortly before, whether it ran at the instant, and whether
        that cannot be told.
    """
    if not len(letter):
        return (np.zeros(0, dtype=bool),) * 3
    before = np.diff(run, prepend=run[:1])
    after = np.append(before[1:], 0)
    free_before = np.maximum(stopped - np.append(at[:1], at[:-1]), 1)
    free_after = np.append(free_before[1:], 1)
    enough_before = before >= np.minimum(_LEAST_RUN_NS, free_before // 2)
    enough_after = after >= np.minimum(_LEAST_RUN_NS, free_after // 2)
    # The last one has nothing after it to go by.
    enough_after[-1:] = True
    awake = (letter == ord("R")) | (letter == ord("t")) | (letter == ord("T"))
    running = awake & enough_before & enough_after
    # It ran all the time until the stop, whatever it did after a pause that was long.
    running |= (before >= 0.9 * free_before) & (before >= _LEAST_RUN_NS // 3)
    could_before = enough_before | (free_before < _SHORT_NS)
    could_after = enough_after | (free_after < _SHORT_NS)
    unclear = awake & ~running & could_before & could_after
    return enough_before, running, unclear
