"""Firefox Profiler's processed format: what profiler.firefox.com saves, and samply writes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perfnb.formats.gecko import meta as facts
from perfnb.formats.gecko.columns import floats, indices, nanoseconds
from perfnb.formats.gecko.processed_tables import TableReader
from perfnb.formats.gecko.recording import Part, Recording
from perfnb.formats.gecko.schema import Meta, Processed, Samples, Tables, Thread
from perfnb.formats.gecko.threads import identity
from perfnb.formats.source import Source
from perfnb.model import Profile
from perfnb.model.tables import STATES, Int64


def read_processed(source: Source) -> dict[str, Profile]:
    """Return the profiles of a file in the processed format."""
    file: Processed = source.json(Processed)
    reader = _Reader(source, file, Recording(source))
    for row, thread in enumerate(file.threads):
        if thread.perfnb is None or not thread.perfnb.made_up:
            reader.thread(thread, f"$.threads[{row}]")
    markers = any(thread.markers and thread.markers.length for thread in file.threads)
    return facts.finish(reader.recording, file.meta, source, markers)


@dataclass
class _Reader:
    source: Source
    file: Processed
    recording: Recording
    _common: Int64 | None = None

    @property
    def meta(self) -> Meta:
        return self.file.meta

    def thread(self, thread: Thread, where: str) -> None:
        stacks = self._stacks(thread, where)  # checked even where no sample has one
        named = identity(thread, thread.perfnb.host if thread.perfnb else "")
        tables = thread.samples, thread.js_allocations, thread.native_allocations
        if not any(table and table.stack for table in tables):
            self.recording.idle(named)
            return
        row = self.recording.thread(named)
        own = thread.samples or Samples()
        kind = own.weight_type or facts.SAMPLES
        if self.meta.perfnb is not None:
            kind = facts.SAMPLES  # its own unit is told there
        if kind not in facts.VALUES[:3]:
            raise self.source.malformed(f"{where}.samples.weightType", f"{kind!r} is unknown")
        if own.stack:
            part = self._part(own, row, stacks, f"{where}.samples")
            self._extras(part, thread, where)
            self.recording.add(kind, part)
            self._cpu(part, own, f"{where}.samples.threadCPUDelta")
        for name, table, path in (
            (facts.JS, thread.js_allocations, "jsAllocations"),
            (facts.NATIVE, thread.native_allocations, "nativeAllocations"),
        ):
            if table is not None and table.stack and self.meta.perfnb is None:
                part = self._part(table, row, stacks, f"{where}.{path}")
                # What was freed has a weight below 0, and the stack of who freed it.
                allocated = part.where(part.weight > 0)
                if len(allocated.stack):
                    self.recording.add(name, allocated)

    def _part(self, samples: Samples, row: int, stacks: Int64, where: str) -> Part:
        n = len(samples.stack)
        at = indices(samples.stack, n, len(stacks) - 1, self.source, f"{where}.stack", none=True)
        weight = np.ones(n)
        if samples.weight is not None:
            weight = floats(samples.weight, n, self.source, f"{where}.weight")
        return Part(row, stacks[at], weight, self._times(samples, where, n))

    def _times(self, samples: Samples, where: str, n: int) -> Int64 | None:
        if not facts.has_times(self.meta):
            return None
        if samples.time is not None:
            where, at = f"{where}.time", floats(samples.time, n, self.source, f"{where}.time")
        elif samples.time_deltas is not None:
            where = f"{where}.timeDeltas"
            with np.errstate(over="ignore"):  # what is infinite then is refused below
                at = np.cumsum(floats(samples.time_deltas, n, self.source, where))
        else:
            return None
        return nanoseconds(at, facts.clock(self.meta, self.meta), self.source, where)

    def _cpu(self, part: Part, samples: Samples, where: str) -> None:
        unit = facts.cpu_unit(self.meta)
        if samples.cpu_delta is None or unit is None or self.meta.perfnb is not None:
            return
        delta = floats(samples.cpu_delta, len(part.stack), self.source, where)
        self.recording.add_cpu(part, delta, unit)

    def _extras(self, part: Part, thread: Thread, where: str) -> None:
        """Add the columns that only perfnb writes; other tools may have cut the samples since."""
        own, n = thread.perfnb, len(part.stack)
        if own is None or self.meta.perfnb is None:
            return
        where = f"{where}.perfnb"
        if own.state is not None and len(own.state) == n:
            part.state = indices(own.state, n, len(STATES), self.source, f"{where}.state")
        if own.count is not None and len(own.count) == n:
            part.count = indices(own.count, n, 2**53, self.source, f"{where}.count")
        if own.duration is not None and len(own.duration) == n:
            duration = floats(own.duration, n, self.source, f"{where}.duration")
            part.duration = nanoseconds(duration, 0, self.source, f"{where}.duration")

    def _stacks(self, thread: Thread, where: str) -> Int64:
        shared = self.file.shared or Tables()
        if thread.stack_table is not None:
            reader = TableReader(self.source, thread, shared, where, self.meta)
            return reader.stacks(self.recording)
        if self._common is None:
            reader = TableReader(self.source, shared, shared, "$.shared", self.meta)
            self._common = reader.stacks(self.recording)
        return self._common
