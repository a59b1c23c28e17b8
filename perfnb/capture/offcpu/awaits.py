"""The time a loop's thread was blocked, given to the tasks that waited meanwhile.

While the thread is blocked in the loop's selector no task goes on, so a look in such an interval
tells for certain what each task awaited in all of it; and a task that was seen in one await by
two looks was in it all the time between. The rest lies between two looks that saw a task in
different awaits, and is shared out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.sharing import NOT_THERE, Rows, Share, State
from perfnb.capture.offcpu.tasks import TaskLooks
from perfnb.capture.offcpu.waits import INSIDE, NEAREST, nearest

# Further from any look than so many mean intervals between looks, and this, nothing is known.
_NEAR_LOOKS = 4
_NEAR_NS = 50_000_000
# An interval that lasts for so many mean intervals between looks is always looked at.
_LONG = 2
# Tasks of one coroutine, if there are so many, may be ones that live for a short time.
_COME_AND_GO = 5
# Who waited for the GIL gets it this soon after a thread begins to wait for something else.
_AT_ONCE_NS = 250_000
_ALWAYS, _NEVER = 0.99, 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Awaited:
    """Waits of tasks, in the order of their start; those of one task do not overlap.

    Attributes
    ----------
    task, chain : int32
        As in `TaskLooks`. A row outside of the time in which its task was seen stands for
        another one of the same coroutine, which no look met.
    start, duration : int64
        Nanoseconds.
    how : uint8
        `INSIDE` where a look saw this very await, else `NEAREST`.
    explained : int64
        The positions of the loop's intervals in which at least one task waited.
    """

    task: NDArray[np.int32]
    chain: NDArray[np.int32]
    start: NDArray[np.int64]
    duration: NDArray[np.int64]
    how: NDArray[np.uint8]
    explained: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start)


def awaited(
    looks: TaskLooks, thread: int, start: NDArray[np.int64], duration: NDArray[np.int64]
) -> Awaited:
    """Return what the tasks of one loop waited for.

    Parameters
    ----------
    looks : TaskLooks
        What was seen of all tasks.
    thread : int
        Native id of the thread that runs the loop.
    start, duration : int64, shape (intervals,)
        When that thread was blocked in the loop's selector, CLOCK_MONOTONIC ns; ascending, and
        no two overlap.

    Returns
    -------
    Awaited
        One row for an await that was seen: from the start of the first interval to the end of
        the last that it is known to cover, with the time between in which the loop ran
        something else, for the task waited then too. One row for each interval of the rest; it
        is not known there which of them belong to one await, and the time between is left out.

    Notes
    -----
    The rest is shared out so that each chain of a task gets the time that the looks give it,
    a look standing for the blocked time that is nearer to it than to any other. What that is
    more than the time that is certain for a chain, its unseen waits have lasted. Giving the
    rest to the nearest look instead would take all short waits between long ones for long.
    Who waits in turns in several places for less time than passes between two looks has a share
    of the time in each that is an estimate, as any sampled one; in all together it is not.
    """
    return _Join(looks, thread, start, start + duration).result()


class _Join:
    """The two series, laid over each other."""

    def __init__(
        self, looks: TaskLooks, thread: int, start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> None:
        self.looks, self.start, self.end = looks, start, end
        # A clock that stands still while the loop runs: at the start of each interval, and in
        # the end.
        self.blocked = np.append(0, np.cumsum(end - start)).astype(np.int64)
        self._place_looks()
        mine = np.array([task.thread == thread for task in looks.tasks], dtype=bool)
        rows = np.flatnonzero(mine[looks.task]) if len(mine) else np.zeros(0, dtype=np.int64)
        self.rows = rows[np.lexsort((looks.first[rows], looks.task[rows]))]

    def _place_looks(self) -> None:
        """Find the interval that each look fell into, and how much time each stands for."""
        looks, n = self.looks, len(self.start)
        # The first interval that was not over when the look ended; the last begun when it began.
        self.after = np.searchsorted(self.end, looks.end, side="left")
        self.before = np.searchsorted(self.start, looks.time, side="right") - 1
        self.inside = np.flatnonzero((self.after == self.before) & (self.after < n))
        self.at = self.after[self.inside]
        # A look that was due while the thread ran had to wait for the GIL, and came just when the
        # next interval began: it tells what was awaited, but not how often that is so.
        late = looks.time[self.inside] - looks.due[self.inside]
        usual = int(np.quantile(late, 0.25)) if len(late) else 0
        due = np.minimum(looks.due[self.inside] + usual, looks.time[self.inside])
        began = self.start[self.at]
        fair = (due >= began) | (looks.time[self.inside] - began > _AT_ONCE_NS)
        due = np.maximum(due, began)
        self.fair = np.append(0, np.cumsum(np.isin(np.arange(len(looks.time)), self.inside[fair])))
        where, which = due[fair], self.at[fair]
        total = int(self.blocked[-1])
        position = self.blocked[which] + where - self.start[which]
        self.gaps = np.sort(np.diff(position))
        edge = np.concatenate([[0], (position[1:] + position[:-1]) // 2, [total]])
        cell = np.diff(edge)[: len(position)]
        self.mean = total / max(len(position), 1)
        length = self.end - self.start
        stands = np.bincount(which, cell, n)[:n].astype(np.int64)
        looked = np.zeros(n, dtype=bool)
        looked[self.at] = True
        # What is always looked at stands for itself alone.
        stands = np.where(looked & (length >= _LONG * self.mean), length, stands)
        self.stands = np.append(0, np.cumsum(stands)).astype(np.int64)
        self.unseen = (stands - length)[self.at] // 2
        self.near = max(_NEAR_NS, int(_NEAR_LOOKS * self.mean))

    def _certain(self) -> tuple[NDArray[np.int64], ...]:
        """Return what is certain of each await.

        Its first and last interval, whether it may have begun earlier and ended later, the time
        for which the looks that saw it stand, less that which is certain, and the positions in
        `inside` of the looks before and after that did not see it.
        """
        looks, rows, n = self.looks, self.rows, len(self.start)
        first, last = looks.first[rows].astype(np.int64), looks.last[rows].astype(np.int64)
        low = self.after[first]
        high = np.maximum(self.before[last], low - 1)
        stands = self.stands[high + 1] - self.stands[low]
        fair = self.fair[last + 1] > self.fair[first]
        one = self.blocked[high + 1] - self.blocked[low]
        stands = np.where(high == low, np.where(fair, one / self._chance(one), 0), stands)
        # When a sleep began and ends is known. One that was cancelled ended sooner.
        since, until = looks.since[rows], looks.until[rows]
        earlier = looks.time[np.maximum(first - 1, 0)]
        later = looks.end[np.minimum(last + 1, len(looks.end) - 1)]
        began = (since > 0) & ((first == 0) | (since >= earlier))
        ended = (until > 0) & ((last + 1 == len(looks.end)) | (until <= later))
        low = np.where(began, np.minimum(low, np.searchsorted(self.end, since, "right")), low)
        finish = np.searchsorted(self.start, until, "left") - 1
        high = np.where(ended, np.maximum(high, finish), high)
        # It ends before the task's next one begins, and what a look that did not see it saw is
        # outside of it.
        ahead = np.searchsorted(self.inside, first, side="left") - 1
        behind = np.searchsorted(self.inside, last, side="right")
        low = np.maximum(low, np.where(ahead >= 0, np.append(self.at, 0)[ahead] + 1, 0))
        high = np.minimum(high, np.append(self.at, n)[behind] - 1)
        same = looks.task[rows][1:] == looks.task[rows][:-1]
        high[:-1] = np.where(same, np.minimum(high[:-1], low[1:] - 1), high[:-1])
        high = np.maximum(high, low - 1)
        certain = self.blocked[high + 1] - self.blocked[low]
        # Of those that are known from end to end, as many were seen as their length allows.
        chance = self._chance(certain)
        fair |= chance > _ALWAYS
        stands = np.where(began & ended, np.where(fair, certain / chance, 0), stands)
        surplus = (stands - certain).astype(np.int64)
        return low, high, ~began, ~ended, surplus, ahead, behind

    def _chance(self, length: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how likely at least one look is in a wait of so many ns."""
        gaps = self.gaps
        if not len(gaps) or not gaps[-1]:
            return np.ones(len(length))
        longer = np.searchsorted(gaps, length, side="right")
        rest = np.append(np.cumsum(gaps[::-1])[::-1], 0)[longer] - length * (len(gaps) - longer)
        seen: NDArray[np.float64] = np.maximum(1 - rest / gaps.sum(), _NEVER)
        return seen

    def result(self) -> Awaited:
        """Return the rows."""
        out = Rows()
        if len(self.start) and len(self.rows):
            share = Share(self.blocked, out)
            for number, states in self._tasks():
                self._share_out(number, states, share)
            self._never_met(share, out)
        task, chain, low, high, how = out.columns()
        covered = np.zeros(len(self.start) + 1, dtype=np.int64)
        np.add.at(covered, low, 1)
        np.add.at(covered, high + 1, -1)
        begin = self.start[low]
        return Awaited(
            task.astype(np.int32),
            chain.astype(np.int32),
            begin,
            self.end[high] - begin,
            how.astype(np.uint8),
            np.flatnonzero(np.cumsum(covered)[:-1] > 0),
        )

    def _never_met(self, share: Share, out: Rows) -> None:
        """Give what is owed to tasks that come and go for those of them that no look met.

        They get intervals as long as those in which others of their coroutine were seen, if no
        look tells what these were: with a request now and then, all others are long.
        """
        kinds, of_task, count = np.unique(
            [task.coroutine for task in self.looks.tasks], return_inverse=True, return_counts=True
        )
        number = {kind: i for i, kind in enumerate(kinds.tolist()) if count[i] >= _COME_AND_GO}
        task, chain, low, high, how = out.columns()
        unlooked = np.ones(len(self.start), dtype=bool)
        unlooked[self.at] = False
        length = np.diff(self.blocked)
        owed = sorted(share.left().items(), key=lambda item: -item[1])
        free: dict[Hashable, NDArray[np.bool_]] = {}
        for (kind, waiting), time in owed:
            if time < _LONG * self.mean or kind not in number:
                continue
            mine = of_task[task] == number[str(kind)]
            if kind not in free:
                covered = np.zeros(len(self.start) + 1, dtype=np.int64)
                np.add.at(covered, low[mine], 1)
                np.add.at(covered, high[mine] + 1, -1)
                free[kind] = unlooked & (np.cumsum(covered)[:-1] == 0)
            seen = np.flatnonzero(mine & (chain == waiting) & (how == INSIDE))
            if not len(seen):
                continue
            alike = np.unique(share.bucket[low[seen]])
            here = free[kind] & np.isin(share.bucket, np.concatenate([alike - 1, alike, alike + 1]))
            here[: low[seen[0]]] = here[low[seen[-1]] :] = False
            pick = np.flatnonzero(here)
            if not len(pick):
                continue
            # Evenly, as many as it takes.
            part = np.cumsum(length[pick]) / length[pick].sum() * len(pick)
            steps = np.floor(part * min(1.0, time / length[pick].sum()) + 0.5)
            pick = pick[np.diff(steps, prepend=0) > 0]
            free[kind][pick] = False
            for interval, row in zip(
                pick.tolist(), seen[nearest(low[seen], pick)].tolist(), strict=True
            ):
                out.add(int(task[row]), waiting, interval, interval, NEAREST)

    def _tasks(self) -> Iterator[tuple[int, list[State]]]:
        """Yield each task with its states in order: its awaits, and where none was seen."""
        low, high, left, right, surplus, ahead, behind = (c.tolist() for c in self._certain())
        tasks, chains = (c[self.rows].tolist() for c in (self.looks.task, self.looks.chain))
        at, unseen, n = self.at.tolist(), self.unseen.tolist(), len(self.start)
        states: list[State] = []
        for i, task in enumerate(tasks):
            gone = behind[i - 1] if states else 0
            if gone <= ahead[i]:
                until = at[ahead[i]]
                states.append(State(NOT_THERE, at[gone], until, False, False, unseen[ahead[i]]))
            states.append(State(chains[i], low[i], high[i], left[i], right[i], surplus[i]))
            if i + 1 == len(tasks) or tasks[i + 1] != task:
                gone = behind[i]
                if gone < len(at):
                    states.append(State(NOT_THERE, at[gone], n - 1, False, False, unseen[gone]))
                yield task, states
                states = []

    def _share_out(self, task: int, states: list[State], share: Share) -> None:
        """Settle what lies between the states of one task, and write its rows."""
        share.begin(task, self.looks.tasks[task].coroutine, states)
        before: State | None = None
        for state in (*states, None):
            if state is not None:
                share.owe(state)
            low = before.high + 1 if before else 0
            high = state.low - 1 if state else len(self.start) - 1
            if low <= high:
                self._between(low, high, before, state, share)
            if before is not None:
                share.emit(before)
            before = state

    def _between(
        self, low: int, high: int, before: State | None, after: State | None, share: Share
    ) -> None:
        if before and after and self.start[high] - self.end[low] <= self.near:
            share.run(low, high, before, after)
            return
        # Too far from either, nothing is known; nor is what comes first and last, up to there.
        near = int(np.searchsorted(self.start, self.end[low] + self.near, "right"))
        far = int(np.searchsorted(self.end, self.start[high] - self.near, "left"))
        if before and after and near >= far:
            share.run(low, high, before, after)
            return
        if before:
            share.run(low, min(near - 1, high), before, None)
        if after:
            share.run(max(far, low), high, None, after)
