"""Self, total and samples per line of source."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from perfnb.model.forest import Forest
from perfnb.model.functions import sums, text
from perfnb.model.profile import Profile
from perfnb.model.tables import pair


def lines_table(profile: Profile) -> pl.DataFrame:
    """Return the table that `Profile.lines` describes."""
    tables = profile.tables
    functions, frames, stacks = tables.functions, tables.frames, tables.stacks
    numbers: dict[str, int] = {}
    file_of = [numbers.setdefault(file, len(numbers)) for file in functions.file]
    place = pair(np.array(file_of, dtype=np.int64)[frames.function], frames.line)
    places, of_frame = np.unique(place, return_inverse=True)
    key = of_frame[stacks.frame].astype(np.int64)
    own, total, own_count, total_count = sums(profile, key, len(places))
    line = places & 0xFFFFFFFF
    seen = np.flatnonzero((total_count > 0) & (line > 0))
    names = _names(profile, of_frame, len(places))
    files = list(numbers)
    whole = profile.total
    frame = pl.DataFrame(
        {
            "file": [text(files[one]) for one in (places[seen] >> 32).tolist()],
            "line": line[seen],
            "name": [text(", ".join(sorted(names[one]))) for one in seen.tolist()],
            "self": own[seen],
            "total": total[seen],
            "self_share": own[seen] / whole if whole else np.zeros(len(seen)),
            "total_share": total[seen] / whole if whole else np.zeros(len(seen)),
            "self_samples": own_count[seen],
            "total_samples": total_count[seen],
        },
        schema_overrides={"file": pl.String, "name": pl.String},
    )
    return frame.sort(["self", "total", "file", "line"], descending=[True, True, False, False])


def _names(profile: Profile, key: NDArray[Any], size: int) -> list[set[str]]:
    """Return for each key the names of the functions of those of its frames that were seen."""
    tables, stacks = profile.tables, profile.tables.stacks
    sampled = np.zeros(len(stacks) + 1, dtype=np.int64)
    sampled[profile.samples.stack] = 1
    seen = np.zeros(len(tables.frames), dtype=bool)
    seen[stacks.frame[Forest(stacks.parent).totals(sampled[:-1]) > 0]] = True
    names: list[set[str]] = [set() for _ in range(size)]
    function = tables.frames.function
    for one, row in zip(key[seen].tolist(), function[seen].tolist(), strict=True):
        names[one].add(tables.functions.name[row])
    return names
