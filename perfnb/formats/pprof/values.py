"""Value types of pprof files, and their units."""

from __future__ import annotations

from collections.abc import Sequence

from perfnb.units import ValueType

_TIMES = {"nano": 1, "micro": 10**3, "milli": 10**6}
_SIZES = ("", "kilo", "mega", "giga", "tera", "peta")

UNITS: dict[str, tuple[str, int]] = {
    **{f"{prefix}second{s}": ("ns", by) for prefix, by in _TIMES.items() for s in ("", "s")},
    **dict.fromkeys(("second", "seconds", "s", "sec", "secs"), ("ns", 10**9)),
    **dict.fromkeys(("minute", "minutes"), ("ns", 60 * 10**9)),
    **dict.fromkeys(("hour", "hours"), ("ns", 3600 * 10**9)),
    "ns": ("ns", 1),
    "us": ("ns", 10**3),
    "µs": ("ns", 10**3),
    "ms": ("ns", 10**6),
    **{
        f"{prefix}byte{s}": ("bytes", 1024**power)
        for power, prefix in enumerate(_SIZES)
        for s in ("", "s")
    },
    **{unit: ("bytes", 1024**power) for power, unit in enumerate(("b", "kb", "mb", "gb", "tb"))},
    "micro": ("micro", 1),
}
"""Unit and factor for what files call theirs."""

WRITTEN = {"ns": "nanoseconds", "bytes": "bytes", "count": "count", "micro": "micro"}
"""How files are to call ours."""


def value_type(kind: str, unit: str) -> tuple[ValueType, int]:
    """Return our value type for a file's, and the factor of its values."""
    known = UNITS.get(unit.lower())
    if known is not None:
        return ValueType(kind, known[0]), known[1]
    # A unit that is no more than the kind over again, or a plain count, says nothing.
    says = unit.lower() not in ("", "1", "count", "counts", kind.lower())
    return ValueType(f"{kind} ({unit})" if says else kind, "count"), 1


def unique_names(types: Sequence[tuple[str, str]]) -> list[str]:
    """Return a name for each (type, unit): the type, and the unit where that is not enough."""
    kinds = [kind for kind, _ in types]
    names: list[str] = []
    for kind, unit in types:
        name = f"{kind} ({unit})" if kinds.count(kind) > 1 else kind
        same = sum(one == name or one.startswith(f"{name} #") for one in names)
        names.append(f"{name} #{same + 1}" if same else name)
    return names
