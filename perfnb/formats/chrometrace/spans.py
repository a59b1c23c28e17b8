"""Spans that lie within one another, told as the time each path had for itself."""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfnb.formats.chrometrace.events import BEGIN, COMPLETE, Rows
from perfnb.formats.chrometrace.times import NEVER
from perfnb.model.tables import Int32, Int64, Stacks, frozen

_BLOCK = 1 << 16
_ROUNDING = 2000
_SPLIT = "spans reach out of the one they begin in: what lies outside is drawn beside it"
_CUT = "spans reach out of the one they begin in: cut off there"


class Spans(NamedTuple):
    """Whole spans; `cpu_at` and `cpu_end` are on the thread's CPU clock, or `NEVER`."""

    lane: Int32
    key: Int32
    at: Int64
    end: Int64
    cpu_at: Int64
    cpu_end: Int64

    def take(self, rows: NDArray[Any]) -> Spans:
        """Return the chosen rows."""
        return Spans(*(column[rows] for column in self))


class SelfTimes(NamedTuple):
    """Uninterrupted stretches of time at the top of one stack each, in order of lanes."""

    stack: Int32
    lane: Int32
    at: Int64
    length: Int64
    cpu: Int64


def whole(rows: Rows, names: list[str], odd: Counter[str]) -> Spans:
    """Return the spans of begins and ends, and those that were whole already.

    Parameters
    ----------
    rows : Rows
        As the file has them.
    names : list of str
        Of each key.
    odd : Counter of str
        Told of ends without a beginning, and of beginnings without an end: these last to the
        end of the trace.
    """
    complete = rows.phase == COMPLETE
    ready = rows.take(complete)
    cpu = (ready.cpu_at != NEVER) & (ready.cpu_length != NEVER)
    spans = Spans(
        ready.lane,
        ready.key,
        ready.at,
        ready.at + ready.length,
        np.where(cpu, ready.cpu_at, NEVER),
        np.where(cpu, ready.cpu_at + np.maximum(ready.cpu_length, 0), NEVER),
    )
    if complete.all():
        return spans
    last = max(int(rows.at.max()), int(spans.end.max(initial=NEVER)))
    matched = _matched(rows.take(~complete), names, last, odd)
    both: Any = zip(matched, spans, strict=True)
    return Spans(*(np.concatenate(columns) for columns in both))


def _matched(rows: Rows, names: list[str], last: int, odd: Counter[str]) -> Spans:
    rows = rows.take(np.lexsort((rows.at, rows.lane)))
    begins, ends = array("q"), array("q")
    waiting: list[int] = []
    called: list[str] = []
    count: Counter[str] = Counter()
    lane = -1
    columns = rows.phase, rows.lane, rows.key
    for row, (phase, here, key) in enumerate(_in_blocks(*columns)):
        if here != lane:
            _leave(waiting, called, begins, ends, odd)
            count.clear()
            lane = here
        name = names[key]
        if phase == BEGIN:
            waiting.append(row)
            called.append(name)
            count[name] += 1
            continue
        if not waiting or (name and not count[name]):
            odd["ends have no beginning: left out"] += 1
            continue
        # What began within it and has no end of its own ends here too.
        while True:
            top = called.pop()
            count[top] -= 1
            begins.append(waiting.pop())
            ends.append(row)
            if not name or top == name:
                break
            odd["beginnings have no end: they end with what they lie in"] += 1
    _leave(waiting, called, begins, ends, odd)
    begin, end = np.array(begins, dtype=np.int64), np.array(ends, dtype=np.int64)
    # In the order of their beginnings, which says what lies in what.
    order = np.argsort(begin)
    begin, end = begin[order], end[order]
    open_ = end < 0
    return Spans(
        rows.lane[begin],
        rows.key[begin],
        rows.at[begin],
        np.where(open_, last, rows.at[end]),
        rows.cpu_at[begin],
        np.where(open_, NEVER, rows.cpu_at[end]),
    )


def _leave(
    waiting: list[int], called: list[str], begins: Any, ends: Any, odd: Counter[str]
) -> None:
    if waiting:
        odd["beginnings have no end: they last to the end of the trace"] += len(waiting)
    begins.extend(waiting)
    ends.extend([-1] * len(waiting))
    waiting.clear()
    called.clear()


def self_times(spans: Spans, frame: Int32, odd: Counter[str]) -> tuple[Stacks, SelfTimes]:
    """Return what each span has for itself, less the spans within it.

    Parameters
    ----------
    spans : Spans
        In any order; of two that begin and end together, the first is the outer one.
    frame : int32 array
        Row of the frames table for each span.
    odd : Counter of str
        Told of spans that reach out of the one they begin in: the rest stands beside that
        one, or is cut off where it is no more than rounding.
    """
    order = np.lexsort((_ties(spans), -spans.end, spans.at, spans.lane))
    spans, frame = spans.take(order), frame[order]
    sweep = _Sweep(len(order), odd)
    for lane, *span in _in_blocks(
        spans.lane, frame, spans.at, spans.end, spans.cpu_at, spans.cpu_end
    ):
        if lane != sweep.lane:
            sweep.finish()
            sweep.lane = lane
        if sweep.rest:
            sweep.place_rest((span[1], -span[2]))
        sweep.place(*span)
    sweep.finish()
    return sweep.tree(), SelfTimes(
        np.array(sweep.stack, dtype=np.int32),
        np.array(sweep.lanes, dtype=np.int32),
        np.array(sweep.at, dtype=np.int64),
        np.array(sweep.length, dtype=np.int64),
        np.array(sweep.cpu, dtype=np.int64),
    )


