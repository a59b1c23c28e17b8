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
    tables, samples = profile.tables, profile.samples
    functions, stacks = tables.functions, tables.stacks
    n, size = len(functions), len(stacks)
    weight = np.zeros(size + 1, dtype=np.int64)
    count = np.zeros(size + 1, dtype=np.int64)
    np.add.at(weight, samples.stack, samples.weight)
    np.add.at(count, samples.stack, 1 if samples.count is None else samples.count)
    function = tables.frames.function[stacks.frame].astype(np.int64)
    own, own_count, total, total_count = (np.zeros(n, dtype=np.int64) for _ in range(4))
    np.add.at(own, function, weight[:size])
    np.add.at(own_count, function, count[:size])
    forest = Forest(stacks.parent)
    # A function that is on a stack several times counts once.
    outermost = _outermost(forest, function)
    np.add.at(total, function[outermost], forest.totals(weight[:size])[outermost])
    np.add.at(total_count, function[outermost], forest.totals(count[:size])[outermost])
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


def _text(text: str) -> str:
    """Return what Polars can hold: a path that is not UTF-8 comes with lone surrogates."""
    return text.encode("utf-8", "replace").decode()
