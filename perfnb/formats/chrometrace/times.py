"""JSON of a trace and the times in it, checked."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
import numpy as np

from perfnb.formats.source import Source
from perfnb.model.tables import Int64

NEVER = -(2**63)
"""In a column of times: not told."""
Where = Callable[[int], str]
_FAR = 2**61
_EXACT = 2**43


class _ExactTime(msgspec.Struct, gc=False):
    ts: Decimal | None = None


_EXACT_TIMES = msgspec.json.Decoder(list[_ExactTime], strict=False)


def nanoseconds(source: Source, micros: list[float | None], where: Where) -> Int64:
    """Return microseconds as nanoseconds; `NEVER` for None.

    Raises
    ------
    MalformedProfile
        If one is beyond what a clock can tell; `where` tells the place of each.
    """
    values = np.array(micros, dtype=np.float64)
    told = ~np.isnan(values)
    if told.any() and np.abs(values[told]).max() >= _FAR / 1000:
        far = int(np.nanargmax(np.abs(values)))
        raise source.malformed(where(far), "a time beyond any clock")
    values[~told] = 0
    # Apart, as their product would lose the last digits of large times.
    whole = np.floor(values)
    found = whole.astype(np.int64) * 1000 + np.rint((values - whole) * 1000).astype(np.int64)
    found[~told] = NEVER
    return found


def instants(source: Source, micros: list[float | None], chunk: bytes, where: Where) -> Int64:
    """Return the times ``ts`` of the objects in the JSON list `chunk`, exactly."""
    found = nanoseconds(source, micros, where)
    far = np.flatnonzero((np.abs(found) >= _EXACT * 1000) & (found != NEVER))
    if len(far):
        exact: list[_ExactTime] = decoded(source, _EXACT_TIMES, chunk, 0)
        for row in far.tolist():
            found[row] = round((exact[row].ts or 0) * 1000)
    return found


def addable(values: Int64) -> bool:
    """Return whether the sum of `values` fits 63 bits."""
    return float(np.abs(values.astype(np.float64)).sum()) < 2**63


def decoded(source: Source, decoder: Any, data: bytes | bytearray, count: int | None = None) -> Any:
    """Return what `decoder` makes of `data`.

    Parameters
    ----------
    source : Source
        Named in errors.
    decoder : msgspec.json.Decoder
    data : bytes
    count : int, optional
        How many events stand before those of `data`; by default it is no list of events.

    Raises
    ------
    MalformedProfile
        If it is not JSON, or not of the decoder's shape.
    """
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        place = place.strip("`") or "$"
        if count is not None:
            row, _, field = place.removeprefix("$[").partition("]")
            place = f"$.traceEvents[{count + int(row) if row.isdigit() else ''}]{field}"
        raise source.malformed(place, what) from error
    except (msgspec.DecodeError, UnicodeDecodeError, InvalidOperation) as error:
        place = "beside the events" if count is None else f"after event {count:,}"
        raise source.malformed(place, str(error)) from error
    except RecursionError as error:
        raise source.malformed("$", "nested too deeply") from error