class _Sweep:
    """Goes through the spans of lane after lane, in the order of their beginnings."""

    def __init__(self, count: int, odd: Counter[str]) -> None:
        self.lane = -1
        self.stack, self.lanes, self.at, self.length, self.cpu = (array("q") for _ in range(5))
        self.rest: list[tuple[int, int, int, int, int, int]] = []
        self._count, self._odd = count, odd
        self._splits = 0
        self._known: dict[int, int] = {}
        self._open: list[tuple[int, int, int]] = []
        self._now = self._cpu_now = 0

    def place(self, frame: int, begin: int, end: int, cpu_begin: int, cpu_end: int) -> None:
        """Begin a span; those that are over end."""
        opened = self._open
        while opened and opened[-1][1] <= begin:
            self._close()
        above = 0
        if opened:
            self._until(begin, cpu_begin)
            above, outer, cpu_outer = opened[-1]
            if end > outer:
                # As many as there are spans: a staircase of them has the square.
                if end - outer > _ROUNDING and self._splits < self._count:
                    self._splits += 1
                    self._odd[_SPLIT] += 1
                    rest = outer, -end, self._splits, frame, cpu_outer, cpu_end
                    heapq.heappush(self.rest, rest)
                else:
                    self._odd[_CUT] += 1
                end, cpu_end = outer, min(cpu_end, cpu_outer)
        self._now, self._cpu_now = begin, cpu_begin
        row = self._known.setdefault((above << 32) | frame, len(self._known) + 1)
        opened.append((row, end, cpu_end))

    def place_rest(self, before: tuple[int, int]) -> None:
        """Begin what is left of spans that were split, up to a beginning and end."""
        while self.rest and self.rest[0][:2] <= before:
            begin, end, _, frame, cpu_begin, cpu_end = heapq.heappop(self.rest)
            self.place(frame, begin, -end, cpu_begin, cpu_end)

    def finish(self) -> None:
        """End all spans of a lane."""
        self.place_rest((2**63, 0))
        while self._open:
            self._close()

    def tree(self) -> Stacks:
        """Return the stacks of all lanes."""
        pairs = np.array(list(self._known), dtype=np.int64)
        return Stacks(frozen((pairs >> 32) - 1, np.int32), frozen(pairs & 0xFFFFFFFF, np.int32))

    def _close(self) -> None:
        _, end, cpu_end = self._open[-1]
        self._until(end, cpu_end)
        self._open.pop()

    def _until(self, then: int, cpu_then: int) -> None:
        if then > self._now:
            self.stack.append(self._open[-1][0] - 1)
            self.lanes.append(self.lane)
            self.at.append(self._now)
            self.length.append(then - self._now)
            self.cpu.append(cpu_then - self._cpu_now)
            self._now = then
        self._cpu_now = cpu_then


def _ties(spans: Spans) -> Int64:
    """Return the order in which equal spans lie in one another, outer first."""
    order = np.arange(len(spans.lane))
    if len(order) < 2:
        return order
    grouped = np.argsort(spans.lane, kind="stable")
    lane, at, end = spans.lane[grouped], spans.at[grouped], spans.end[grouped]
    same = lane[1:] == lane[:-1]
    # Spans told when they end stand in the order of their ends, the inner ones first.
    late = np.zeros(int(lane.max()) + 1, dtype=bool)
    late[lane[1:][same & (at[1:] < at[:-1])]] = True
    late[lane[1:][same & (end[1:] < end[:-1])]] = False
    return np.where(late[spans.lane], -order, order)


def packed(spans: Spans) -> Int32:
    """Return for each span a lane such that none of its lane's other operations overlap.

    `spans.lane` tells operations apart; these keep together.
    """
    count = int(spans.lane.max(initial=-1)) + 1
    first = np.full(count, 2**62, dtype=np.int64)
    last = np.full(count, -(2**62), dtype=np.int64)
    np.minimum.at(first, spans.lane, spans.at)
    np.maximum.at(last, spans.lane, spans.end)
    lane = np.zeros(count, dtype=np.int32)
    free: list[tuple[int, int]] = []
    for row in np.argsort(first, kind="stable").tolist():
        if free and free[0][0] <= first[row]:
            lane[row] = heapq.heapreplace(free, (int(last[row]), free[0][1]))[1]
        else:
            lane[row] = len(free)
            heapq.heappush(free, (int(last[row]), len(free)))
    return lane[spans.lane]


def _in_blocks(*columns: NDArray[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield rows as Python numbers, without making all of them at once."""
    for begin in range(0, len(columns[0]), _BLOCK):
        yield from zip(*(c[begin : begin + _BLOCK].tolist() for c in columns), strict=True)
