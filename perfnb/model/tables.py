"""The frozen tables a profile consists of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfnb.errors import InvalidProfile

KINDS: Final = ("python", "native", "kernel", "gpu", "wait", "synthetic")
"""What a function is; `Functions.kind` holds positions in this tuple."""

STATES: Final = ("unknown", "on-CPU", "runnable", "off-CPU", "gil")
"""What a thread did when it was sampled; `Samples.state` holds positions in this tuple."""

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt8 = NDArray[np.uint8]


def frozen(values: Any, dtype: Any) -> NDArray[Any]:
    """Return `values` as a read-only one-dimensional array of `dtype`, copied only if needed."""
    array = np.asarray(values, dtype=dtype)
    if array.flags.writeable:
        # The caller may go on writing to its own array.
        array = array.copy() if array is values or array.base is not None else array
        array.flags.writeable = False
    return array


@dataclass(frozen=True, slots=True, eq=False)
class Functions:
    """Unique functions: shape (n,) each; `kind` indexes `KINDS`."""

    name: tuple[str, ...]
    file: tuple[str, ...]
    module: tuple[str, ...]
    kind: UInt8

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Unique (function, line) pairs: shape (n,) each; line 0 is unknown."""

    function: Int32
    line: Int32

    def __len__(self) -> int:
        return len(self.function)


@dataclass(frozen=True, slots=True, eq=False)
class Stacks:
    """A prefix tree: `parent` is −1 for a root and always below the row's own index.

    `hidden`, where it is there, tells how many rows too narrow to be drawn a row stands for.
    """

    parent: Int32
    frame: Int32
    hidden: Int64 | None = None

    def __len__(self) -> int:
        return len(self.parent)


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread of one process of one machine."""

    pid: int
    tid: int
    name: str = ""
    process: str = ""
    host: str = ""


class Label(NamedTuple):
    """One thing said of samples, such as a request's route; `unit` is for numbers."""

    key: str
    value: str | int
    unit: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """What samples refer to; checked once, then shared by every profile derived from it.

    Attributes
    ----------
    labels : tuple of tuple of Label
        The distinct sets of labels that samples have, each in the order it was given.

    Raises
    ------
    InvalidProfile
        If an invariant of a table is broken.
    """

    functions: Functions
    frames: Frames
    stacks: Stacks
    threads: tuple[Thread, ...]
    labels: tuple[tuple[Label, ...], ...] = ()

    def __post_init__(self) -> None:
        functions, frames, stacks = self.functions, self.frames, self.stacks
        n = len(functions)
        _same_length("functions", n, functions.file, functions.module, functions.kind)
        kinds = functions.kind.tolist()
        rows = zip(functions.name, functions.file, functions.module, kinds, strict=True)
        if len(set(rows)) != n:
            raise InvalidProfile("functions: a row appears twice")
        _in_range("functions.kind", functions.kind, 0, len(KINDS))
        _same_length("frames", len(frames), frames.line)
        _in_range("frames.function", frames.function, 0, n)
        _in_range("frames.line", frames.line, 0, 2**31)
        _unique("frames", "(function, line) pair", frames.function, frames.line)
        _same_length("stacks", len(stacks), stacks.frame, stacks.hidden)
        _in_range("stacks.frame", stacks.frame, 0, len(frames))
        if np.any(stacks.parent < -1) or np.any(stacks.parent >= np.arange(len(stacks))):
            raise InvalidProfile("stacks: a parent does not come before its child")
        _unique("stacks", "(parent, frame) pair", stacks.parent, stacks.frame)
        if len({(t.host, t.pid, t.tid) for t in self.threads}) != len(self.threads):
            raise InvalidProfile("threads: a (host, pid, tid) appears twice")
        if len(set(self.labels)) != len(self.labels):
            raise InvalidProfile("labels: a set appears twice")

    def with_stacks(self, stacks: Stacks) -> Tables:
        """Return these tables with other stacks over the same frames."""
        return replace(self, stacks=stacks)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """What was seen: shape (n,) each, sorted by `time` where there is one.

    Attributes
    ----------
    stack : int32
        Row of `Stacks`; −1 is the empty stack.
    thread : int32
        Row of the threads table.
    weight : int64
        In the profile's `ValueType`.
    time : int64 or None
        CLOCK_MONOTONIC nanoseconds at capture.
    duration : int64 or None
        Nanoseconds.
    state : uint8 or None
        Position in `STATES`.
    label : int32 or None
        Row of `Tables.labels`; −1 for a sample without.
    count : int64 or None
        How many samples the row stands for, where that is not one each.
    waker : int32 or None
        Row of `Stacks`: the stack of what ended a wait; −1 where that is not known.
    waker_thread : int32 or None
        Row of the threads table: who did; −1 where that is not known.
    """

    stack: Int32
    thread: Int32
    weight: Int64
    time: Int64 | None = None
    duration: Int64 | None = None
    state: UInt8 | None = None
    label: Int32 | None = None
    count: Int64 | None = None
    waker: Int32 | None = None
    waker_thread: Int32 | None = None

    def __len__(self) -> int:
        return len(self.stack)

    def restacked(self, place: NDArray[Any], *, wakers: bool = True) -> Samples:
        """Return the samples with other rows of the stacks table.

        Parameters
        ----------
        place : int array, shape (stacks + 1,)
            The new row of each old one; the last is for the empty stack, −1.
        wakers : bool
            Whether the new table has the wakers' stacks too; if not, they are left out.
        """
        waker = self.waker if wakers else None
        return replace(
            self,
            stack=frozen(place[self.stack], np.int32),
            waker=None if waker is None else frozen(place[waker], np.int32),
            waker_thread=self.waker_thread if wakers else None,
        )

    def take(self, rows: NDArray[Any]) -> Samples:
        """Return the chosen rows (an index or mask array), every column kept."""

        def pick(column: NDArray[Any] | None) -> NDArray[Any] | None:
            return None if column is None else frozen(column[rows], column.dtype)

        return Samples(
            frozen(self.stack[rows], np.int32),
            frozen(self.thread[rows], np.int32),
            frozen(self.weight[rows], np.int64),
            pick(self.time),
            pick(self.duration),
            pick(self.state),
            pick(self.label),
            pick(self.count),
            pick(self.waker),
            pick(self.waker_thread),
        )


