"""The most exact level: every interval with its kernel stack and who ended it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.attribute import Attributed
from perfnb.capture.offcpu.kernelwaits import KernelWaits
from perfnb.capture.offcpu.reasons import LOCK_OR_GIL, TRACED, of_stack
from perfnb.capture.offcpu.segments import BLOCKED, Segments
from perfnb.capture.offcpu.timeline import Reasons, SwitchTimeline
from perfnb.capture.offcpu.watched import Watched
from perfnb.model import Thread


@dataclass(frozen=True, slots=True, eq=False)
class Ended:
    """Who ended the waits among the pieces of one thread, shape (pieces,).

    Attributes
    ----------
    at : int64
        When; 0 where nobody did, or that is not known.
    pid, tid : int32
        The thread that did; 0 for none.
    interrupt : bool
        Whether a hardware interrupt did: a timer, a disk, a network card.
    stack : int32
        Where the waker was in the kernel, an index into `KernelWaits.stacks`; −1 if unknown.
    """

    at: NDArray[np.int64]
    pid: NDArray[np.int32]
    tid: NDArray[np.int32]
    interrupt: NDArray[np.bool_]
    stack: NDArray[np.int32]


class KernelTimeline(SwitchTimeline):
    """Every interval is known, with its kernel stack and its waker."""

    level = "kernel"
    text = "exact, with kernel stacks and wakers"
    help = (
        "When a thread gave up its CPU, in which kernel function, who woke it and when it got a "
        "CPU again is recorded in the kernel, to the nanosecond. Where in the code that was, is "
        "from samples: see *attributed*."
    )

    def __init__(self, waits: KernelWaits, watched: Watched) -> None:
        super().__init__(waits.switches(), watched, waits.full)
        self.waits = waits
        self._reasons = [of_stack(functions) for functions in waits.stacks]

    def why(self, thread: Thread, segments: Segments, reasons: Reasons) -> NDArray[np.int64]:
        """Return why the thread was blocked in each segment: by its kernel stack.

        Which of two it is that a futex is used for, is taken from the looks at /proc.
        """
        looked = super().why(thread, segments, reasons)
        row, inside = self._rows(thread, (segments.bound[:-1] + segments.bound[1:]) // 2)
        inside &= (segments.state == BLOCKED) & ~segments.disturbed
        stack = np.where(inside & (len(self.waits) > 0), self._column("stack", row, -1), -1)
        # Being stopped is no reason to wait: it is what the profiler does.
        of_stacks = np.array(
            [-1 if one == TRACED else reasons.number(one) for one in self._reasons], dtype=np.int64
        )
        found = np.where(stack >= 0, np.append(of_stacks, -1)[stack], -1)
        futex = found == reasons.number(LOCK_OR_GIL)
        told = futex & np.isin(looked, reasons.of_futexes)
        return np.where(told, looked, np.where(found >= 0, found, looked))

    def kernel_stacks(self, thread: Thread, pieces: Attributed) -> NDArray[np.int64]:
        """Return where in the kernel the thread was in each piece; −1 where it was not."""
        row, inside = self._rows(thread, pieces.start + 1)
        inside &= pieces.state == BLOCKED
        stack = np.where(inside, self._column("stack", row, -1), -1).astype(np.int64)
        traced = np.array([one == TRACED for one in self._reasons] + [False])
        return np.where(traced[stack], -1, stack)

    def functions(self, stack: int, *, interrupt: bool = False) -> tuple[str, ...]:
        """Return the functions of a kernel stack, innermost first.

        Those of an interrupt end where it began: what is below had nothing to do with it.
        """
        functions = self.waits.stacks[stack]
        entry = next((i for i, one in enumerate(functions) if one.startswith("asm_")), None)
        return functions[: entry + 1] if interrupt and entry is not None else functions

    def tails(self, thread: Thread, pieces: Attributed, segments: Segments) -> NDArray[np.int64]:
        """Return how long each wait's thread had been woken without having a CPU."""
        end = pieces.start + pieces.duration
        woken = self.ended(thread, pieces).at
        return np.where(woken > 0, np.maximum(end - woken, 0), 0)

    def ended(self, thread: Thread, pieces: Attributed) -> Ended:
        """Return who ended the wait in each piece."""
        end = pieces.start + pieces.duration
        row, inside = self._rows(thread, end - 1)
        inside &= pieces.state == BLOCKED
        columns = (
            np.where(inside, self._column(name, row, empty), empty)
            for name, empty in (
                ("wake", 0), ("waker_pid", 0), ("waker", 0), ("interrupt", False),
                ("waker_stack", -1),
            )
        )  # fmt: skip
        return Ended(*columns)

    def comm(self, tid: int) -> str:
        """Return the name that the kernel has for a thread."""
        return self.waits.comms.get(tid, "")

    def _column(self, name: str, row: NDArray[np.int64], empty: int) -> NDArray[np.int64]:
        column = getattr(self.waits, name)
        return np.asarray(column[row] if len(column) else np.full(len(row), empty))

    def _rows(
        self, thread: Thread, at: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the interval of a thread at each instant, and whether there is one."""
        mine = self.waits.of(thread.tid)
        if mine.start == mine.stop:
            return np.zeros(len(at), dtype=np.int64), np.zeros(len(at), dtype=bool)
        row = mine.start + np.searchsorted(self.waits.out[mine], at, side="right") - 1
        row = np.maximum(row, mine.start)
        return row, (self.waits.out[row] <= at) & (at <= self.waits.in_[row])
