"""From the columns of a trace's samples to profiles."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from perfnb.formats.chrometrace.around import Own, StackFrame, Value
from perfnb.formats.chrometrace.samples import SampleColumns
from perfnb.formats.chrometrace.threads import Threads
from perfnb.formats.chrometrace.times import NEVER, addable
from perfnb.formats.source import Source
from perfnb.model import Label, Metadata, Profile, ProfileBuilder, Thread
from perfnb.model.tables import Int64, Samples, frozen
from perfnb.units import UNITS, ValueType


def read_own(
    source: Source, own: Own, frames: dict[str, StackFrame], samples: SampleColumns
) -> dict[str, Profile]:
    """Return what perfnb wrote, exactly.

    Raises
    ------
    MalformedProfile
        If samples, stacks, threads and values do not fit together.
    """
    if not own.values:
        raise source.malformed("$.otherData.perfnb.values", "empty")
    builder = ProfileBuilder(ValueType("samples", "count"))
    stack_row = samples.stack_rows(frames, builder)
    thread_rows, label_rows = [], []
    for table in own.tables:
        thread_rows.append(
            [builder.thread(Thread(t.pid, t.tid, t.name, t.process, t.host)) for t in table.threads]
        )
        label_rows.append(
            [builder.labels(Label(*label) for label in labels) for labels in table.labels]
        )
    tables = builder.tables()
    rows = samples.rows()

    def looked_up(rows_: list[int], values: Int64, what: str) -> NDArray[np.int32]:
        if len(values) and (values.min() < 0 or values.max() >= len(rows_)):
            raise source.malformed("$.samples", f"there is no such {what}")
        return frozen(np.array(rows_, dtype=np.int32)[values], np.int32)

    def profile(value: Value) -> Profile:
        if not 0 <= value.table < len(own.tables):
            raise source.malformed("$.otherData.perfnb.values", f"no table {value.table}")
        if value.unit not in UNITS:
            raise source.malformed("$.otherData.perfnb.values", f"no unit {value.unit!r}")
        chosen = rows.name == samples.names.get(value.name, -1)
        mine = rows if chosen.all() else type(rows)(*(column[chosen] for column in rows))
        label = optional(source, mine.label, np.int64)
        if label is not None:
            label = looked_up(
                [*label_rows[value.table], -1],
                np.where(label < 0, len(label_rows[value.table]), label),
                "set of labels",
            )
        return Profile(
            ValueType(value.kind, value.unit),
            tables,
            Samples(
                frozen(stack_row[mine.stack], np.int32),
                looked_up(thread_rows[value.table], mine.thread, "thread"),
                frozen(mine.weight, np.int64),
                optional(source, mine.time, np.int64) if value.timed else None,
                optional(source, mine.duration, np.int64),
                optional(source, np.where(mine.state == NEVER, NEVER, mine.state & 0xFF), np.uint8),
                label,
                optional(source, mine.counted, np.int64),
            ),
            _metadata(source, value.metadata),
        )

    return {value.name: profile(value) for value in own.values}


def optional(source: Source, values: Int64, dtype: Any) -> NDArray[Any] | None:
    """Return a column that all samples have, or none."""
    missing = values == NEVER
    if missing.all():
        return None
    if missing.any():
        what = "only some samples tell their time, duration, state, labels or count"
        raise source.malformed("$.samples", what)
    return frozen(values, dtype)


def _metadata(source: Source, told: dict[str, Any]) -> Metadata:
    known = {field.name for field in fields(Metadata)}
    try:
        return msgspec.convert({name: told[name] for name in known & told.keys()}, Metadata)
    except msgspec.ValidationError as error:
        raise source.malformed("$.otherData.perfnb.values", str(error)) from error


def read_samples(
    source: Source, frames: dict[str, StackFrame], samples: SampleColumns, threads: Threads
) -> dict[str, Profile]:
    """Return the samples that other tools wrote, a profile for each name of theirs."""
    builder = ProfileBuilder(ValueType("samples", "count"))
    stack_row = samples.stack_rows(frames, builder)
    thread_row = np.array([builder.thread(threads.of(*who)) for who in samples.who], dtype=np.int32)
    tables = builder.tables()
    rows = samples.rows()
    found = {}
    for name, number in samples.names.items():
        chosen = np.flatnonzero(rows.name == number)
        if not addable(rows.weight[chosen]):
            raise source.malformed("$.samples", "weights too large to be added up")
        order = chosen[np.argsort(rows.time[chosen], kind="stable")]
        found[name] = Profile(
            ValueType(name, "count"),
            tables,
            Samples(
                frozen(stack_row[rows.stack[order]], np.int32),
                frozen(thread_row[rows.who[order]], np.int32),
                frozen(rows.weight[order], np.int64),
                optional(source, rows.time[order], np.int64),
            ),
        )
    return found
