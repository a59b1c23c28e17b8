"""Packing a profile's tables for the browser: one gzipped block of columns.

Layout, little endian: uint32 length of the header | header, UTF-8 JSON | padding to
8 bytes | columns, each starting at a multiple of 8. The header names the columns,
their types and offsets, and holds strings, threads, what was measured of these, the value type and
source texts.
Times are relative to the first instant, so that they fit a float64 exactly.
"""

from __future__ import annotations

import gzip
import json
import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.model import KINDS, STATES, Profile
from perfnb.transform.mine import mine as mine_of
from perfnb.views.words import noun_of

VERSION = 1
_DTYPES = {"u1": np.uint8, "i4": np.int32, "f8": np.float64}


def pack(
    profile: Profile,
    *,
    mine: NDArray[np.bool_] | None = None,
    sources: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the tables of `profile` as the browser's `decode` reads them.

    Parameters
    ----------
    profile : Profile
        What to pack.
    mine : bool array, optional
        Which functions are the user's own; by default what `perfnb.transform.mine.mine` says,
        which needs the files' whole paths.
    sources : mapping, optional
        Source texts by the names that files have in `profile`; see `perfnb.views.sources`.
    """
    tables, samples = profile.tables, profile.samples
    hidden = tables.stacks.hidden
    strings: dict[str, int] = {}

    def intern(texts: tuple[str, ...]) -> list[int]:
        return [strings.setdefault(text, len(strings)) for text in texts]

    columns: list[tuple[str, str, Any]] = [
        ("functions.name", "i4", intern(tables.functions.name)),
        ("functions.file", "i4", intern(tables.functions.file)),
        ("functions.module", "i4", intern(tables.functions.module)),
        ("functions.kind", "u1", tables.functions.kind),
        ("functions.mine", "u1", mine_of(profile) if mine is None else mine),
        ("frames.function", "i4", tables.frames.function),
        ("frames.line", "i4", tables.frames.line),
        ("stacks.parent", "i4", tables.stacks.parent),
        ("stacks.frame", "i4", tables.stacks.frame),
        *([] if hidden is None else [("stacks.hidden", "i4", hidden)]),
        ("samples.stack", "i4", samples.stack),
        ("samples.thread", "i4", samples.thread),
        ("samples.weight", "f8", samples.weight),
    ]
    if samples.time is not None:
        columns.append(("samples.time", "f8", samples.time - (_start(profile) or 0)))
    if samples.duration is not None:
        columns.append(("samples.duration", "f8", samples.duration))
    if samples.state is not None:
        columns.append(("samples.state", "u1", samples.state))
    if samples.count is not None:
        columns.append(("samples.count", "f8", samples.count))
    body = bytearray()
    places = {}
    for name, dtype, values in columns:
        array = np.asarray(values, dtype=_DTYPES[dtype])
        body += b"\0" * (-len(body) % 8)
        places[name] = {"dtype": dtype, "offset": len(body), "length": len(array)}
        body += array.astype(array.dtype.newbyteorder("<")).tobytes()
    header = json.dumps(
        {
            "version": VERSION,
            "value": {"kind": profile.value.kind, "unit": profile.value.unit},
            "strings": list(strings),
            "threads": [
                {"host": t.host, "pid": t.pid, "tid": t.tid, "name": t.name, "process": t.process}
                for t in profile.threads
            ],
            "thread_times": _thread_times(profile),
            "kinds": KINDS,
            "states": STATES,
            "meta": {
                "summed": profile.sample_count is None,
                "end": _end(profile),
                "period": _period(profile),
                "noun": noun_of(profile),
            },
            "sources": {} if sources is None else dict(sources),
            "columns": places,
        },
        separators=(",", ":"),
    ).encode("utf-8", "replace")
    head = struct.pack("<I", len(header)) + header
    head += b"\0" * (-len(head) % 8)
    # A large one is waited for: 5 % more bytes in half the time.
    level = 6 if len(body) < 1 << 20 else 4
    # mtime fixed: the same profile packs to the same bytes.
    return gzip.compress(head + bytes(body), compresslevel=level, mtime=0)


def _thread_times(profile: Profile) -> list[dict[str, Any]]:
    """Return what was measured of each thread: of the whole recording, whatever is filtered."""
    rows = profile.metadata.extra.get("threads", ())
    return [
        {
            "name": str(row.get("name") or ""),
            **{key: _number(row.get(key)) for key in _THREAD_TIMES},
        }
        for row in (rows if isinstance(rows, list | tuple) else ())
        if isinstance(row, Mapping)
    ]


_THREAD_TIMES = (
    "pid", "tid", "wall_ns", "cpu_ns", "runqueue_ns", "blocked_ns", "stopped_ns", "voluntary",
    "involuntary",
)  # fmt: skip


def _number(value: Any) -> int | None:
    """Return a number as JSON can have it; None for what was not measured."""
    known = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return round(float(value)) if known and math.isfinite(value) else None


def _start(profile: Profile) -> int | None:
    """Return the instant that times are relative to."""
    start, time = profile.metadata.start_monotonic_ns, profile.samples.time
    return int(time[0]) if start is None and time is not None and len(time) else start


def _end(profile: Profile) -> int | None:
    """Return how long after the start the recording ended, in nanoseconds, if that is known."""
    start, end = _start(profile), profile.metadata.end_monotonic_ns
    return None if start is None or end is None or end < start else end - start


def _period(profile: Profile) -> int | None:
    """Return the nanoseconds from one sampling instant to the next, if there were any."""
    rate = profile.metadata.rate_achieved or profile.metadata.rate_asked
    return round(1e9 / rate) if rate and rate > 0 and math.isfinite(rate) else None
