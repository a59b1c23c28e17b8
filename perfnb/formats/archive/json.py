"""JSON that loses nothing: numbers that are none, and any whole number."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

_TAG = "$float"
_QUOTED = "$object"


def dumps(document: Any) -> bytes:
    """Return `document` as strict JSON.

    What JSON has no type for is spelled out: an infinite number is ``{"$float": "inf"}``.
    """
    return json.dumps(_tagged(document), allow_nan=False, indent=1).encode()


def loads(data: bytes) -> Any:
    """Return what `dumps` wrote.

    Raises
    ------
    ValueError
        If it is not JSON.
    RecursionError
        If it is nested too deeply.
    """
    return _untagged(json.loads(data))


def _tagged(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {_TAG: str(float(value))}
    if isinstance(value, Mapping):
        plain = {str(key): _tagged(one) for key, one in value.items()}
        # An object of the user's own that looks like one of ours.
        return {_QUOTED: plain} if plain.keys() in ({_TAG}, {_QUOTED}) else plain
    if isinstance(value, (list, tuple)):
        return [_tagged(one) for one in value]
    # NumPy's numbers; anything else that has no place in JSON is kept as people read it.
    item = getattr(value, "item", None)
    return _tagged(item()) if callable(item) else str(value)


def _untagged(value: Any) -> Any:
    if isinstance(value, list):
        return [_untagged(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {_TAG} and value[_TAG] in ("inf", "-inf", "nan"):
        return float(value[_TAG])
    if value.keys() == {_QUOTED} and isinstance(value[_QUOTED], dict):
        value = value[_QUOTED]
    return {key: _untagged(one) for key, one in value.items()}
