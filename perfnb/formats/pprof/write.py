"""Writing pprof's protobuf."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isfinite
from typing import Any, BinaryIO, ClassVar

import numpy as np

from perfnb.formats.pprof.labels import joined
from perfnb.formats.pprof.schema import message_type
from perfnb.formats.pprof.values import WRITTEN
from perfnb.model import Label, Metadata, Profile, Tables
from perfnb.model.tables import pair

_INT64 = range(-(2**63), 2**63)


class PprofExporter:
    """Writes what ``go tool pprof`` and all that read profile.proto open.

    Samples of one stack, thread and set of labels are one; each profile is a value of it.
    The thread is labels of the sample: "pid", "thread_id", "thread", "process", "host".
    """

    carries: ClassVar[frozenset[str]] = frozenset(
        {
            "file",
            "module",
            "line",
            "thread",
            "thread name",
            "process name",
            "host",
            "labels",
            "value",
            "several",
        }
    )

    def write(self, profiles: Mapping[str, Profile], out: BinaryIO) -> None:
        """Write profiles of one recording, compressed, as the format's own rules want it."""
        file = _File()
        every = list(profiles.values())
        for profile in every:
            file.value_type(profile.value.kind, WRITTEN[profile.value.unit])
        if every:
            file.default(every[0].value.kind)
            file.metadata(every[0].metadata, every[0])
        for tables in {id(profile.tables): profile.tables for profile in every}.values():
            file.samples(tables, [p if p.tables is tables else None for p in every])
        with gzip.GzipFile("", "wb", 4, out, mtime=0) as packed:
            packed.write(file.message.SerializeToString())


