"""Samples in a trace, those of the format and perfnb's own, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from perfnb.formats.chrometrace.around import Id, StackFrame
from perfnb.formats.chrometrace.events import Event, Interned
from perfnb.formats.chrometrace.times import NEVER, decoded, instants
from perfnb.formats.source import Source
from perfnb.model import KINDS, ProfileBuilder
from perfnb.model.tables import Int32, Int64


class Sample(msgspec.Struct, gc=False):
    """One sample of the value called `name`; `thread` and below are perfnb's."""

    name: str = "samples"
    pid: Id | None = None
    tid: Id | None = None
    ts: float | None = None
    sf: Id | None = None
    weight: int | float = 1
    thread: int = -1
    dur: int | None = None
    state: int | None = None
    label: int | None = None
    count: int | None = None


class SampleRows(NamedTuple):
    """Samples as columns: name, stack and who are rows of what `SampleColumns` has interned."""

    name: Int64
    stack: Int64
    who: Int64
    weight: Int64
    time: Int64
    thread: Int64
    duration: Int64
    state: Int64
    label: Int64
    counted: Int64


class SampleColumns:
    """All samples of a trace, gathered chunk by chunk.

    Attributes
    ----------
    names, who : Interned
        What the samples are called; their (pid, tid).
    stacks : Interned
        A stack frame's id, a tuple of names, or None.
    """

    def __init__(self, source: Source) -> None:
        self.names, self.stacks, self.who = Interned(), Interned(), Interned()
        self._source = source
        self._decoder = msgspec.json.Decoder(list[Sample], strict=False)
        self._parts: list[SampleRows] = []

    def add(self, chunk: bytes) -> None:
        """Take a JSON list of samples."""
        samples: list[Sample] = decoded(self._source, self._decoder, chunk)
        if not samples:
            return
        names, stacks, who = self.names, self.stacks, self.who
        self._parts.append(
            SampleRows(
                np.array([names[s.name] for s in samples]),
                np.array([stacks[None if s.sf is None else str(s.sf)] for s in samples]),
                np.array([who[s.pid, s.tid] for s in samples]),
                self._whole("weight", [s.weight for s in samples]),
                instants(self._source, [s.ts for s in samples], chunk, lambda _: "$.samples"),
                self._whole("thread", [s.thread for s in samples]),
                self._whole("dur", [s.dur for s in samples]),
                self._whole("state", [s.state for s in samples]),
                self._whole("label", [s.label for s in samples]),
                self._whole("count", [s.count for s in samples]),
            )
        )

    def add_events(self, events: list[tuple[Event, int]]) -> None:
        """Take the samples that stand between a trace's events."""
        found = [
            (event, at) for event, at in events if event.sf is not None or event.stack is not None
        ]
        if not found:
            return
        stacks = [e.stack if e.sf is None else str(e.sf) for e, _ in found]
        none = np.full(len(found), NEVER, dtype=np.int64)
        weights = [1 if e.weight is None else e.weight for e, _ in found]
        self._parts.append(
            SampleRows(
                np.array([self.names[e.name or "samples"] for e, _ in found]),
                np.array([self.stacks[tuple(s) if isinstance(s, list) else s] for s in stacks]),
                np.array([self.who[e.pid, e.tid] for e, _ in found]),
                self._whole("weight", weights),
                np.array([at for _, at in found], dtype=np.int64),
                *[none] * 5,
            )
        )

    def rows(self) -> SampleRows:
        """Return all samples, and forget them."""
        parts, self._parts = self._parts, []
        if not parts:
            return SampleRows(*[np.empty(0, dtype=np.int64)] * len(SampleRows._fields))
        return SampleRows(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def stack_rows(self, frames: dict[str, StackFrame], builder: ProfileBuilder) -> Int32:
        """Return the builder's stack of each row of `stacks`.

        Raises
        ------
        MalformedProfile
            If one is not among `frames`, or these go round in a circle.
        """
        known = stacks_of(self._source, frames, builder)
        found = np.full(len(self.stacks), -1, dtype=np.int32)
        for stack, row in self.stacks.items():
            if isinstance(stack, tuple):
                found[row] = builder.stack(builder.frame(name, kind="native") for name in stack)
            elif stack is not None and stack not in known:
                raise self._source.malformed("$.samples", f"there is no stack frame {stack!r}")
            elif stack is not None:
                found[row] = known[stack]
        return found

    def _whole(self, field: str, values: Sequence[float | None]) -> NDArray[np.int64]:
        missing = values.count(None)
        if missing == len(values):
            return np.full(len(values), NEVER, dtype=np.int64)
        found = np.array(values)
        if not missing and found.dtype == np.int64:
            return found
        try:
            whole = [NEVER if value is None else round(value) for value in values]
            return np.array(whole, dtype=np.int64)
        except (OverflowError, ValueError) as error:
            raise self._source.malformed(f"$.samples[…].{field}", str(error)) from error


def stacks_of(
    source: Source, frames: dict[str, StackFrame], builder: ProfileBuilder
) -> dict[str, int]:
    """Return the builder's stack for each of a trace's stack frames.

    Raises
    ------
    MalformedProfile
        If one lies above itself, or below one that is not there.
    """
    stacks: dict[str, int] = {}
    for first in frames:
        path: dict[str, StackFrame] = {}
        here: Any = first
        while here is not None and here not in stacks:
            if here in path:
                raise source.malformed(f"$.stackFrames[{here!r}]", "lies above itself")
            if here not in frames:
                below = next(reversed(path))
                raise source.malformed(f"$.stackFrames[{below!r}]", f"has no parent {here!r}")
            path[here] = frames[here]
            parent = frames[here].parent
            here = None if parent is None else str(parent)
        stack = -1 if here is None else stacks[here]
        for one, frame in reversed(path.items()):
            stack = stacks[one] = builder.push(stack, _frame(frame, builder))
    return stacks


def _frame(frame: StackFrame, builder: ProfileBuilder) -> int:
    line = frame.line if 0 <= frame.line < 2**31 else 0
    kind = frame.kind if frame.kind in KINDS else "native"
    return builder.frame(frame.name, frame.file, line, frame.category, kind)
