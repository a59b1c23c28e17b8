"""From the samples of a `perf script` text to a profile for each event."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.errors import MalformedProfile
from perfnb.formats.perfscript.header import Header
from perfnb.formats.perfscript.lines import WHO
from perfnb.formats.perfscript.stacks import StackTexts
from perfnb.model import Profile, ProfileBuilder, Samples, Tables, Thread
from perfnb.model.tables import frozen
from perfnb.units import ValueType

_CLOCKS = ("cpu-clock", "task-clock")
_Malformed = Callable[[str, str], MalformedProfile]


class Recording:
    """Columns of samples as they come, and what the header said.

    Attributes
    ----------
    stacks : StackTexts
    header : Header
    lost : int
        Events that perf could not keep.
    """

    def __init__(self) -> None:
        self._builder = ProfileBuilder(ValueType("samples", "count"))
        self.stacks = StackTexts(self._builder)
        self.header = Header()
        self.lost = 0
        self._threads: dict[bytes, int] = {}
        self._events: dict[bytes, int] = {}
        self._digits: int | None = None
        self._stack = array("i")
        self._thread = array("i")
        self._event = array("i")
        self._period = array("q")
        self._time = array("q")

    def add(self, samples: Sequence[tuple[int, re.Match[bytes]]]) -> None:
        """Add samples: the row of the stack, and what matched one of `HEADS`.

        Raises
        ------
        OverflowError
            If a number does not fit 63 bits.
        """
        if not samples:
            return
        rows, heads = zip(*samples, strict=True)
        columns: list[Sequence[Any]] = list(zip(*[head.groups() for head in heads], strict=True))
        who, seconds, fraction, period, event, rest = columns
        if seconds[0]:
            if self._digits is None:
                self._digits = len(fraction[0])
            if {*map(len, fraction)} != {self._digits}:
                fraction = [one.ljust(9, b"0")[: self._digits] for one in fraction]
            self._time.extend(map(int, map(add, seconds, fraction)))
        if None in event:
            # Without an event's name, a number is a period.
            period = [
                tail.strip() if name is None and tail.strip().isdigit() else number
                for name, tail, number in zip(event, rest, period, strict=True)
            ]
        if None in period or b"" in period:
            period = [one or b"-1" for one in period]
        self._period.extend(map(int, period))
        events, threads = self._events, self._threads
        self._event.extend([events.setdefault(one or b"samples", len(events)) for one in event])
        self._thread.extend([threads.setdefault(one or b"", len(threads)) for one in who])
        self._stack.extend(rows)

    def profiles(self, malformed: _Malformed) -> dict[str, Profile]:
        """Return a profile for each event; the first that perf was asked for comes first."""
        if not self._stack:
            raise malformed("the end", "no sample in it")
        stacks, rows = self.stacks.tree()
        threads, thread_rows = self._merged_threads(self.header.facts.get("hostname", ""))
        interned = self._builder.tables()
        tables = Tables(interned.functions, interned.frames, stacks, threads)
        samples = Samples(
            rows[np.frombuffer(self._stack, np.int32)],
            thread_rows[np.frombuffer(self._thread, np.int32)],
            np.frombuffer(self._period, np.int64),
            self._times(malformed),
        )
        metadata = self.header.metadata(samples.time, self.lost)
        rates = self.header.rates()
        asked = list(rates)
        names = [name.decode("utf-8", "backslashreplace") for name in self._events]
        order = sorted(
            range(len(names)),
            key=lambda row: asked.index(names[row]) if names[row] in rates else len(asked),
        )
        event = np.frombuffer(self._event, np.int32)
        found = {}
        for row in order:
            name = names[row]
            value, chosen = _of_event(name, samples, np.flatnonzero(event == row), malformed)
            found[name] = Profile(
                value, tables, chosen, replace(metadata, rate_asked=rates.get(name))
            )
        return found

    def _times(self, malformed: _Malformed) -> NDArray[np.int64] | None:
        if not self._time:
            return None
        scale = 10 ** (9 - (self._digits or 0))
        time = np.frombuffer(self._time, np.int64)
        if int(time.max()) * scale >= 2**63:
            raise malformed("the whole", "a time that does not fit 63 bits of nanoseconds")
        scaled: NDArray[np.int64] = time * scale
        return scaled

    def _merged_threads(self, host: str) -> tuple[tuple[Thread, ...], NDArray[np.int32]]:
        """Return the threads, and the row of each distinct text that names one."""
        names: dict[tuple[int, int], str] = {}
        keys = []
        for who in self._threads:
            match = WHO.fullmatch(who)
            # Without a number there is one thread for all that is known.
            key = (int(match[2] or 0), int(match[3])) if match else (0, 0)
            name = (match[1] or b"" if match else who).strip().decode("utf-8", "replace")
            # A program has the name of its shell, or of perf, until it runs: the last one is its.
            names[key] = name
            keys.append(key)
        row = {key: at for at, key in enumerate(names)}
        threads = tuple(
            Thread(pid, tid, name, names.get((pid, pid), "") if pid else "", host)
            for (pid, tid), name in names.items()
        )
        return threads, np.array([row[key] for key in keys], dtype=np.int32)


def _of_event(
    name: str, samples: Samples, rows: NDArray[np.int64], malformed: _Malformed
) -> tuple[ValueType, Samples]:
    """Return the samples of one event in the order of time, and what their weights are."""
    if samples.time is not None:
        rows = rows[np.argsort(samples.time[rows], kind="stable")]
    chosen = samples.take(rows)
    counted = bool((chosen.weight >= 0).all())
    weight = chosen.weight if counted else np.where(chosen.weight < 0, 1, chosen.weight)
    if float(weight.sum(dtype=np.float64)) >= 2**63:
        raise malformed("the whole", f"the periods of {name} add up to 2⁶³ and more")
    clock = counted and name.partition(":")[0] in _CLOCKS
    return (
        ValueType(name, "ns" if clock else "count"),
        replace(chosen, weight=frozen(weight, np.int64)),
    )
