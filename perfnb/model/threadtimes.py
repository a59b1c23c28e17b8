"""How each thread spent its time: on a CPU, waiting for one, or waiting for something else."""

from __future__ import annotations

from typing import Final

import polars as pl

from perfnb.model.profile import Profile

COLUMNS: Final = {
    "name": pl.String,
    "pid": pl.Int64,
    "tid": pl.Int64,
    "wall_ns": pl.Int64,
    "cpu_ns": pl.Int64,
    "runqueue_ns": pl.Int64,
    "blocked_ns": pl.Int64,
    "stopped_ns": pl.Int64,
    "voluntary": pl.Int64,
    "involuntary": pl.Int64,
}
"""What ``metadata.extra["threads"]`` tells of each thread; null where it was not measured."""


def thread_times(profile: Profile) -> pl.DataFrame:
    """Return a row for each thread of which that is known; see `Profile.thread_times`."""
    rows = profile.metadata.extra.get("threads", ())
    return pl.DataFrame([{name: row.get(name) for name in COLUMNS} for row in rows], COLUMNS)
