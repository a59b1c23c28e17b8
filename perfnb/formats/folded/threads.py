"""The processes and threads that py-spy puts before a stack, as a column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from perfnb.formats.folded.lines import Lines
from perfnb.formats.folded.names import OsThread, Process
from perfnb.model import ProfileBuilder, Thread
from perfnb.model.tables import Int32, Int64, frozen, pair

_MOST_PARENTS = 64


def thread_column(
    builder: ProfileBuilder, lines: Lines, leads: Sequence[Process | OsThread | None]
) -> tuple[Int64, Int32]:
    """Return where each stack begins behind what leads to it, and its row of the threads.

    Parameters
    ----------
    builder : ProfileBuilder
        Gets the threads.
    lines : Lines
        The stacks.
    leads : sequence
        For each name, the process or thread that it tells.
    """
    start, end = lines.offset[:-1].copy(), lines.offset[1:]

    def step(wanted: NDArray[np.bool_], found: Int64) -> bool:
        rows = np.flatnonzero(start < end)
        rows = rows[wanted[lines.name[start[rows]]]]
        found[rows] = lines.name[start[rows]]
        start[rows] += 1
        return len(rows) > 0

    process, thread = (np.full(len(start), -1, dtype=np.int64) for _ in range(2))
    is_process, is_thread = (
        np.array([isinstance(lead, kind) for lead in leads], dtype=bool)
        for kind in (Process, OsThread)
    )
    # The parents of a process stand before it.
    for _ in range(_MOST_PARENTS):
        if not step(is_process, process):
            break
    step(is_thread, thread)
    distinct, column = np.unique(pair(process, thread + 1), return_inverse=True)
    rows = []
    for key in distinct.tolist():
        of, own = key >> 32, (key & 0xFFFFFFFF) - 1
        owner = leads[of] if of >= 0 else None
        lead = leads[own] if own >= 0 else None
        pid, command = owner if isinstance(owner, Process) else (0, "")
        tid, name = lead if isinstance(lead, OsThread) else (0, "")
        rows.append(builder.thread(Thread(pid, tid, name, command)))
    return start, frozen(np.array(rows, dtype=np.int32)[column], np.int32)
