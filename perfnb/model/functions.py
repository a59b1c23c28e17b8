"""Self, total and samples per function."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from perfnb.model.forest import Forest
from perfnb.model.profile import Profile
from perfnb.model.tables import KINDS


def functions_table(profile: Profile) -> pl.DataFrame:
    """Return the table that `Profile.functions` describes."""
    tables = profile.tables
    functions = tables.functions
    n = len(functions)
    function = tables.frames.function[tables.stacks.frame].astype(np.int64)
    own, total, own_count, total_count = sums(profile, function, n)
    whole = profile.total
    frame = pl.DataFrame(
        {
            "name": [text(name) for name in functions.name],
            "module": [text(module) for module in functions.module],
            "file": [text(file) for file in functions.file],
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


def sums(
    profile: Profile, key: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return self, total, self samples and total samples per key.

    Parameters
    ----------
    profile : Profile
        What to add up.
    key : int64 array, shape (stacks,)
        What each row of the stacks table is counted as; what is on a stack several times counts
        once.
    size : int
        Keys run from 0 to this.
    """
    samples, forest = profile.samples, Forest(profile.tables.stacks.parent)
    rows = len(forest)
    first = _outermost(forest, key)
    columns = []
    for values in (samples.weight, 1 if samples.count is None else samples.count):
        of_row = np.zeros(rows + 1, dtype=np.int64)
        np.add.at(of_row, samples.stack, values)
        own, total = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        np.add.at(own, key, of_row[:rows])
        np.add.at(total, key[first], forest.totals(of_row[:rows])[first])
        columns += [own, total]
    return columns[0], columns[1], columns[2], columns[3]


def _outermost(forest: Forest, function: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows above which there is no row of the same function."""
    if not len(forest):
        return np.zeros(0, dtype=np.int64)
    enter, leave = forest.span
    # In depth-first order an inner row begins before the last outer one of its function ends.
    first = np.empty(len(enter), dtype=np.int64)
    first[enter] = np.arange(len(enter))
    # Numbers of 16 bits are sorted in linear time.
    narrow = np.uint16 if int(function.max()) < 1 << 16 else np.int64
    order = first[np.argsort(function[first].astype(narrow), kind="stable")]
    ends = leave[order] + (function[order] << 32)
    latest = np.maximum.accumulate(ends)
    inner = np.zeros(len(order), dtype=bool)
    inner[1:] = latest[:-1] > enter[order[1:]] + (function[order[1:]] << 32)
    return order[~inner]


def text(value: str) -> str:
    """Return what Polars can hold: a path that is not UTF-8 comes with lone surrogates."""
    return value.encode("utf-8", "replace").decode()
