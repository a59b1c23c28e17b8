"""From pieces of threads' lives to samples: reasons, holders and wakers as frames."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.attribute import Attributed
from perfnb.capture.offcpu.holders import NOBODY, Running
from perfnb.capture.offcpu.kerneltimeline import KernelTimeline
from perfnb.capture.offcpu.reasons import GIL, LOCK, LOCK_OR_GIL, RUN_QUEUE, UNKNOWN
from perfnb.capture.offcpu.segments import BLOCKED, ON, RUNNABLE, STOPPED, Segments
from perfnb.capture.offcpu.shares import HELD, HOW, LABEL
from perfnb.capture.offcpu.timeline import Reasons
from perfnb.capture.offcpu.waits import UNKNOWN as NO_STACK
from perfnb.model import STATES, Label, ProfileBuilder, Samples, Thread
from perfnb.model.tables import frozen

UNATTRIBUTED = "[unattributed]"
INTERRUPT = "[interrupt]"
_COLUMNS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Life:
    """One thread: what it did, and with which stacks."""

    thread: Thread
    segments: Segments
    pieces: Attributed


class Frames:
    """Makes samples of pieces: one for each, with its reason as the leaf of its stack.

    Parameters
    ----------
    builder : ProfileBuilder
        Gets frames, stacks and threads.
    reasons : Reasons
        What the pieces' numbers stand for.
    lives : sequence of Life
        All threads.
    kernel : KernelTimeline, optional
        Tells kernel stacks and wakers.
    kernel_frames : bool
        Whether kernel stacks become frames.
    ours : collection of int
        Processes that are the profiler's: that they woke a thread is not told.
    """

    def __init__(
        self,
        builder: ProfileBuilder,
        reasons: Reasons,
        lives: Sequence[Life],
        kernel: KernelTimeline | None,
        kernel_frames: bool,
        ours: Collection[int],
    ) -> None:
        self._builder = builder
        self._reasons = reasons
        self._lives = lives
        self._kernel = kernel
        self._ours = [*ours]
        self._kernel_frames = kernel_frames and kernel is not None
        self._running = Running([life.segments for life in lives])
        self._by_tid = {life.thread.tid: index for index, life in enumerate(lives)}
        self._how = [builder.labels([Label(LABEL, name)]) for name in HOW]

    def samples(
        self,
        states: Sequence[int],
        more: Sequence[NDArray[np.int64]] = (),
        without: Mapping[int, NDArray[np.int64]] | None = None,
    ) -> Samples:
        """Return the samples of all threads, sorted by time.

        Parameters
        ----------
        states : sequence of int
            Of `ON`, `RUNNABLE`, `BLOCKED` and `STOPPED`: what is wanted.
        more : sequence of int64 array, shape (n, 8)
            Further rows, in the order of columns of `_of`.
        without : mapping of int to array, optional
            Positions of pieces to leave out, by the position of the life.
        """
        left_out = without or {}
        parts = [self._of(index, states, left_out.get(index)) for index in range(len(self._lives))]
        rows = np.concatenate([np.zeros((0, _COLUMNS), dtype=np.int64), *parts, *more])
        rows = rows[np.argsort(rows[:, 2], kind="stable")]
        stack, thread, start, duration, state, label, waker, waker_thread = rows.T
        woken = self._kernel is not None
        return Samples(
            frozen(stack, np.int32),
            frozen(thread, np.int32),
            frozen(duration, np.int64),
            time=frozen(start, np.int64),
            duration=frozen(duration, np.int64),
            state=frozen(state, np.uint8),
            label=frozen(label, np.int32),
            waker=frozen(waker, np.int32) if woken else None,
            waker_thread=frozen(waker_thread, np.int32) if woken else None,
        )

    def label(self, how: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return the labels that tell how stacks were found."""
        return np.array(self._how, dtype=np.int64)[how]

    def _of(
        self, index: int, states: Sequence[int], without: NDArray[np.int64] | None
    ) -> NDArray[np.int64]:
        life = self._lives[index]
        pieces = life.pieces
        wanted = np.isin(pieces.state, states)
        if without is not None:
            wanted[without] = False
        rows = np.flatnonzero(wanted)
        kernel = np.full(len(pieces), -1, dtype=np.int64)
        if self._kernel is not None and self._kernel_frames:
            kernel = self._kernel.kernel_stacks(life.thread, pieces)
        columns = (pieces.stack, pieces.state, pieces.reason, self._holders(index), kernel)
        keys = np.stack([column[rows].astype(np.int64) for column in columns], axis=1)
        distinct, place = np.unique(keys, axis=0, return_inverse=True)
        made = np.array([self._frames(*key) for key in distinct.tolist()], dtype=np.int64).reshape(
            -1, 2
        )[place.ravel()]
        waker, waker_thread = self._wakers(life)
        return np.stack(
            [
                made[:, 0],
                np.full(len(rows), self._builder.thread(life.thread)),
                pieces.start[rows],
                pieces.duration[rows],
                made[:, 1],
                self.label(pieces.how[rows]),
                waker[rows],
                waker_thread[rows],
            ],
            axis=1,
        )

    def _frames(
        self, stack: int, state: int, reason: int, holder: int, kernel: int
    ) -> tuple[int, int]:
        builder = self._builder
        if stack == NO_STACK:
            stack = builder.stack([builder.frame(UNATTRIBUTED, kind="synthetic")])
        if state == ON:
            return stack, STATES.index("on-CPU")
        if state == STOPPED:
            return builder.push(stack, builder.frame(HELD, kind="synthetic")), 0
        if state == RUNNABLE:
            why = RUN_QUEUE
        else:
            why = self._reasons.reason(reason) if reason >= 0 else UNKNOWN
            stack = self._with_kernel(stack, kernel)
        stack = builder.push(stack, builder.frame(why.name, kind="wait"))
        if holder != NOBODY:
            thread = self._lives[holder].thread
            name = f"held by {thread.name or thread.tid}"
            stack = builder.push(stack, builder.frame(name, kind="wait"))
        return stack, STATES.index(why.state)

    def _with_kernel(self, stack: int, kernel: int, *, interrupt: bool = False) -> int:
        if kernel >= 0 and self._kernel is not None:
            for name in reversed(self._kernel.functions(kernel, interrupt=interrupt)):
                stack = self._builder.push(stack, self._builder.frame(name, kind="kernel"))
        return stack

    def _holders(self, index: int) -> NDArray[np.int64]:
        life = self._lives[index]
        pieces = life.pieces
        holder = np.full(len(pieces), NOBODY, dtype=np.int64)
        end = pieces.start + pieces.duration
        blocked = pieces.state == BLOCKED
        gil = blocked & (pieces.reason == self._reasons.number(GIL))
        holder[gil] = self._running.holders_of_gil(index, pieces.start[gil], end[gil])
        locks = (self._reasons.number(LOCK), self._reasons.number(LOCK_OR_GIL))
        lock = blocked & np.isin(pieces.reason, locks)
        if self._kernel is None:
            holder[lock] = self._running.releasers(index, end[lock])
        else:
            tid = self._kernel.ended(life.thread, pieces).tid[lock]
            holder[lock] = [self._by_tid.get(one, NOBODY) for one in tid.tolist()]
        rows = np.flatnonzero(lock)
        end = _ends(pieces, rows, holder[rows] != NOBODY)
        holder[rows] = np.where(end >= 0, np.append(holder[rows], NOBODY)[end], NOBODY)
        return holder

    def _wakers(self, life: Life) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the stack and the thread of who ended each wait; −1 where that is not known."""
        pieces = life.pieces
        nobody = np.full(len(pieces), -1, dtype=np.int64)
        if self._kernel is None:
            return nobody, nobody
        ended = self._kernel.ended(life.thread, pieces)
        rows = np.flatnonzero((ended.at > 0) & ~np.isin(ended.pid, self._ours))
        where = self._stacks_at(ended.tid[rows], ended.at[rows])
        kernel = ended.stack[rows] if self._kernel_frames else np.full(len(rows), -1)
        keys = np.stack(
            [where, ended.pid[rows], ended.tid[rows], ended.interrupt[rows], kernel], axis=1
        ).astype(np.int64)
        distinct, place = np.unique(keys, axis=0, return_inverse=True)
        made = np.array([self._waker(*key) for key in distinct.tolist()], dtype=np.int64).reshape(
            -1, 2
        )[place.ravel()]
        stack, thread = nobody.copy(), nobody.copy()
        stack[rows], thread[rows] = made[:, 0], made[:, 1]
        blocked = np.flatnonzero(pieces.state == BLOCKED)
        end = _ends(pieces, blocked, thread[blocked] >= 0)
        for column in (stack, thread):
            column[blocked] = np.where(end >= 0, np.append(column[blocked], -1)[end], -1)
        return stack, thread

    def _stacks_at(self, tid: NDArray[np.int32], at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the stacks that threads of ours had at some instants; `NO_STACK` for others."""
        found = np.full(len(tid), NO_STACK, dtype=np.int64)
        for one in np.unique(tid).tolist():
            index = self._by_tid.get(one)
            if index is None or not len(self._lives[index].pieces):
                continue
            pieces, mine = self._lives[index].pieces, np.flatnonzero(tid == one)
            piece = np.searchsorted(pieces.start, at[mine], side="right") - 1
            found[mine] = pieces.stack[np.maximum(piece, 0)]
        return found

    def _waker(
        self, stack: int, pid: int, tid: int, interrupt: int, kernel: int
    ) -> tuple[int, int]:
        builder = self._builder
        if interrupt or not tid:
            stack = builder.stack([builder.frame(INTERRUPT, kind="kernel")])
            stack = self._with_kernel(stack, kernel, interrupt=True)
            return stack, builder.thread(Thread(0, 0, INTERRUPT))
        assert self._kernel is not None
        index = self._by_tid.get(tid)
        name = self._kernel.comm(tid)
        thread = self._lives[index].thread if index is not None else Thread(pid, tid, name)
        if stack == NO_STACK:
            stack = builder.stack([builder.frame(thread.name or str(tid), kind="native")])
        return self._with_kernel(stack, kernel), builder.thread(thread)


def _ends(
    pieces: Attributed, rows: NDArray[np.int64], known: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return for each piece the nearest known one, at or after it, of the same wait.

    A wait is in pieces where it is not certain that it went on after a stop; only of its end is
    it known who ended it.

    Returns
    -------
    int64, shape (rows,)
        A position in `rows`; −1 if none is known.
    """
    n = len(rows)
    if not n:
        return np.zeros(0, dtype=np.int64)
    ran = np.append(0, np.cumsum(np.where(pieces.state == ON, pieces.duration, 0)))[rows]
    stack = pieces.stack[rows]
    goes_on = (np.diff(ran) <= _NOTHING_NS) & (stack[1:] == stack[:-1])
    wait = np.append(0, np.cumsum(~goes_on))
    following = np.minimum.accumulate(np.where(known, np.arange(n), n)[::-1])[::-1]
    source = np.minimum(following, n - 1)
    return np.where((following < n) & (wait[source] == wait), source, -1)


# What a thread runs between two parts of one wait.
_NOTHING_NS = 300_000