class _File:
    """A file in the making: every string, function, mapping and location is in it once."""

    def __init__(self) -> None:
        self.message: Any = message_type("Profile")()
        self._rows: dict[str, dict[Any, int]] = {}
        self.text("")

    def text(self, text: str) -> int:
        """Return the index of a string."""
        # Other readers refuse what is not UTF-8; a lone surrogate is not.
        row, new = self._row("string", data := text.encode("utf-8", "replace"))
        if new:
            self.message.string_table.append(data)
        return row - 1

    def told(self, text: str) -> int:
        """Return the index of a string that is told even if it is empty: 0 means that none is."""
        if text:
            return self.text(text)
        row, new = self._row("string", None)
        if new:
            self.message.string_table.append(b"")
        return row - 1

    def value_type(self, kind: str, unit: str) -> None:
        """Add a value type."""
        self.message.sample_type.append(self._typed(kind, unit))

    def default(self, kind: str) -> None:
        """Choose the value type that is shown first."""
        self.message.default_sample_type = self.told(kind)

    def metadata(self, metadata: Metadata, profile: Profile) -> None:
        """Add what the format has fields for."""
        message, extra = self.message, metadata.extra
        if metadata.start_wall is not None and isfinite(metadata.start_wall):
            # A product of floats would be hundreds of nanoseconds off.
            message.time_nanos = _fitting(Fraction(metadata.start_wall) * 10**9)
        start, end = metadata.start_monotonic_ns, metadata.end_monotonic_ns
        if start is not None and end is not None:
            message.duration_nanos = _fitting(max(end - start, 0))
        if isinstance(extra.get("period"), int):
            message.period = _fitting(extra["period"])
            period_type = str(extra.get("period_type", "")), str(extra.get("period_unit", ""))
            message.period_type = self._typed(*period_type)
        elif metadata.rate_asked:
            message.period = _fitting(1e9 / metadata.rate_asked)
            message.period_type = self._typed(profile.value.kind, "nanoseconds")
        message.comment.extend(self.text(note) for note in metadata.notes)
        if isinstance(extra.get("doc_url"), str):
            message.doc_url = self.text(extra["doc_url"])

    def samples(self, tables: Tables, profiles: Sequence[Profile | None]) -> None:
        """Add the samples of the profiles that have these tables."""
        location = self._locations(tables)
        parent, frame = tables.stacks.parent.tolist(), tables.stacks.frame.tolist()
        has = [
            (column, profile.samples)
            for column, profile in enumerate(profiles)
            if profile is not None
        ]
        stack = np.concatenate([s.stack for _, s in has])
        thread = np.concatenate([s.thread for _, s in has])
        label = np.concatenate(
            [np.full(len(s), -1, np.int32) if s.label is None else s.label for _, s in has]
        )
        who, who_row = np.unique(pair(thread, label + 1), return_inverse=True)
        key, row = np.unique(pair(stack, who_row), return_inverse=True)
        values = np.zeros((len(key), len(profiles)), dtype=np.int64)
        begin = 0
        for column, samples in has:
            end = begin + len(samples)
            np.add.at(values[:, column], row[begin:end], samples.weight)
            begin = end
        labels = [self._labels(tables, one >> 32, (one & 0xFFFFFFFF) - 1) for one in who.tolist()]
        make = message_type("Sample")
        told = values.any(axis=1)
        for one, value in zip(key[told].tolist(), values[told].tolist(), strict=True):
            path, at = [], one >> 32
            while at >= 0:
                path.append(location[frame[at]])
                at = parent[at]
            sample = make(location_id=path, value=value, label=labels[one & 0xFFFFFFFF])
            self.message.sample.append(sample.SerializeToString())

    def _locations(self, tables: Tables) -> list[int]:
        """Return the id of the location of each frame."""
        functions, frames = tables.functions, tables.frames
        rows = zip(functions.name, functions.file, functions.module, strict=True)
        known = [(self._function(name, file), self._mapping(module)) for name, file, module in rows]
        return [
            self._location(known[function], line)
            for function, line in zip(frames.function.tolist(), frames.line.tolist(), strict=True)
        ]

    def _function(self, name: str, file: str) -> int:
        key = self.text(name), self.text(file)
        row, new = self._row("function", key)
        if new:
            made = message_type("Function")(
                id=row, name=key[0], system_name=key[0], filename=key[1]
            )
            self.message.function.append(made.SerializeToString())
        return row

    def _mapping(self, module: str) -> int:
        if not module:
            return 0
        row, new = self._row("mapping", index := self.text(module))
        if new:
            # All is told: nobody needs to look into the binary for more.
            told = {"has_functions": True, "has_filenames": True, "has_line_numbers": True}
            made = message_type("Mapping")(id=row, filename=index, **told)
            self.message.mapping.append(made.SerializeToString())
        return row

    def _location(self, place: tuple[int, int], line: int) -> int:
        row, new = self._row("location", (*place, line))
        function, mapping = place
        if new:
            one = message_type("Line")(function_id=function, line=line).SerializeToString()
            made = message_type("Location")(id=row, mapping_id=mapping, line=[one])
            self.message.location.append(made.SerializeToString())
        return row

    def _labels(self, tables: Tables, thread: int, label: int) -> list[bytes]:
        own = tables.labels[label] if label >= 0 else ()
        return [self._label(one) for one in joined(tables.threads[thread], own)]

    def _label(self, label: Label) -> bytes:
        made = message_type("Label")(key=self.text(label.key))
        if isinstance(label.value, int) and label.value in _INT64:
            made.num, made.num_unit = label.value, self.text(label.unit)
        else:
            made.str = self.told(str(label.value))
        data: bytes = made.SerializeToString()
        return data

    def _typed(self, kind: str, unit: str) -> bytes:
        made = message_type("ValueType")(type=self.text(kind), unit=self.text(unit))
        data: bytes = made.SerializeToString()
        return data

    def _row(self, table: str, key: Any) -> tuple[int, bool]:
        """Return the number of a row, from 1 on, and whether it is new."""
        rows = self._rows.setdefault(table, {})
        size = len(rows)
        row = rows.setdefault(key, size + 1)
        return row, row > size


def _fitting(number: float | Fraction) -> int:
    """Return a number as the format's int64; 0, which is none, for one that does not fit."""
    return round(number) if -(2**63) < number < 2**63 - 1024 else 0
