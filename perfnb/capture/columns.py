"""Reading what the watching scripts write: a line of JSON that names columns, then the columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = dict[str, NDArray[Any]]

_DTYPES = {"q": np.int64, "i": np.int32, "B": np.uint8}


def read_tables(
    report: bytes, who: str, tables: Sequence[str], needed: Sequence[str] = ()
) -> tuple[dict[str, Any], list[Table]]:
    """Return the facts of a report and its tables.

    Parameters
    ----------
    report : bytes
        What a script wrote.
    who : str
        Its name, for errors.
    tables : sequence of str
        Which facts are the layouts of tables, in the order in which these follow.
    needed : sequence of str
        Other facts that have to be there.

    Raises
    ------
    ValueError
        If the report is not whole.
    """
    head, newline, body = report.partition(b"\n")
    if not newline:
        raise ValueError(f"the report of the {who} is missing")
    facts = json.loads(head)
    if not (isinstance(facts, dict) and {*tables, *needed} <= facts.keys()):
        raise ValueError(f"the report of the {who} names no columns")
    at = 0
    found: list[Table] = []
    for name in tables:
        columns = {}
        for column, code, length in facts[name]:
            dtype = np.dtype(_DTYPES[code])
            columns[column] = np.frombuffer(body, dtype, length, at)
            at += length * dtype.itemsize
        found.append(columns)
    return facts, found