def check_samples(tables: Tables, samples: Samples) -> None:
    """Raise `InvalidProfile` unless `samples` fit `tables` and are sorted by time."""
    s = samples
    _same_length(
        "samples", len(s), s.thread, s.weight, s.time, s.duration, s.state, s.label, s.count,
        s.waker, s.waker_thread,
    )  # fmt: skip
    _in_range("samples.stack", s.stack, -1, len(tables.stacks))
    _in_range("samples.thread", s.thread, 0, len(tables.threads))
    if s.state is not None:
        _in_range("samples.state", s.state, 0, len(STATES))
    if s.label is not None:
        _in_range("samples.label", s.label, -1, len(tables.labels))
    if s.waker is not None:
        _in_range("samples.waker", s.waker, -1, len(tables.stacks))
    if s.waker_thread is not None:
        _in_range("samples.waker_thread", s.waker_thread, -1, len(tables.threads))
    if s.time is not None and np.any(np.diff(s.time) < 0):
        raise InvalidProfile("samples: not sorted by time")


def pair(high: NDArray[Any], low: NDArray[Any]) -> Int64:
    """Return both int32 columns in one int64 each, ordered by `high`, then `low` (≥ 0)."""
    return (high.astype(np.int64) << 32) | (low.astype(np.int64) & 0xFFFFFFFF)


def _unique(table: str, what: str, high: NDArray[Any], low: NDArray[Any]) -> None:
    # np.unique, which hashes from NumPy 2.3 on, takes forty times as long.
    rows = np.sort(pair(high, low))
    if np.any(rows[1:] == rows[:-1]):
        raise InvalidProfile(f"{table}: a {what} appears twice")


def _same_length(table: str, length: int, *columns: Any) -> None:
    if any(column is not None and len(column) != length for column in columns):
        raise InvalidProfile(f"{table}: columns of different length")


def _in_range(name: str, values: NDArray[Any], low: int, high: int) -> None:
    if len(values) and (values.min() < low or values.max() >= high):
        raise InvalidProfile(f"{name}: an index lies outside {low} to {high - 1}")
