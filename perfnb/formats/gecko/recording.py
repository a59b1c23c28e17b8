"""What the threads of a file are put into: common tables, and samples by value type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.formats.gecko.columns import Floats
from perfnb.formats.source import Source
from perfnb.model import Metadata, Profile, Thread
from perfnb.model.tables import (
    KINDS,
    Frames,
    Functions,
    Int64,
    Samples,
    Stacks,
    Tables,
    frozen,
    pair,
)
from perfnb.units import ValueType


@dataclass
class Part:
    """Samples of one thread."""

    thread: int
    stack: Int64
    weight: Floats
    time: Int64 | None
    duration: Int64 | None = None
    state: Int64 | None = None
    count: Int64 | None = None

    def where(self, rows: NDArray[np.bool_]) -> Part:
        """Return the chosen samples."""
        time = None if self.time is None else self.time[rows]
        return Part(self.thread, self.stack[rows], self.weight[rows], time)


@dataclass
class Recording:
    """Collects threads; equal functions, frames and stacks become one."""

    source: Source
    parts: dict[str, list[Part]] = field(default_factory=dict)
    _functions: dict[tuple[str, str, str, int], int] = field(default_factory=dict)
    _frames: dict[int, int] = field(default_factory=dict)
    _stacks: dict[int, int] = field(default_factory=dict)
    _threads: dict[Thread, tuple[int, Thread]] = field(default_factory=dict)
    _ids: set[tuple[str, int, int]] = field(default_factory=set)
    _idle: list[Thread] = field(default_factory=list)
    _renamed: int = 0

    def frames(
        self,
        functions: Sequence[tuple[str, str, str]],
        function: NDArray[Any],
        kind: NDArray[Any],
        line: NDArray[Any],
    ) -> Int64:
        """Return the rows of frames, each a row of `functions` (name, file, module) and a line."""
        known = self._functions
        of_kind, each = np.unique(function * len(KINDS) + kind, return_inverse=True)
        rows = [
            known.setdefault((*functions[one // len(KINDS)], one % len(KINDS)), len(known))
            for one in of_kind.tolist()
        ]
        place, each_frame = np.unique(
            pair(np.array(rows, dtype=np.int64)[each], line), return_inverse=True
        )
        found = [self._frames.setdefault(one, len(self._frames)) for one in place.tolist()]
        return np.array(found, dtype=np.int64)[each_frame]

    def stacks(self, parent: Int64, frame: Int64) -> Int64:
        """Return the rows of stacks; each `parent` is below its own index, −1 for a root.

        After the last one stands −1, so that the index −1 is the empty stack.
        """
        known = self._stacks
        rows: list[int] = []
        add = rows.append
        for above, one in zip(parent.tolist(), frame.tolist(), strict=True):
            key = ((rows[above] + 1) << 32 | one) if above >= 0 else one
            add(known.setdefault(key, len(known)))
        add(-1)
        return np.array(rows, dtype=np.int64)

    def thread(self, thread: Thread) -> int:
        """Return the row of a thread.

        Another one may have had its ids before: systems use them again, and writers make
        them up. The later one gets a thread id of its own then, below 0.
        """
        if thread in self._threads:
            return self._threads[thread][0]
        ids = thread.host, thread.pid, thread.tid
        while ids in self._ids:
            self._renamed += 1
            ids = thread.host, thread.pid, -self._renamed
        self._ids.add(ids)
        named = Thread(thread.pid, ids[2], thread.name, thread.process, thread.host)
        row = len(self._threads)
        self._threads[thread] = row, named
        return row

    def idle(self, thread: Thread) -> None:
        """Add a thread without samples.

        If one with samples has its ids, it is that one before it had another name.
        """
        self._idle.append(thread)

    def add(self, value: str, part: Part) -> None:
        """Add samples of a value type, by its name in `meta.VALUES`."""
        self.parts.setdefault(value, []).append(part)

    def add_cpu(self, part: Part, delta: Floats, unit: tuple[str, float]) -> None:
        """Add what CPU a thread used since the sample before, where that is known.

        That is no state: a thread that used some may still have waited when it was sampled.
        """
        value, factor = unit
        if np.any(delta > 0):
            known = part.where(~np.isnan(delta))
            with np.errstate(over="ignore"):  # what is infinite then is refused with the sums
                known.weight = delta[~np.isnan(delta)] * factor
            self.add(value, known)

    def profiles(
        self, values: dict[str, tuple[ValueType, float]], metadata: Metadata
    ) -> dict[str, Profile]:
        """Return what was collected; `values` tells type and factor of each name of `add`."""
        for thread in self._idle:
            if (thread.host, thread.pid, thread.tid) not in self._ids:
                self.thread(thread)
        tables = self._tables()
        notes = metadata.notes
        if self._renamed:
            notes += ("threads with the ids of another one have ids below 0 here",)
        metadata = replace(metadata, notes=notes)
        return {
            value.kind: Profile(value, tables, self._samples(name, factor), metadata)
            for name, (value, factor) in values.items()
        }

    def _samples(self, name: str, factor: float) -> Samples:
        parts = self.parts.get(name, [])
        lengths = [len(part.stack) for part in parts]

        def column(values: list[Any]) -> NDArray[Any] | None:
            # A column of which a thread knows nothing is unknown.
            return None if not parts or any(v is None for v in values) else np.concatenate(values)

        empty = np.empty(0, dtype=np.int64)
        weight = np.concatenate([empty, *(part.weight for part in parts)])
        time = column([part.time for part in parts])
        state = column([part.state for part in parts])
        samples = Samples(
            frozen(np.concatenate([empty, *(part.stack for part in parts)]), np.int32),
            frozen(np.repeat([part.thread for part in parts], lengths), np.int32),
            frozen(self.source.whole(weight, factor, f"weights of {name}"), np.int64),
            None if time is None else frozen(time, np.int64),
            column([part.duration for part in parts]),
            None if state is None else frozen(state, np.uint8),
            count=column([part.count for part in parts]),
        )
        return samples if time is None else samples.take(np.argsort(time, kind="stable"))

    def _tables(self) -> Tables:
        names = list(zip(*self._functions, strict=True)) or [()] * 4
        return Tables(
            Functions(
                tuple(names[0]), tuple(names[1]), tuple(names[2]), frozen(names[3], np.uint8)
            ),
            Frames(*_halves(self._frames)),
            Stacks(*_halves(self._stacks, -1)),
            tuple(thread for _, thread in self._threads.values()),
        )


def _halves(keys: dict[int, int], shift: int = 0) -> tuple[Any, Any]:
    """Return the two columns that were put into one number each."""
    both = np.fromiter(keys, dtype=np.int64, count=len(keys))
    return frozen((both >> 32) + shift, np.int32), frozen(both & 0xFFFFFFFF, np.int32)
