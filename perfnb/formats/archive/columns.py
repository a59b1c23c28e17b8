"""Checked columns of a Parquet table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from perfnb.errors import MalformedProfile
from perfnb.formats.archive.write import RAW
from perfnb.formats.source import Source
from perfnb.formats.unpack import SMALL
from perfnb.model.tables import Int32, Int64, frozen

_FINE = (pl.String, pl.Binary, pl.Boolean)


class Columns:
    """The columns of one table that are known; any others are ignored.

    Parameters
    ----------
    source : Source
        What errors name.
    name : str
        The member of the archive.
    frame : polars.LazyFrame or None
        Its content; None for an empty table.
    known : sequence of str
        The columns to read.
    """

    def __init__(
        self, source: Source, name: str, frame: pl.LazyFrame | None, known: Sequence[str]
    ) -> None:
        self._source = source
        self._member = name
        self._frame = pl.DataFrame()
        if frame is None:
            return
        try:
            schema = frame.collect_schema()
            wanted = [one for one in schema if one.removesuffix(RAW) in known]
            for one in wanted:
                if not (schema[one].is_integer() or schema[one] in _FINE):
                    raise self.malformed(f"{one}: a column of {schema[one]}")
            self._frame = frame.select(wanted).collect().rechunk()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise self.malformed(str(error)) from error

    def __len__(self) -> int:
        return len(self._frame)

    @property
    def names(self) -> list[str]:
        """The columns that are there."""
        return self._frame.columns

    def malformed(self, what: str) -> MalformedProfile:
        """Return the error that names this table."""
        return self._source.malformed(self._member, what)

    def int32(self, name: str, *, optional: bool = False) -> Int32:
        """Return numbers; zeros where an optional column is not there."""
        if optional and name not in self.names:
            return frozen(np.zeros(len(self), np.int32), np.int32)
        return self._numbers(name, pl.Int32, np.int32)

    def int64(self, name: str) -> Int64:
        """Return numbers."""
        return self._numbers(name, pl.Int64, np.int64)

    def int64_or_none(self, name: str) -> Int64 | None:
        """Return numbers; None if there is no such column."""
        return self.int64(name) if name in self.names else None

    def text(self, name: str, *, optional: bool = False) -> tuple[str, ...]:
        """Return text; the empty one where an optional column is not there."""
        if optional and name not in self.names:
            return ("",) * len(self)
        shown = self._column(name)
        if shown.dtype != pl.String:
            raise self.malformed(f"{name}: a column of {shown.dtype}, not of text")
        # Parquet keeps equal texts once, Python does not.
        if (shown.str.len_bytes().sum() or 0) > 4 * SMALL:
            raise self.malformed(f"{name}: more text than any profile has")
        texts = shown.to_list()
        if name + RAW in self.names:
            raw = self._frame[name + RAW]
            if raw.dtype != pl.Binary:
                raise self.malformed(f"{name}{RAW}: a column of {raw.dtype}, not of bytes")
            for row in raw.is_not_null().arg_true().to_list():
                try:
                    texts[row] = raw[row].decode("utf-8", "surrogatepass")
                except UnicodeDecodeError as error:
                    raise self.malformed(f"{name}{RAW}: {error}") from error
        return tuple(texts)

    def flags(self, name: str) -> Sequence[bool]:
        """Return truth values."""
        column = self._column(name)
        if column.dtype != pl.Boolean:
            raise self.malformed(f"{name}: a column of {column.dtype}, not of truth values")
        return column.to_list()

    def whole(self, name: str, where: Sequence[bool] | None = None) -> list[Any]:
        """Return whole numbers of any size, None outside `where`."""
        column = self._column(name)
        if column.dtype.is_integer() and where is None:
            return column.to_list()
        try:
            rows = zip(self.text(name), where or [True] * len(self), strict=True)
            return [int(value) if wanted else None for value, wanted in rows]
        except ValueError as error:
            raise self.malformed(f"{name}: {error}") from error

    def _numbers(self, name: str, dtype: type[pl.DataType], kind: Any) -> NDArray[Any]:
        column = self._column(name)
        if not column.dtype.is_integer():
            raise self.malformed(f"{name}: a column of {column.dtype}, not of whole numbers")
        try:
            cast = column.cast(dtype)
        except pl.exceptions.PolarsError as error:
            raise self.malformed(f"{name}: a number that does not fit {dtype}") from error
        return frozen(cast.to_numpy(), kind)

    def _column(self, name: str) -> pl.Series:
        if name not in self.names:
            raise self.malformed(f"there is no column {name!r}")
        column = self._frame[name]
        if column.null_count():
            raise self.malformed(f"{name}: a value is missing")
        return column
