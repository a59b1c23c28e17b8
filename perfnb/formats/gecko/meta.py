"""Clock, origin and units of a Firefox Profiler file."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from perfnb.formats.gecko.recording import Recording
from perfnb.formats.gecko.schema import Meta
from perfnb.formats.source import Source
from perfnb.model import Metadata, Profile
from perfnb.model.tables import Int64
from perfnb.units import UNITS, ValueType

SAMPLES, MILLISECONDS, BYTES, CPU_TIME, CPU_CYCLES, JS, NATIVE = VALUES = (
    "samples", "tracing-ms", "bytes", "CPU time", "CPU cycles", "JS allocations",
    "native allocations",
)  # fmt: skip
"""What weights can be; the first three are the format's own names."""

_TYPES = {
    MILLISECONDS: (ValueType("wall", "ns"), 1e6),
    BYTES: (ValueType("bytes", "bytes"), 1.0),
    CPU_TIME: (ValueType("on-CPU", "ns"), 1.0),
    CPU_CYCLES: (ValueType("CPU cycles", "count"), 1.0),
    JS: (ValueType("JS allocations", "bytes"), 1.0),
    NATIVE: (ValueType("native allocations", "bytes"), 1.0),
}
FACTORS = {"ns": 1e6, "micro": 1e6, "bytes": 1.0, "count": 1.0}
"""Of one weight in a file that perfnb wrote."""
_OLDEST_WALL_MS = 1e11  # the year 1973: a smaller one is no time of day


def cpu_unit(meta: Meta) -> tuple[str, float] | None:
    """Return what `threadCPUDelta` measures and its factor; None if that is not told."""
    unit = meta.sample_units.cpu_delta if meta.sample_units else None
    known = {"ns": (CPU_TIME, 1.0), "µs": (CPU_TIME, 1e3), "variable CPU cycles": (CPU_CYCLES, 1.0)}
    return known.get(unit or "")


def has_times(meta: Meta) -> bool:
    """Return whether the column of times holds times."""
    if meta.perfnb is not None:
        return meta.perfnb.times
    return meta.sample_units is None or meta.sample_units.time != "bytes"


def clock(meta: Meta, root: Meta) -> int:
    """Return the monotonic time, in nanoseconds, from which a process counts its own.

    0 is as good as any where the file does not tell it; the processes of one file still
    have to agree, and their times of day say how.
    """
    told = meta.monotonic_start
    if told is not None:
        return int(told) if abs(told) < 2**61 else 0
    if meta is root:
        return 0
    after = ((meta.wall or 0) - (root.wall or 0)) * 1e6
    return clock(root, root) + (round(after) if abs(after) < 2**61 else 0)


def finish(recording: Recording, meta: Meta, source: Source, markers: bool) -> dict[str, Profile]:
    """Return the profiles of a file, its threads all added; `markers`: whether it has some."""
    notes = []
    if markers:
        notes.append("the markers of the file are not read")
    if meta.symbolicated is False:
        notes.append("compiled code is addresses: the file was saved before they had names")
    metadata = _metadata(recording, meta, tuple(notes))
    return recording.profiles(_values(recording, meta, source), metadata)


def _values(recording: Recording, meta: Meta, source: Source) -> dict[str, Any]:
    names = [name for name in VALUES if name in recording.parts] or [SAMPLES]
    mark = meta.perfnb
    if mark is not None:
        if mark.unit not in UNITS:
            raise source.malformed("$.meta.perfnb.unit", f"{mark.unit!r} is not one of {UNITS}")
        return {names[0]: (ValueType(mark.kind, mark.unit), FACTORS[mark.unit])}
    whole = all(
        (part.weight == np.floor(part.weight)).all() for part in recording.parts.get(SAMPLES, ())
    )
    samples = ValueType("samples", "count" if whole else "micro"), 1.0 if whole else 1e6
    return {name: _TYPES.get(name, samples) for name in names}


def _metadata(recording: Recording, meta: Meta, notes: tuple[str, ...]) -> Metadata:
    base = clock(meta, meta)
    times = [
        part.time for parts in recording.parts.values() for part in parts if part.time is not None
    ]
    start, end = (
        base + round(at * 1e6) if at is not None and abs(at) < 2**61 / 1e6 else None
        for at in (meta.profiling_start_time, meta.profiling_end_time)
    )
    wall = meta.wall if meta.wall and _OLDEST_WALL_MS <= meta.wall < 1e14 else None
    interval = meta.interval if meta.perfnb is None or meta.perfnb.rate else None
    if start is not None:
        wall = wall and wall + (meta.profiling_start_time or 0)
    elif times and base == 0 and wall is None and _counts_from(meta, times):
        start = round((meta.wall or 0) * 1e6)
        interval = None  # gecko.py says 1 ms whatever perf was asked for
    elif times and meta.perfnb is None:
        start = base
    product = meta.product or ""
    firefox = product == "Firefox" or (not product and meta.update_channel is not None)
    version = re.search(r"rv:([\d.]{1,20})", meta.misc or "") if firefox else None
    # samply, like perfnb, calls the product what was profiled.
    own = bool(meta.source_code_is_not_on_searchfox)
    title = product if own and product != "perfnb" else ""
    facts = {
        "product": "" if title else product,
        "oscpu": meta.oscpu,
        "abi": meta.abi,
        "CPUName": meta.cpu_name,
        "physicalCPUs": int(meta.physical_cpus or 0),
        "logicalCPUs": int(meta.logical_cpus or 0),
    }
    return Metadata(
        title=title,
        backend=meta.imported_from or ("Firefox" if firefox else ""),
        backend_version=version[1] if version else "",
        start_monotonic_ns=start,
        end_monotonic_ns=end,
        start_wall=None if wall is None else wall / 1000,
        rate_asked=1000 / interval if interval and 1e-9 < interval < 1e9 else None,
        summed=meta.perfnb is not None and meta.perfnb.summed,
        notes=notes,
        extra={key: value for key, value in facts.items() if value},
    )


def _counts_from(meta: Meta, times: list[Int64]) -> bool:
    """Return whether `startTime` is on the clock of the samples, as perf's gecko.py has it."""
    start = (meta.wall or 0) * 1e6
    return 0 < start < 2**61 and all(bool((time >= start - 1e3).all()) for time in times)
