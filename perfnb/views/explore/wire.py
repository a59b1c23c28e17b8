"""Answers as they are sent to the page: a few words of JSON, and columns as buffers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from perfnb.layout.detail import Detail, Place, Rest
from perfnb.model import CallTree
from perfnb.model.tables import Int32
from perfnb.views.explore.names import REST_LINE

Columns = Mapping[str, Any]
Message = tuple[dict[str, Any], list[bytes]]

_DTYPES = {"u": "u1", "b": "u1", "i": "f8", "f": "f8"}


def message(head: Mapping[str, Any], columns: Columns) -> Message:
    """Return what is sent: `head` tells the name and type of each buffer.

    int32 and uint8 stay what they are; other numbers become float64, as all of the browser's.
    """
    specs, buffers = [], []
    for name, values in columns.items():
        if isinstance(values, (bytes, bytearray)):
            specs.append([name, "text"])
            buffers.append(bytes(values))
            continue
        array = np.asarray(values)
        dtype = "i4" if array.dtype == np.int32 else _DTYPES[array.dtype.kind]
        specs.append([name, dtype])
        buffers.append(array.astype(f"<{dtype}").tobytes())
    return {**head, "columns": specs}, buffers


def as_json(value: Any) -> bytes:
    """Return JSON as a buffer, for what is too long for the head."""
    return json.dumps(value, separators=(",", ":")).encode("utf-8", "replace")


def tree_columns(
    tree: CallTree, seen: Detail, numbers: Int32, rest: int, prefix: str = ""
) -> dict[str, Any]:
    """Return the columns of the browser's CallTree, and what each node is in the kernel's tree.

    Parameters
    ----------
    tree : CallTree
        The whole.
    seen : Detail
        What is sent of it.
    numbers : int32, shape (functions,)
        The number of each of the tree's functions.
    rest : int
        The number of the function ``…``.
    prefix : str
        Before the columns' names.
    """
    row = seen.row
    plain = row >= 0
    function = np.where(plain, tree.function[row], -2)
    named = function >= 0
    number = np.where(function == -2, rest, -1).astype(np.int32)
    number[named] = numbers[function[named]]
    own = np.cumsum(~plain)
    # Several `…` below one box are told apart by a line that no frame has.
    parent = seen.parent[~plain]
    line = np.where(plain, tree.line[row], REST_LINE)
    line[~plain] -= np.arange(len(parent)) - np.searchsorted(parent, parent)
    columns = {
        "parent": seen.parent,
        "function": number,
        "line": line.astype(np.int32),
        "thread": np.where(plain, tree.thread[row], -1).astype(np.int32),
        "self": seen.self,
        "total": seen.total,
        "selfSamples": seen.self_samples,
        "totalSamples": seen.total_samples,
        "hidden": np.where(plain, tree.hidden[row], seen.hidden),
        # A row of the kernel's tree, or −1 less the number of the rest.
        "id": np.where(plain, row, np.negative(own)).astype(np.int32),
        "rests": np.array(seen.rests, dtype=np.int32).reshape(-1),
    }
    return {prefix + name: column for name, column in columns.items()}


def places(given: Any) -> list[Place]:
    """Return what the page zoomed into, as it sent it: rows, and three numbers for a rest."""
    return [
        int(place) if isinstance(place, (int, float)) else Rest(*(int(part) for part in place))
        for place in given
    ]
