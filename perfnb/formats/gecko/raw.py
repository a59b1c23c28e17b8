"""Firefox's own format: what a Firefox that is being profiled writes, and perf's gecko.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from perfnb.formats.gecko import meta as facts
from perfnb.formats.gecko.columns import floats, indices, lines, nanoseconds
from perfnb.formats.gecko.kinds import category_kinds, function_kind
from perfnb.formats.gecko.locations import Libraries, location
from perfnb.formats.gecko.recording import Part, Recording
from perfnb.formats.gecko.schema import AnyRows, NumberRows, RawProcess, RawThread
from perfnb.formats.gecko.threads import identity
from perfnb.formats.source import Source
from perfnb.model import Profile
from perfnb.model.tables import Int64

_Cells = list[float | None]


def read_raw(source: Source) -> dict[str, Profile]:
    """Return the profiles of a file in the raw format."""
    file: RawProcess = source.json(RawProcess)
    recording = Recording(source)
    markers = False
    waiting = [("$", file)]
    while waiting:
        where, process = waiting.pop()
        reader = _Reader(source, file, process, recording, Libraries(process.libs))
        for row, thread in enumerate(process.threads):
            reader.thread(thread, f"{where}.threads[{row}]")
            markers |= bool(thread.markers and thread.markers.data)
        below = enumerate(process.processes or ())
        waiting += reversed([(f"{where}.processes[{row}]", one) for row, one in below])
    return facts.finish(recording, file.meta, source, markers)


@dataclass
class _Reader:
    source: Source
    file: RawProcess
    process: RawProcess
    recording: Recording
    libraries: Libraries

    def thread(self, thread: RawThread, where: str) -> None:
        stacks = self._stacks(thread, where)  # checked even where no sample has one
        path = f"{where}.samples"
        n = len(thread.samples.data)
        if not n:
            self.recording.idle(identity(thread))
            return
        row = self.recording.thread(identity(thread))
        stack = self._numbers(thread.samples, "stack", path)
        at = indices(stack, n, len(stacks) - 1, self.source, f"{path}.stack", none=True)
        time = None
        if "time" in thread.samples.schema and facts.has_times(self.file.meta):
            time = nanoseconds(
                floats(self._numbers(thread.samples, "time", path), n, self.source, path),
                facts.clock(self.process.meta, self.file.meta),
                self.source,
                f"{path}.time",
            )
        part = Part(row, stacks[at], np.ones(n), time)
        self.recording.add(facts.SAMPLES, part)
        # Only the first process of a file is sure to tell it.
        unit = facts.cpu_unit(self.process.meta) or facts.cpu_unit(self.file.meta)
        if unit is not None:
            delta = floats(
                self._numbers(thread.samples, "threadCPUDelta", path), n, self.source, path
            )
            self.recording.add_cpu(part, delta, unit)

    def _numbers(self, table: NumberRows, name: str, where: str) -> _Cells:
        found: _Cells = self._column(table, name, where)
        return found

    def _column(self, table: NumberRows | AnyRows, name: str, where: str) -> list[Any]:
        """Return a column; a row may end before it."""
        at = table.schema.get(name)
        if at is None:
            return [None] * len(table.data)
        if not 0 <= at < 100:
            raise self.source.malformed(f"{where}.schema.{name}", f"{at:.15g} is no column")
        cell = int(at)
        return [row[cell] if len(row) > cell else None for row in table.data]

    def _stacks(self, thread: RawThread, where: str) -> Int64:
        table = thread.stack_table
        n = len(table.data)
        frames = self._frames(thread, where)
        path = f"{where}.stackTable"
        frame = self._numbers(table, "frame", path)
        at = indices(frame, n, len(frames), self.source, f"{path}.frame")
        # Those above must come before: that rules out circles.
        prefix = self._numbers(table, "prefix", path)
        parent = indices(prefix, n, np.arange(n), self.source, f"{path}.prefix", none=True)
        return self.recording.stacks(parent, frames[at])

    def _frames(self, thread: RawThread, where: str) -> Int64:
        table = thread.frame_table
        n = len(table.data)
        path = f"{where}.frameTable"

        def column(name: str) -> _Cells:
            found = self._column(table, name, path)
            for row, cell in enumerate(found):
                if not isinstance(cell, int | float | None) or abs(cell or 0) > 1e300:
                    raise self.source.malformed(f"{path}.{name}[{row}]", "not a number")
            return found

        strings = thread.string_table
        text = indices(column("location"), n, len(strings), self.source, f"{path}.location")
        used, which = np.unique(text, return_inverse=True)
        places = [location(strings[row], self.libraries) for row in used.tolist()]
        functions = [place[:3] for place in places]
        begins = np.array([place[3] for place in places], dtype=np.float64)[which]
        line = floats(column("line"), n, self.source, path)
        line = np.where(np.isnan(line), begins, line)
        kinds = category_kinds(self.process.meta.categories or self.file.meta.categories)
        # A category that is not there says as little as one that is not told.
        category = floats(column("category"), n, self.source, path)
        category = np.where((category >= 0) & (category < len(kinds)), category, -1)
        kind = np.append(kinds, -1)[category.astype(np.int64)]
        own = np.array([function_kind(*one) for one in functions], dtype=np.int64)[which]
        kind = np.where(kind >= 0, kind, own)
        return self.recording.frames(functions, which, kind, lines(line))
