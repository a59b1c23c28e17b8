"""Who ended the waits: wakeup flame graphs, and waits joined with those who ended them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from perfnb.errors import MissingColumn
from perfnb.model import Profile, ProfileBuilder, Thread
from perfnb.model.tables import KINDS, frozen

UNKNOWN = "[unknown waker]"


def wakers(profile: Profile) -> Profile:
    """Return the stacks of those who ended waits, as wide as the waits were long.

    What a stack is for, is its leaf: ``wakes NAME`` of the thread that waited. B. Gregg, "Linux
    wakeup and off-wake profiling" (2016).

    Parameters
    ----------
    profile : Profile
        Of waits, with wakers.

    Raises
    ------
    MissingColumn
        If nobody recorded who ended the waits.
    """
    return _restacked(profile, joined=False)


def offwake(profile: Profile) -> Profile:
    """Return the stacks of those who waited with, at their ends, those of who ended the wait.

    Above a frame ``woken by NAME`` the waker's stack follows turned round, its leaf first, so
    that callers meet at the top; B. Gregg, "Linux wakeup and off-wake profiling" (2016).

    Parameters
    ----------
    profile : Profile
        Of waits, with wakers.

    Raises
    ------
    MissingColumn
        If nobody recorded who ended the waits.
    """
    return _restacked(profile, joined=True)


def _restacked(profile: Profile, *, joined: bool) -> Profile:
    samples = profile.samples
    if samples.waker is None or samples.waker_thread is None:
        raise MissingColumn(
            "waker",
            "a picture of who ended the waits",
            "record with --backend bpftrace, as root",
        )
    keys = np.stack([samples.stack, samples.thread, samples.waker, samples.waker_thread], axis=1)
    distinct, place = np.unique(keys, axis=0, return_inverse=True)
    place = place.ravel()
    copy = _Copy(profile)
    stacks, threads = [], []
    for stack, thread, waker, waker_thread in distinct.tolist():
        who = profile.threads[waker_thread] if waker_thread >= 0 else None
        if joined:
            name = f"woken by {_name(who)}" if who else UNKNOWN
            frames = [*copy.path(stack), copy.wait(name), *reversed([*copy.path(waker)])]
        else:
            root = [copy.wait(UNKNOWN)] if who is None else []
            frames = [
                *root,
                *copy.path(waker),
                copy.wait(f"wakes {_name(profile.threads[thread])}"),
            ]
        stacks.append(copy.builder.stack(frames))
        threads.append(copy.thread(thread if joined or who is None else waker_thread))
    return replace(
        profile,
        tables=copy.builder.tables(),
        samples=replace(
            samples,
            stack=frozen(_column(stacks)[place], np.int32),
            thread=frozen(_column(threads)[place], np.int32),
            label=None,
            waker=None,
            waker_thread=None,
        ),
    )


def _column(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _name(thread: Thread) -> str:
    return thread.name or thread.process or str(thread.tid)


class _Copy:
    """Rows of a profile's tables, taken over one by one."""

    def __init__(self, profile: Profile) -> None:
        self.builder = ProfileBuilder(profile.value)
        self._profile = profile
        self._frames: dict[int, int] = {}

    def path(self, stack: int) -> Iterator[int]:
        """Yield the frames of a stack, root first."""
        stacks = self._profile.tables.stacks
        rows = []
        while stack >= 0:
            rows.append(int(stacks.frame[stack]))
            stack = int(stacks.parent[stack])
        for row in reversed(rows):
            yield self._frame(row)

    def wait(self, name: str) -> int:
        """Return a frame that tells of a wait."""
        return self.builder.frame(name, kind="wait")

    def thread(self, row: int) -> int:
        """Return the row of a thread."""
        return self.builder.thread(self._profile.threads[row])

    def _frame(self, row: int) -> int:
        if row not in self._frames:
            tables = self._profile.tables
            f, at = tables.functions, int(tables.frames.function[row])
            self._frames[row] = self.builder.frame(
                f.name[at],
                f.file[at],
                int(tables.frames.line[row]),
                f.module[at],
                KINDS[int(f.kind[at])],
            )
        return self._frames[row]
