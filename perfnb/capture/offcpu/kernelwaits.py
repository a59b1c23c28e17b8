"""Intervals in which threads did not run: why, and who ended them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.perfstream import IN, OUT, PREEMPTED, Switches

RUNNABLE, UNKNOWN = ord("R"), ord("?")
"""States: that of a thread that could go on, and of one at which nobody looked."""


@dataclass(frozen=True, slots=True, eq=False)
class KernelWaits:
    """Intervals in which threads did not run, sorted by thread and then by time.

    Times are CLOCK_MONOTONIC nanoseconds. From `out` to `wake` a thread was blocked, from `wake`
    to `in_` it waited for a CPU; one that was not blocked (state R) did so from `out` on.

    Attributes
    ----------
    pid, tid : int32
        The thread.
    out, wake, in_ : int64
        When it was switched out, woken and switched in. `wake` is 0 if nobody woke it: it was
        not blocked, or still is. Woken while it was on its way to sleep, it was at `out`.
    state : uint8
        The code of the letter that the kernel gives its state: R, S (blocked), D (blocked, and
        not to be interrupted), T and t (stopped), I, P; ? where nobody looked.
    stack : int32
        Where it was, as an index into `stacks`; −1 if unknown.
    waker, waker_pid : int32
        The thread that woke it; 0 if none did, or an interrupt, or that is unknown.
    waker_stack : int32
        Where the waker was, as an index into `stacks`; −1 if unknown.
    interrupt : bool
        Whether a hardware interrupt woke it: a timer, a disk, a network card.
    begun, ended : bool
        Whether the interval began, and ended, during the recording. Where it did not, `out` or
        `in_` is the start or the end of the recording.
    comms : dict of int to str
        Names of threads: of the recorded ones and those that woke them.
    stacks : tuple of tuple of str
        Kernel functions, innermost first.
    threads_begun, threads_ended : dict of int to int
        When threads began and ended, of those that did so during the recording.
    window : (int, int)
        The start and the end of the recording.
    lost : int
        How many intervals, or words about them, are known to be missing.
    full : bool
        Whether it ended early for want of room.
    cpu_s : float
        CPU seconds that bpftrace used, with its start.
    """

    pid: NDArray[np.int32]
    tid: NDArray[np.int32]
    out: NDArray[np.int64]
    wake: NDArray[np.int64]
    in_: NDArray[np.int64]
    state: NDArray[np.uint8]
    stack: NDArray[np.int32]
    waker: NDArray[np.int32]
    waker_pid: NDArray[np.int32]
    waker_stack: NDArray[np.int32]
    interrupt: NDArray[np.bool_]
    begun: NDArray[np.bool_]
    ended: NDArray[np.bool_]
    comms: dict[int, str]
    stacks: tuple[tuple[str, ...], ...]
    threads_begun: dict[int, int]
    threads_ended: dict[int, int]
    window: tuple[int, int]
    lost: int
    full: bool
    cpu_s: float

    def __len__(self) -> int:
        return len(self.tid)

    def of(self, tid: int) -> slice:
        """Return the rows of one thread."""
        return slice(*np.searchsorted(self.tid, [tid, tid + 1]).tolist())

    @property
    def runnable(self) -> NDArray[np.bool_]:
        """Whether it was not blocked, but had its CPU taken away or gave up its turn."""
        return np.equal(self.state, RUNNABLE)

    @property
    def blocked_ns(self) -> NDArray[np.int64]:
        """For how long each was blocked; the rest of it, it waited for a CPU."""
        until = np.where(self.wake > 0, self.wake, self.in_)
        return np.where(self.runnable, 0, until - self.out)

    def switches(self) -> Switches:
        """Return the same as context switches."""
        went = np.where(self.runnable, PREEMPTED, OUT)[self.begun]
        time = np.concatenate([self.out[self.begun], self.in_[self.ended]])
        what = np.concatenate([went, np.full(np.count_nonzero(self.ended), IN)])
        tid = np.concatenate([self.tid[self.begun], self.tid[self.ended]])
        pid = np.concatenate([self.pid[self.begun], self.pid[self.ended]])
        order = np.lexsort((time, tid))
        return Switches(
            pid[order], tid[order], time[order], what[order].astype(np.uint8),
            dict(self.threads_begun), dict(self.threads_ended), self.lost,
        )  # fmt: skip
