"""Building a profile row by row: interns functions, frames, stacks and threads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.errors import InvalidProfile
from perfnb.model.metadata import Metadata
from perfnb.model.profile import Profile
from perfnb.model.tables import (
    KINDS,
    STATES,
    Frames,
    Functions,
    Int32,
    Label,
    Samples,
    Stacks,
    Tables,
    Thread,
    frozen,
)
from perfnb.units import ValueType

_FunctionKey = tuple[str, str, str, str]


class ProfileBuilder:
    """Collects samples and makes a `Profile` of them.

    Parameters
    ----------
    value : ValueType
        What the weights measure.

    Examples
    --------
    >>> from perfnb.model import ProfileBuilder
    >>> from perfnb.units import ValueType
    >>> builder = ProfileBuilder(ValueType("samples", "count"))
    >>> main = builder.frame("main", file="app.py", line=3)
    >>> builder.sample(builder.stack([main]), weight=2)
    >>> builder.build().total
    2
    """

    def __init__(self, value: ValueType) -> None:
        self.value = value
        self._functions: dict[_FunctionKey, int] = {}
        self._frames: dict[tuple[int, int], int] = {}
        self._stacks: dict[tuple[int, int], int] = {}
        self._threads: dict[tuple[str, int, int], tuple[int, Thread]] = {}
        self._labels: dict[tuple[Label, ...], int] = {}
        self._rows: list[tuple[int, int, int, int | None, int | None, int | None, int]] = []

    def function(self, name: str, file: str = "", module: str = "", kind: str = "python") -> int:
        """Return the row of a function, added if new."""
        if kind not in KINDS:
            raise ValueError(f"kind {kind!r} is not one of {KINDS}")
        return self._functions.setdefault((name, file, module, kind), len(self._functions))

    def frame(
        self, name: str, file: str = "", line: int = 0, module: str = "", kind: str = "python"
    ) -> int:
        """Return the row of a frame, added if new."""
        return self.frame_of(self.function(name, file, module, kind), line)

    def frame_of(self, function: int, line: int = 0) -> int:
        """Return the row of a frame of a known function, added if new."""
        return self._frames.setdefault((function, line), len(self._frames))

    def stack(self, frames: Iterable[int]) -> int:
        """Return the row of the stack with these frames, root first; −1 if there are none."""
        stack = -1
        for frame in frames:
            stack = self.push(stack, frame)
        return stack

    def push(self, stack: int, frame: int) -> int:
        """Return the row of `stack` with `frame` called from its leaf."""
        return self._stacks.setdefault((stack, frame), len(self._stacks))

    def thread(self, thread: Thread) -> int:
        """Return the row of a thread, added if its (host, pid, tid) is new.

        A thread that was seen before it had a name gets the first that it has later.
        """
        key = thread.host, thread.pid, thread.tid
        row, known = self._threads.setdefault(key, (len(self._threads), thread))
        if thread.name and not known.name:
            self._threads[key] = row, thread
        return row

    @property
    def has_labels(self) -> bool:
        """Whether any labels were added."""
        return bool(self._labels)

    def labels(self, labels: Iterable[Label]) -> int:
        """Return the row of a set of labels, added if new; −1 for no label at all."""
        key = tuple(labels)
        return self._labels.setdefault(key, len(self._labels)) if key else -1

    def sample(
        self,
        stack: int,
        thread: int | None = None,
        weight: int = 1,
        *,
        time: int | None = None,
        duration: int | None = None,
        state: str | None = None,
        label: int = -1,
    ) -> None:
        """Add one sample; `thread` None is a nameless thread 0, `label` a row of `labels`."""
        if state is not None and state not in STATES:
            raise ValueError(f"state {state!r} is not one of {STATES}")
        row = self.thread(Thread(0, 0)) if thread is None else thread
        code = None if state is None else STATES.index(state)
        self._rows.append((stack, row, weight, time, duration, code, label))

    def build(self, metadata: Metadata | None = None) -> Profile:
        """Return the profile, its samples sorted by time where every sample has one.

        Raises
        ------
        InvalidProfile
            If the tables break an invariant, or only some samples have a time,
            duration or state.
        """
        rows = self._rows
        columns = list(zip(*rows, strict=True)) if rows else [()] * 7
        samples = Samples(
            frozen(columns[0], np.int32),
            frozen(columns[1], np.int32),
            frozen(columns[2], np.int64),
            _optional("time", columns[3], np.int64),
            _optional("duration", columns[4], np.int64),
            _optional("state", columns[5], np.uint8),
            frozen(columns[6], np.int32) if self._labels else None,
        )
        if samples.time is not None:
            samples = samples.take(np.argsort(samples.time, kind="stable"))
        return Profile(self.value, self.tables(), samples, metadata or Metadata())

    def tables(self) -> Tables:
        """Return the tables collected so far, for samples made as columns."""
        names = list(zip(*self._functions, strict=True)) if self._functions else [()] * 4
        return Tables(
            Functions(
                tuple(names[0]),
                tuple(names[1]),
                tuple(names[2]),
                frozen([KINDS.index(kind) for kind in names[3]], np.uint8),
            ),
            Frames(*_columns(self._frames)),
            Stacks(*_columns(self._stacks)),
            tuple(thread for _, thread in self._threads.values()),
            tuple(self._labels),
        )


def _columns(pairs: Iterable[tuple[int, int]]) -> tuple[Int32, Int32]:
    table = np.array(list(pairs), dtype=np.int32).reshape(-1, 2)
    return frozen(table[:, 0], np.int32), frozen(table[:, 1], np.int32)


def _optional(name: str, values: tuple[int | None, ...], dtype: Any) -> NDArray[Any] | None:
    missing = sum(value is None for value in values)
    if not values or missing == len(values):
        return None
    if missing:
        raise InvalidProfile(f"{missing} of {len(values)} samples have no {name}, the others do")
    return frozen(values, dtype)
