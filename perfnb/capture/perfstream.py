"""The stream that ``perf record -o -`` writes: context switches of threads, as columns.

Only what kernels have written since Linux 4.3 is read: ``PERF_RECORD_SWITCH`` and what
tells of threads and of losses. See tools/perf/Documentation/perf.data-file-format.txt and
include/uapi/linux/perf_event.h of Linux.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"PERFILE2"
_LOST, _FORK, _EXIT, _SWITCH = 2, 7, 4, 14
_ATTR, _TRACING_DATA, _AUXTRACE, _COMPRESSED = 64, 66, 71, 81
_OUT, _PREEMPTED = 1 << 13, 1 << 14

# What follows every record, if it was asked for: the flag in `sample_type`, and its bytes.
_TRAILER = ((1 << 1, 8), (1 << 2, 8), (1 << 6, 8), (1 << 9, 8), (1 << 7, 8), (1 << 16, 8))
_TID, _TIME = 1 << 1, 1 << 2

IN, OUT, PREEMPTED = 0, 1, 2
"""What a switch did: the thread got a CPU, gave it up to wait, or had it taken away."""


@dataclass(frozen=True, slots=True, eq=False)
class Switches:
    """Context switches, sorted by thread and then by time.

    Attributes
    ----------
    pid, tid : int32
    time : int64
        CLOCK_MONOTONIC nanoseconds.
    what : uint8
        `IN`, `OUT` or `PREEMPTED`.
    begun, ended : dict of int to int
        When threads were started and ended, of those that were during the recording.
    lost : int
        How many records the kernel had no room for.
    """

    pid: NDArray[np.int32]
    tid: NDArray[np.int32]
    time: NDArray[np.int64]
    what: NDArray[np.uint8]
    begun: dict[int, int]
    ended: dict[int, int]
    lost: int

    def of(self, tid: int) -> slice:
        """Return the rows of one thread."""
        return slice(*np.searchsorted(self.tid, [tid, tid + 1]).tolist())


def read_switches(data: bytes) -> Switches:
    """Read a whole stream.

    Parameters
    ----------
    data : bytes
        What ``perf record --switch-events -k CLOCK_MONOTONIC -o -`` wrote. A last record
        that is cut off is left out.

    Raises
    ------
    ValueError
        If it is not such a stream.
    """
    if len(data) < 16 or data[:8] != _MAGIC:
        raise ValueError("it does not begin as perf's stream does")
    at = struct.unpack_from("<Q", data, 8)[0]
    parts: list[NDArray[np.uint8]] = []
    trailer, lost = 0, 0
    begun: dict[int, int] = {}
    ended: dict[int, int] = {}
    size_of_switch = 0
    while at + 8 <= len(data):
        kind, _misc, size = struct.unpack_from("<IHH", data, at)
        if size < 8:
            raise ValueError(f"a record of {size} bytes at byte {at}")
        if at + size > len(data):
            break
        if kind == _SWITCH:
            if not trailer:
                raise ValueError(f"a switch at byte {at} before what its columns are")
            if size != 8 + size_of_switch:
                raise ValueError(f"a switch of {size} bytes at byte {at}")
            # All that follow it without another kind of record between them.
            rows = np.frombuffer(data, np.uint8, (len(data) - at) // size * size, at)
            rows = rows.reshape(-1, size)
            parts.append(rows[: _run(rows)])
            at += size * len(parts[-1])
            continue
        if kind == _ATTR:
            trailer = struct.unpack_from("<Q", data, at + 8 + 24)[0]
            size_of_switch = sum(width for flag, width in _TRAILER if trailer & flag)
            if not (trailer & _TID and trailer & _TIME):
                raise ValueError("its records have no thread or no time")
        elif kind == _LOST:
            lost += struct.unpack_from("<QQ", data, at + 8)[1]
        elif kind in (_FORK, _EXIT):
            _pid, _ppid, tid, _ptid, time = struct.unpack_from("<4IQ", data, at + 8)
            (begun if kind == _FORK else ended)[tid] = time
        elif kind in (_TRACING_DATA, _AUXTRACE, _COMPRESSED):
            raise ValueError(f"a record of kind {kind} at byte {at}")
        at += size
    return _sorted(parts, begun, ended, lost)


def _run(rows: NDArray[np.uint8]) -> int:
    """Return how many of the rows from the first on are switches of the same size."""
    step, same = 4096, 0
    head = rows[0, [0, 1, 2, 3, 6, 7]]
    while same < len(rows):
        some = rows[same : same + step]
        other = np.flatnonzero((some[:, [0, 1, 2, 3, 6, 7]] != head).any(axis=1))
        if len(other):
            return same + int(other[0])
        same += len(some)
    return same


def _sorted(
    parts: list[NDArray[np.uint8]], begun: dict[int, int], ended: dict[int, int], lost: int
) -> Switches:
    rows = np.concatenate(parts) if parts else np.zeros((0, 24), dtype=np.uint8)
    misc = np.ascontiguousarray(rows[:, 4:6]).view("<u2").ravel()
    ids = np.ascontiguousarray(rows[:, 8:16]).view("<i4").reshape(-1, 2)
    time = np.ascontiguousarray(rows[:, 16:24]).view("<i8").ravel()
    what = np.where(misc & _OUT, np.where(misc & _PREEMPTED, PREEMPTED, OUT), IN)
    # Thread 0 is the idle task, or one that was ending.
    real = ids[:, 1] > 0
    order = np.flatnonzero(real)
    order = order[np.lexsort((time[order], ids[order, 1]))]
    return Switches(
        ids[order, 0], ids[order, 1], time[order].astype(np.int64), what[order].astype(np.uint8),
        begun, ended, lost,
    )  # fmt: skip
