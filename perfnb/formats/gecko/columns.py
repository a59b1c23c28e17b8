"""Columns of numbers as arrays, checked; what is wrong names its place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.formats.source import Source
from perfnb.model.tables import Int64

Numbers = list[float | None]
Floats = NDArray[np.float64]


def floats(values: Numbers | None, length: int, source: Source, where: str) -> Floats:
    """Return a column as floats, null as NaN; a column that is not there is all null."""
    if values is None:
        return np.full(length, np.nan)
    if len(values) != length:
        raise source.malformed(where, f"{len(values):,} rows, the columns beside it {length:,}")
    return np.array(values, dtype=np.float64)


def indices(
    values: Numbers | Floats | None,
    length: int,
    limit: int | NDArray[Any],
    source: Source,
    where: str,
    *,
    none: bool = False,
) -> Int64:
    """Return a column of row numbers below `limit`; null is −1, and only allowed with `none`."""
    column = values if isinstance(values, np.ndarray) else floats(values, length, source, where)
    if none:
        column = np.where(np.isnan(column), -1, column)
    # NaN compares false: nothing but a sound number passes.
    sound = (column >= (-1 if none else 0)) & (column < limit) & (column == np.floor(column))
    if not sound.all():
        row = int(np.argmin(sound))
        found = "null" if np.isnan(column[row]) else f"{column[row]:.15g}"
        rows = int(limit if isinstance(limit, int) else limit[row])
        raise source.malformed(f"{where}[{row}]", f"{found} is not a row below {rows:,}")
    return column.astype(np.int64)


def lines(values: Floats) -> Int64:
    """Return line numbers; 0 for what cannot be one."""
    return np.where((values > 0) & (values < 2**31), values, 0).astype(np.int64)


def nanoseconds(milliseconds: Floats, start: int, source: Source, where: str) -> Int64:
    """Return times in milliseconds since `start` as nanoseconds."""
    sound = np.abs(milliseconds) < 2**61 / 1e6
    if not sound.all():
        row = int(np.argmin(sound))
        raise source.malformed(f"{where}[{row}]", f"{milliseconds[row]} ms is not a time")
    return np.rint(milliseconds * 1e6).astype(np.int64) + start
