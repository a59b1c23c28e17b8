"""Value types (kind, unit) and how people read them: ``1.24 s``, ``3.1 MiB``, ``12.0 %``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

UNITS = ("ns", "bytes", "count", "micro")
"""Of one weight; "micro" is a millionth of a count, for files whose counts have fractions."""


@dataclass(frozen=True, slots=True)
class ValueType:
    """What a weight measures.

    Parameters
    ----------
    kind : str
        Such as ``"on-CPU"``, ``"wall"``, ``"off-CPU"``, ``"samples"``, ``"allocations"``.
    unit : {"ns", "bytes", "count", "micro"}
        The unit of one.
    """

    kind: str
    unit: str

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"unit {self.unit!r} is not one of {UNITS}")

    def format(self, value: float) -> str:
        """Return `value` as people write it, in this unit."""
        return format_value(value, self.unit)


def format_value(value: float, unit: str) -> str:
    """Return `value` with three significant digits and a unit that fits its size.

    The browser's ``core/format.ts`` writes the same, but for unbreakable spaces.

    Parameters
    ----------
    value : float
        A value in `unit`; may be negative.
    unit : {"ns", "bytes", "count", "micro"}
        Its unit.
    """
    if value == 0:
        return "0"
    size = abs(value)
    if unit == "ns":
        text = _duration(size)
    elif unit == "bytes":
        text = _scaled(size, _SIZES)
    elif unit == "micro" and size < 1e8:
        text = _fixed(size / 1e6, 6 if size < 1e4 else 2).rstrip("0").rstrip(".")
    elif unit == "micro":
        text = f"{_round(size / 1e6):,}"
    else:
        text = f"{_round(size):,}"
    return f"−{text}" if value < 0 else text


def format_percent(fraction: float) -> str:
    """Return `fraction` (0 to 1) in per cent: ``12.0 %``, ``3.4 %``, ``0.05 %``."""
    percent = fraction * 100
    if percent == 0 or percent >= 99.95:
        return f"{_round(percent)} %"
    if percent < 0.01:
        return "< 0.01 %"
    return f"{_fixed(percent, 2 if percent < 0.995 else 1)} %"


_Steps = tuple[tuple[float, str], ...]
_DURATIONS: _Steps = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns"))
_SIZES: _Steps = tuple(
    (2.0 ** (10 * power), name)
    for power, name in ((5, "PiB"), (4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB"), (0, "B"))
)


def _duration(ns: float) -> str:
    seconds = _round(ns / 1e9)
    if seconds >= 3600:
        minutes = _round(ns / 60e9)
        return f"{minutes // 60} h {minutes % 60:02} min"
    if seconds >= 100:
        return f"{seconds // 60} min {seconds % 60:02} s"
    return _scaled(ns, _DURATIONS)


def _scaled(value: float, steps: _Steps) -> str:
    # Half a digit early, so that 999.9 µs reads 1.00 ms and not 1000 µs.
    size, name = next((step for step in steps if value >= step[0] * 0.9995), steps[-1])
    if size == 1 and float(value).is_integer():
        return f"{value:.0f} {name}"
    scaled = value / size
    return f"{_fixed(scaled, 0 if scaled >= 99.95 else 1 if scaled >= 9.995 else 2)} {name}"


def _round(value: float) -> int:
    whole = math.floor(value)
    return whole + (value - whole >= 0.5)


def _fixed(value: float, digits: int) -> str:
    """Round half up, as JavaScript's toFixed does."""
    step = Decimal(1).scaleb(-digits)
    return str(Decimal(value).quantize(step, rounding=ROUND_HALF_UP))
