"""Trace events as columns: one row a span's begin, end, or both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from perfnb.formats.chrometrace.times import NEVER, decoded, instants, nanoseconds
from perfnb.formats.source import Source
from perfnb.model.tables import Int32, Int64, UInt8

COMPLETE, BEGIN, END = range(3)
_PHASES = {"X": COMPLETE, "B": BEGIN, "E": END}
_ASYNC = {"b": BEGIN, "e": END, "S": BEGIN, "F": END}
_Id = str | int | float | None


class Event(msgspec.Struct, gc=False):
    """What is read of an event."""

    ph: str = ""
    name: str | None = None
    cat: str | None = None
    ts: float | None = None
    dur: float | None = None
    tts: float | None = None
    tdur: float | None = None
    pid: _Id = None
    tid: _Id = None
    id: _Id = None
    id2: dict[str, _Id] | None = None
    scope: _Id = None
    args: msgspec.Raw = msgspec.Raw(b"")
    sf: _Id = None
    stack: list[str] | None = None
    weight: float | None = None


class Rows(NamedTuple):
    """Begins, ends and whole spans: lane and key are rows of what `Events` has interned.

    Times are nanoseconds, of the wall's clock and of the thread's CPU clock; `NEVER` where
    they are not told.
    """

    phase: UInt8
    lane: Int32
    key: Int32
    at: Int64
    length: Int64
    cpu_at: Int64
    cpu_length: Int64

    def take(self, rows: NDArray[Any]) -> Rows:
        """Return the chosen rows."""
        return Rows(*(column[rows] for column in self))


class Interned(dict[Any, int]):
    """Numbers things in the order of their first appearance."""

    def __missing__(self, key: Any) -> int:
        row = self[key] = len(self)
        return row


class Events:
    """All that a trace's events say, gathered chunk by chunk.

    Attributes
    ----------
    lanes, async_lanes : Interned
        (pid, tid) of threads; (pid, category, id, scope) of asynchronous operations.
    keys : Interned
        (name, category, arguments), the last only where a tool tells a span's place there.
    meta : list of Event
        Names of processes and threads, times left out.
    samples : list of (Event, int)
        Events of phase P, with their times.
    ignored : Counter of str
        Phases that are no spans, and how often each was there.
    odd : Counter of str
        What was mended, in words, and how often.
    """

    def __init__(self, source: Source) -> None:
        self.lanes, self.async_lanes, self.keys = Interned(), Interned(), Interned()
        self.meta: list[Event] = []
        self.samples: list[tuple[Event, int]] = []
        self.ignored: Counter[str] = Counter()
        self.odd: Counter[str] = Counter()
        self._source = source
        self._decoder = msgspec.json.Decoder(list[Event], strict=False)
        self._spans: list[Rows] = []
        self._async: list[Rows] = []
        self._count = 0

    def add(self, chunk: bytes) -> None:
        """Take a JSON list of events."""
        events: list[Event] = self._decoded(self._decoder, chunk)
        first = self._count
        at = instants(
            self._source,
            [e.ts for e in events],
            chunk,
            lambda row: f"$.traceEvents[{first + row}].ts",
        )
        for table, rows, lane_of in (
            (_PHASES, self._spans, self._thread_of),
            (_ASYNC, self._async, self._operation_of),
        ):
            chosen = [row for row, event in enumerate(events) if event.ph in table]
            if chosen:
                rows.append(self._rows(events, at, chosen, table, lane_of))
        for row, event in enumerate(events):
            if event.ph in _PHASES or event.ph in _ASYNC:
                continue
            # A copy, as it would keep the whole chunk.
            event.args = event.args.copy()
            if event.ph == "M":
                self.meta.append(event)
            elif event.ph == "P":
                self.samples.append((event, int(at[row])))
            else:
                self.ignored[event.ph] += 1
        self._count += len(events)

    @property
    def spans(self) -> Rows:
        """The rows of threads."""
        return _joined(self._spans)

    @property
    def operations(self) -> Rows:
        """The rows of asynchronous operations."""
        return _joined(self._async)

    def _rows(
        self,
        events: list[Event],
        at: Int64,
        chosen: list[int],
        table: dict[str, int],
        lane_of: Callable[[Event], int],
    ) -> Rows:
        first = self._count
        events, at = [events[row] for row in chosen], at[chosen]
        if (at == NEVER).any():
            row = first + chosen[int(np.argmin(at))]
            raise self._source.malformed(f"$.traceEvents[{row}].ts", "a span without a time")

        def ns(field: str) -> Int64:
            return nanoseconds(
                self._source,
                [getattr(e, field) for e in events],
                lambda row: f"$.traceEvents[{first + chosen[row]}].{field}",
            )

        keys = self.keys
        phase = np.array([table[e.ph] for e in events], dtype=np.uint8)
        length = ns("dur")
        complete = phase == COMPLETE
        self._mended(length, complete & (length == NEVER), "complete events have no duration")
        self._mended(length, complete & (length < 0), "durations are negative")
        return Rows(
            phase,
            np.array([lane_of(e) for e in events], dtype=np.int32),
            np.array(
                [
                    keys[e.name or "", e.cat or "", bytes(e.args) if e.cat == "py-spy" else b""]
                    for e in events
                ],
                dtype=np.int32,
            ),
            at,
            length,
            ns("tts"),
            ns("tdur"),
        )

    def _mended(self, length: Int64, rows: NDArray[np.bool_], what: str) -> None:
        if rows.any():
            self.odd[what] += int(rows.sum())
            length[rows] = 0

    def _thread_of(self, event: Event) -> int:
        return self.lanes[event.pid, event.tid]

    def _operation_of(self, event: Event) -> int:
        id, pid = event.id, event.pid
        if event.id2 is not None:
            id = event.id2.get("local")
            if id is None:
                # Begun in one process and ended in another: it belongs to none.
                id, pid = event.id2.get("global"), None
        # Those of the older kind (S, F) do not nest: the name is part of which one it is.
        name = event.name if event.ph in "SF" else ""
        return self.async_lanes[pid, event.cat, id, event.scope, name]

    def _decoded(self, decoder: Any, chunk: bytes) -> Any:
        return decoded(self._source, decoder, chunk, self._count)


def _joined(parts: list[Rows]) -> Rows:
    if not parts:
        dtypes = np.uint8, *[np.int32] * 2, *[np.int64] * 4
        return Rows(*(np.empty(0, dtype=dtype) for dtype in dtypes))
    return Rows(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
