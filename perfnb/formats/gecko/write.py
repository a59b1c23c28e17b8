"""Writing the processed format, of a version that keeps the tables of all threads together.

What the format has no place for, perfnb puts beside under its own key ``perfnb``: other tools
leave that alone. `Mark` and `OwnColumns` in `schema` tell what is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, ClassVar

import numpy as np
from numpy.typing import NDArray

from perfnb.formats.gecko.tables import clean, or_null, shared_tables
from perfnb.model import Profile, Thread
from perfnb.model.tables import KINDS, Int32, Int64

_VERSION = 60
_RAW_VERSION = 31  # of the raw format at that time
_COLORS = {
    "python": "yellow",
    "native": "blue",
    "kernel": "orange",
    "gpu": "green",
    "wait": "purple",
    # The first grey one is what frames without a category have.
    "synthetic": "grey",
}
_WEIGHTS = {
    "ns": ("tracing-ms", 1e6),
    "bytes": ("bytes", 1),
    "count": ("samples", 1),
    "micro": ("samples", 1e6),
}


class GeckoExporter:
    """Writes what profiler.firefox.com opens.

    The format wants a time for each sample. A profile without times has its samples one
    interval after the other there, says so, and has no times when it is read again.
    """

    carries: ClassVar[frozenset[str]] = frozenset(
        {
            "file", "module", "kind", "line", "thread", "thread name", "process name", "host",
            "time", "duration", "state", "samples", "value",
        }
    )  # fmt: skip

    def write(self, profiles: Mapping[str, Profile], out: BinaryIO) -> None:
        """Write the one profile."""
        import msgspec

        (profile,) = profiles.values()
        shared, stack_row = shared_tables(profile)
        document = {
            "meta": _meta(profile),
            "libs": [],
            "shared": shared,
            "threads": _threads(profile, stack_row[profile.samples.stack]),
        }
        out.write(msgspec.json.encode(document))


def _meta(profile: Profile) -> dict[str, Any]:
    metadata, times = profile.metadata, profile.samples.time is not None
    meta: dict[str, Any] = {
        "interval": _interval(profile),
        "startTime": (metadata.start_wall or 0) * 1000,
        "processType": 0,
        "product": clean(metadata.title) or "perfnb",
        "importedFrom": clean(metadata.backend) or "perfnb",
        "stackwalk": 0,
        "version": _RAW_VERSION,
        "preprocessedProfileVersion": _VERSION,
        "categories": [
            {"name": _CATEGORIES[kind], "color": _COLORS[kind], "subcategories": ["Other"]}
            for kind in KINDS
        ],
        "markerSchema": [],
        "symbolicated": True,
        "symbolicationNotSupported": True,
        "usesOnlyOneStackType": True,
        "sourceCodeIsNotOnSearchfox": True,
        "perfnb": {
            "kind": clean(profile.value.kind),
            "unit": profile.value.unit,
            "times": times,
            "rate": metadata.rate_asked is not None,
            "summed": metadata.summed,
        },
    }
    if metadata.start_monotonic_ns is not None:
        meta["startTimeAsClockMonotonicNanosecondsSinceBoot"] = metadata.start_monotonic_ns
        meta["profilingStartTime"] = 0
        if metadata.end_monotonic_ns is not None:
            length = metadata.end_monotonic_ns - metadata.start_monotonic_ns
            meta["profilingEndTime"] = length / 1e6
    if not times:
        told = "none: the samples stand one interval after the other"
        entry = {"label": "Times", "format": "string", "value": told}
        meta["extra"] = [{"label": "perfnb", "entries": [entry]}]
    return meta


def _interval(profile: Profile) -> float:
    rate = profile.metadata.rate_asked
    return 1000 / rate if rate else 1.0


_CATEGORIES = {kind: "GPU" if kind == "gpu" else kind.capitalize() for kind in KINDS}


def _threads(profile: Profile, stack: Int32) -> list[dict[str, Any]]:
    samples = profile.samples
    order = np.argsort(samples.thread, kind="stable")
    rows = np.arange(max(len(profile.threads), 1) + 1)
    ends = np.searchsorted(samples.thread[order], rows)
    time = samples.time
    # Times count from the start of the recording where that is known.
    start = profile.metadata.start_monotonic_ns or 0
    each = _interval(profile)
    ms = np.arange(len(samples)) * each if time is None else np.true_divide(time - start, 1e6)
    # The page opens no file without a thread.
    threads = profile.threads or (Thread(0, 0),)
    written = [
        _thread(thread, profile, order[ends[row] : ends[row + 1]], stack, ms)
        for row, thread in enumerate(threads)
    ]
    if not profile.threads:
        written[0]["perfnb"] = {"madeUp": True}
    return written


def _thread(
    thread: Thread, profile: Profile, rows: Int64, stack: Int32, ms: NDArray[Any]
) -> dict[str, Any]:
    samples = profile.samples
    weight_type, per_weight = _WEIGHTS[profile.value.unit]
    weight = samples.weight[rows]
    weights = (weight if per_weight == 1 else weight / per_weight).tolist()
    ones = weight_type == "samples" and weights.count(1) == len(rows)
    own: dict[str, Any] = {"host": clean(thread.host)} if thread.host else {}
    if samples.state is not None:
        own["state"] = samples.state[rows].tolist()
    if samples.count is not None:
        own["count"] = samples.count[rows].tolist()
    if samples.duration is not None:
        own["duration"] = (samples.duration[rows] / 1e6).tolist()
    return {
        "processType": "default",
        "processStartupTime": 0,
        "processShutdownTime": None,
        "registerTime": 0,
        "unregisterTime": None,
        "pausedRanges": [],
        "name": clean(thread.name),
        "processName": clean(thread.process),
        "isMainThread": thread.pid == thread.tid,
        "pid": str(thread.pid),
        # Numbers are JavaScript's there: above 2⁵³ they are rounded.
        "tid": thread.tid if abs(thread.tid) < 2**53 else str(thread.tid),
        "samples": {
            "stack": or_null(stack[rows]),
            "time": ms[rows].tolist(),
            "weight": None if ones else weights,
            "weightType": weight_type,
            "length": len(rows),
        },
        "markers": {
            "data": [], "name": [], "startTime": [], "endTime": [], "phase": [], "category": [],
            "length": 0,
        },
        **({"perfnb": own} if own else {}),
    }  # fmt: skip
