"""Self, total and samples per function."""

from __future__ import annotations

import numpy as np
import polars as pl

from perfnb.model.profile import Profile
from perfnb.model.tables import KINDS


def functions_table(profile: Profile) -> pl.DataFrame:
    """Return the table that `Profile.functions` describes."""
    tables, samples = profile.tables, profile.samples
    functions, stacks = tables.functions, tables.stacks
    n, size = len(functions), len(stacks)
    weight = np.zeros(size + 1, dtype=np.int64)
    count = np.zeros(size + 1, dtype=np.int64)
    np.add.at(weight, samples.stack, samples.weight)
    np.add.at(count, samples.stack, 1)
    function = tables.frames.function[stacks.frame].astype(np.int64)
    own, own_count, total, total_count = (np.zeros(n, dtype=np.int64) for _ in range(4))
    leaves = np.flatnonzero(count[:size])
    np.add.at(own, function[leaves], weight[leaves])
    np.add.at(own_count, function[leaves], count[leaves])
    pairs = []
    here = leaves
    row = leaves
    while len(here):
        pairs.append((row << 32) | function[here])
        here = stacks.parent[here].astype(np.int64)
        row, here = row[here >= 0], here[here >= 0]
    if pairs:
        # A function that is on a stack several times counts once.
        distinct = np.unique(np.concatenate(pairs))
        row, name = distinct >> 32, distinct & 0xFFFFFFFF
        np.add.at(total, name, weight[row])
        np.add.at(total_count, name, count[row])
    whole = profile.total
    frame = pl.DataFrame(
        {
            "name": [_text(name) for name in functions.name],
            "module": [_text(module) for module in functions.module],
            "file": [_text(file) for file in functions.file],
            "kind": [KINDS[kind] for kind in functions.kind],
            "self": own,
            "total": total,
            "self_share": own / whole if whole else np.zeros(n),
            "total_share": total / whole if whole else np.zeros(n),
            "self_samples": own_count,
            "total_samples": total_count,
        },
        schema_overrides={
            "name": pl.String,
            "module": pl.String,
            "file": pl.String,
            "kind": pl.String,
        },
    )
    seen = frame.filter(pl.col("total_samples") > 0)
    return seen.sort(["self", "total", "name"], descending=[True, True, False])


def _text(text: str) -> str:
    """Return what Polars can hold: a path that is not UTF-8 comes with lone surrogates."""
    return text.encode("utf-8", "replace").decode()
