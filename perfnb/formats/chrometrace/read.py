"""From a trace's columns to profiles."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from perfnb.formats.chrometrace.around import Around, Own
from perfnb.formats.chrometrace.events import Events, Interned
from perfnb.formats.chrometrace.names import PROCESS, THREAD, Place, tool_of
from perfnb.formats.chrometrace.sampled import read_own, read_samples
from perfnb.formats.chrometrace.samples import SampleColumns
from perfnb.formats.chrometrace.spans import SelfTimes, Spans, packed, self_times, whole
from perfnb.formats.chrometrace.stream import EventStream
from perfnb.formats.chrometrace.threads import Threads
from perfnb.formats.chrometrace.times import NEVER, addable, decoded
from perfnb.formats.chrometrace.v8 import read_v8
from perfnb.formats.source import Source
from perfnb.model import Metadata, Profile, ProfileBuilder, Thread
from perfnb.model.tables import Int32, Int64, Samples, Stacks, Tables, frozen
from perfnb.units import ValueType

_WALL, _CPU = ValueType("wall", "ns"), ValueType("on-CPU", "ns")
_OF_SPANS = ("wall", "CPU", "async")
_PHASES = {
    "i": "instants", "I": "instants", "R": "marks", "C": "counters", "s": "flows", "t": "flows",
    "f": "flows", "n": "instants of operations", "T": "steps of operations",
    "p": "steps of operations", "N": "objects", "O": "objects", "D": "objects", "v": "memory dumps",
    "V": "memory dumps", "c": "clocks",
}  # fmt: skip


def read(source: Source) -> dict[str, Profile]:
    """Return the profiles of a trace; see `ChromeTraceImporter`."""
    stream = EventStream(source)
    events, samples = Events(source), SampleColumns(source)
    decoder = msgspec.json.Decoder(Around, strict=False)
    for key, chunk in stream.chunks():
        if key == "samples":
            samples.add(chunk)
        elif not _is_own(stream.around):
            events.add(chunk)
    around: Around = decoded(source, decoder, stream.around)
    own = _own(source, around.other_data)
    if own is not None:
        return read_own(source, own, around.stack_frames, samples)
    return _Reading(source, stream, events, samples, around).profiles()


def _is_own(begun: bytearray) -> bool:
    """Return whether perfnb wrote what begins so: its samples tell more than its events."""
    return begun.startswith(b'{"displayTimeUnit":"ns","otherData":{"perfnb":{')


def _own(source: Source, other: Any) -> Own | None:
    if not isinstance(other, dict) or "perfnb" not in other:
        return None
    try:
        return msgspec.convert(other["perfnb"], Own)
    except msgspec.ValidationError as error:
        raise source.malformed("$.otherData.perfnb", str(error)) from error


class _Reading:
    """One trace on its way."""

    def __init__(
        self,
        source: Source,
        stream: EventStream,
        events: Events,
        samples: SampleColumns,
        around: Around,
    ) -> None:
        self.source, self.stream, self.events, self.around = source, stream, events, around
        self.samples = samples
        self.odd = events.odd
        self.notes: list[str] = []
        self.keys = list(events.keys)
        self.names = [name for name, _, _ in self.keys]
        self.tool = tool_of(around, {category for _, category, _ in self.keys})
        self.threads = Threads(source, events.meta)
        self.builder = ProfileBuilder(_WALL)

    def profiles(self) -> dict[str, Profile]:
        frames = self._frames()
        found: dict[str, Profile] = {}
        spans = whole(self.events.spans, self.names, self.odd)
        if len(spans.lane):
            found |= self._of_threads(spans, frames)
        operations = whole(self.events.operations, self.names, self.odd)
        if len(operations.lane):
            found["async"] = self._of_operations(operations, frames)
        inline = self.events.samples
        found |= read_v8(self.source, inline, self.threads)
        self.samples.add_events(inline)
        found |= read_samples(self.source, self.around.stack_frames, self.samples, self.threads)
        if not found:
            found["wall"] = self.builder.build()
        metadata = self._metadata(found)
        sampled = replace(metadata, traced=False, summed=False)
        return {
            name: replace(one, metadata=metadata if name in _OF_SPANS else sampled)
            for name, one in found.items()
        }

    def _frames(self) -> NDArray[np.int32]:
        """Return the frame of each key; −1 for what is no function."""
        frames = np.full(len(self.keys), -1, dtype=np.int32)
        for row, key in enumerate(self.keys):
            if place := self._place(key):
                frames[row] = self.builder.frame(
                    place.name, place.file, place.line, kind=place.kind
                )
        return frames

    def _place(self, key: tuple[str, str, bytes]) -> Place | None:
        try:
            return self.tool.place(*key)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self.source.malformed(f"the arguments of {key[0]!r}", str(error)) from error

    def _of_threads(self, spans: Spans, frames: Int32) -> dict[str, Profile]:
        spans, table = self._on_threads(spans, frames)
        told = (spans.cpu_at != NEVER) & (spans.cpu_end != NEVER)
        if not told.any():
            return {"wall": self._times(_WALL, spans, frames, table)}
        if told.all():
            stacks, times = self_times(spans, frames[spans.key], self.odd)
            wall = self._profile(_WALL, table, stacks, times, times.length)
            return {"wall": wall, "CPU": self._profile(_CPU, table, stacks, times, times.cpu)}
        # Where some do not tell, it is as if these had not been there.
        self.notes.append(f"CPU time is known of {told.sum():,} of {len(told):,} spans")
        return {
            "wall": self._times(_WALL, spans, frames, table),
            "CPU": self._times(_CPU, spans.take(told), frames, table),
        }

    def _times(self, value: ValueType, spans: Spans, frames: Int32, table: list[Thread]) -> Profile:
        if value != _CPU:
            none = np.zeros(len(spans.at), dtype=np.int64)
            spans = spans._replace(cpu_at=none, cpu_end=none)
        # What is odd about these spans was told with their wall time.
        odd: Counter[str] = Counter() if value == _CPU else self.odd
        stacks, times = self_times(spans, frames[spans.key], odd)
        weight = times.cpu if value == _CPU else times.length
        return self._profile(value, table, stacks, times, weight)

    def _on_threads(self, spans: Spans, frames: Int32) -> tuple[Spans, list[Thread]]:
        """Return the spans with rows of threads for lanes, and the threads."""
        found = [self.threads.of(*key) for key in self.events.lanes]
        no_function = frames[spans.key] < 0
        if self.tool.name == "py-spy":
            self._named_by_pyspy(spans, found, no_function)
        spans = spans.take(~no_function)
        table: list[Thread] = []
        rows: dict[tuple[int, int], int] = {}
        row_of = np.zeros(len(found), dtype=np.int32)
        for lane in np.unique(spans.lane).tolist():
            thread = found[lane]
            row = rows.setdefault((thread.pid, thread.tid), len(table))
            if row == len(table):
                table.append(thread)
            row_of[lane] = row
        return spans._replace(lane=row_of[spans.lane]), table

    def _named_by_pyspy(self, spans: Spans, found: list[Thread], no_function: Any) -> None:
        """Take py-spy's outermost frames, which stand for threads and processes, for names."""
        pairs = zip(spans.lane[no_function].tolist(), spans.key[no_function].tolist(), strict=True)
        for lane, key in dict.fromkeys(pairs):
            if thread := THREAD.fullmatch(self.names[key]):
                tid = _integer(thread[1], found[lane].tid)
                found[lane] = replace(found[lane], tid=tid, name=thread[2] or "")
            process = PROCESS.fullmatch(self.names[key])
            # Above a child's own stand the processes that it comes from.
            if process and int(process[1]) == found[lane].pid:
                found[lane] = replace(found[lane], process=process[2] or "")

    def _of_operations(self, spans: Spans, frames: Int32) -> Profile:
        """Return the profile of what is no thread's, as few lanes as hold it side by side."""
        groups = Interned()
        of = np.array(
            [
                groups[self.threads.number(pid), category or "operations"]
                for pid, category, *_ in self.events.async_lanes
            ],
            dtype=np.int32,
        )[spans.lane]
        order = np.argsort(of, kind="stable")
        bounds = np.searchsorted(of[order], np.arange(len(groups) + 1))
        lane = np.zeros(len(spans.lane), dtype=np.int32)
        table: list[Thread] = []
        for number, (pid, category) in enumerate(groups):
            rows = order[bounds[number] : bounds[number + 1]]
            below = packed(spans.take(rows))
            lane[rows] = below + len(table)
            table += [
                self.threads.lane(pid, f"{category} {place + 1}")
                for place in range(int(below.max(initial=-1)) + 1)
            ]
        return self._times(ValueType("async", "ns"), spans._replace(lane=lane), frames, table)

    def _profile(
        self, value: ValueType, table: list[Thread], stacks: Stacks, times: SelfTimes, weight: Int64
    ) -> Profile:
        if not addable(weight):
            raise self.source.malformed("$.traceEvents", "times too far apart to be added up")
        rows = np.argsort(times.at, kind="stable")
        rows = rows[weight[rows] > 0]
        base = self.builder.tables()
        tables = Tables(base.functions, base.frames, stacks, tuple(table))
        samples = Samples(
            frozen(times.stack[rows], np.int32),
            frozen(times.lane[rows], np.int32),
            frozen(weight[rows], np.int64),
            frozen(times.at[rows], np.int64),
            frozen(times.length[rows], np.int64),
        )
        return Profile(value, tables, samples)

    def _metadata(self, found: dict[str, Profile]) -> Metadata:
        around = self.around
        start, end = _bounds(found)
        ignored: Counter[str] = Counter()
        for phase, count in self.events.ignored.items():
            ignored[_PHASES.get(phase, f"events of phase {phase[:9]!r}")] += count
        if ignored:
            counts = ", ".join(f"{count:,} {what}" for what, count in ignored.most_common(8))
            self.notes.append(f"left out, as they are no spans: {counts}")
        if around.system_trace_events is not None:
            self.notes.append("left out: the system's own trace")
        self.notes += [f"{count:,} {what}" for what, count in self.odd.items()]
        viztracer = around.viztracer
        truncated = []
        if not self.stream.closed:
            truncated.append("the list of events has no end: its writer may have been stopped")
        if viztracer is not None and viztracer.overflow:
            truncated.append("viztracer's buffer was full: the first events are lost")
        return Metadata(
            backend=self.tool.name,
            backend_version=viztracer.version if viztracer is not None else "",
            start_monotonic_ns=start,
            end_monotonic_ns=end,
            start_wall=self._wall(start),
            # py-spy samples, and writes equal stacks one after the other as one span.
            traced=self.tool.name != "py-spy",
            summed=self.tool.name == "py-spy",
            truncated="; ".join(truncated),
            notes=tuple(self.notes),
        )

    def _wall(self, start: int | None) -> float | None:
        base = self.around.base_time_nanoseconds
        if base is None and self.around.viztracer is not None:
            base = self.around.viztracer.base_time_nanoseconds
        return None if base is None or start is None else (base + start) / 1e9


def _bounds(found: dict[str, Profile]) -> tuple[int | None, int | None]:
    """Return the first and the last time that any sample tells."""
    starts, ends = [], []
    for one in found.values():
        time, length = one.samples.time, one.samples.duration
        if time is not None and len(time):
            starts.append(int(time[0]))
            ends.append(int((time if length is None else time + length).max()))
    return min(starts, default=None), max(ends, default=None)


def _integer(text: str, otherwise: int) -> int:
    try:
        return int(text, 0)
    except ValueError:
        return otherwise
