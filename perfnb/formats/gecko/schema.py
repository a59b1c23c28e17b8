"""What perfnb reads of Firefox Profiler's two formats; all else in them is skipped unread.

Numbers are read as floats: the tables hold milliseconds, ``null`` and −1 in any mix, and a
column of floats becomes an array, ``null`` as NaN, in one step.
"""

from __future__ import annotations

from typing import Any

import msgspec

Numbers = list[float | None]
"""A column of numbers."""


class _Struct(msgspec.Struct, rename="camel"):
    """A JSON object whose keys are in camelCase."""


class Category(_Struct):
    """What frames are sorted into, and coloured by."""

    name: str = ""


class SampleUnits(_Struct):
    """Of columns of the samples."""

    time: str | None = None
    cpu_delta: str | None = msgspec.field(default=None, name="threadCPUDelta")


class Mark(_Struct):
    """What perfnb's own exporter says of a file: see `perfnb.formats.gecko.write`."""

    kind: str
    unit: str
    times: bool
    rate: bool
    summed: bool = False


class Meta(_Struct):
    """About the whole recording, or one process of it; times are in milliseconds."""

    preprocessed_profile_version: float | None = None
    interval: float | None = None
    wall: float | None = msgspec.field(default=None, name="startTime")
    monotonic_start: float | None = msgspec.field(
        default=None, name="startTimeAsClockMonotonicNanosecondsSinceBoot"
    )
    profiling_start_time: float | None = None
    profiling_end_time: float | None = None
    categories: list[Category] | None = None
    sample_units: SampleUnits | None = None
    product: str | None = None
    imported_from: str | None = None
    misc: str | None = None
    symbolicated: bool | None = None
    update_channel: str | None = None
    source_code_is_not_on_searchfox: bool | None = None
    oscpu: str | None = None
    abi: str | None = None
    cpu_name: str | None = msgspec.field(default=None, name="CPUName")
    physical_cpus: float | None = msgspec.field(default=None, name="physicalCPUs")
    logical_cpus: float | None = msgspec.field(default=None, name="logicalCPUs")
    perfnb: Mark | None = None


class StackTable(_Struct):
    """A prefix tree; since version 66 with the distance to the parent."""

    frame: Numbers = []
    prefix: Numbers | None = None
    prefix_offset: Numbers | None = None


class FrameTable(_Struct):
    """Places in functions."""

    func: Numbers = []
    category: Numbers | None = None
    line: Numbers | None = None


class FuncTable(_Struct):
    """Functions; `file_name` until version 57, then `source`."""

    name: Numbers = []
    resource: Numbers | None = None
    file_name: Numbers | None = None
    source: Numbers | None = None
    line_number: Numbers | None = None


class ResourceTable(_Struct):
    """Libraries, sites and add-ons."""

    name: Numbers = []
    type: Numbers | None = None


class Sources(_Struct):
    """Source files."""

    filename: Numbers = []


class Tables(_Struct):
    """What samples refer to: of each thread, or since version 56 and 60 of all together."""

    stack_table: StackTable | None = None
    frame_table: FrameTable | None = None
    func_table: FuncTable | None = None
    resource_table: ResourceTable | None = None
    sources: Sources | None = None
    string_array: list[str] | None = None
    string_table: list[str] | None = None


class Samples(_Struct):
    """Samples of a thread, or its allocations."""

    stack: Numbers = []
    time: Numbers | None = None
    time_deltas: Numbers | None = None
    weight: Numbers | None = None
    weight_type: str | None = None
    cpu_delta: Numbers | None = msgspec.field(default=None, name="threadCPUDelta")


class Markers(_Struct):
    """Only whether there are any."""

    length: float | None = None


class OwnColumns(_Struct):
    """What perfnb's own exporter says of a thread beyond the format."""

    host: str = ""
    made_up: bool = False
    state: Numbers | None = None
    duration: Numbers | None = None
    count: Numbers | None = None


class Thread(Tables):
    """One thread of the processed format."""

    name: str | None = None
    process_name: str | None = None
    pid: float | str | None = None
    tid: float | str | None = None
    samples: Samples | None = None
    js_allocations: Samples | None = None
    native_allocations: Samples | None = None
    markers: Markers | None = None
    perfnb: OwnColumns | None = None


class Processed(_Struct):
    """A file of the processed format."""

    meta: Meta
    threads: list[Thread]
    shared: Tables | None = None


class NumberRows(_Struct):
    """A table of the raw format that holds only numbers; rows may lack their last cells."""

    schema: dict[str, float] = {}
    data: list[Numbers] = []


class AnyRows(_Struct):
    """A table of the raw format with cells of any kind."""

    schema: dict[str, float] = {}
    data: list[list[Any]] = []


class Uncounted(_Struct):
    """Rows nobody looks into."""

    data: list[msgspec.Raw] = []


class Library(_Struct):
    """Where a library lay in memory."""

    start: float | None = None
    end: float | None = None
    name: str | None = None


class RawThread(_Struct):
    """One thread of the raw format."""

    name: str | None = None
    process_name: str | None = None
    pid: float | str | None = None
    tid: float | str | None = None
    samples: NumberRows = msgspec.field(default_factory=NumberRows)
    stack_table: NumberRows = msgspec.field(default_factory=NumberRows)
    frame_table: AnyRows = msgspec.field(default_factory=AnyRows)
    string_table: list[str] = []
    markers: Uncounted | None = None


class RawProcess(_Struct):
    """A file of the raw format, or one of the processes in it."""

    meta: Meta
    threads: list[RawThread]
    libs: list[Library] | None = None
    processes: list[RawProcess] | None = None


class OnlyMeta(_Struct):
    """Which of the two formats it is."""

    meta: Meta
    threads: list[msgspec.Raw]
