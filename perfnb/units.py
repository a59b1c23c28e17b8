"""Value types (kind, unit) and how people read them: ``1.24 s``, ``3.1 MiB``, ``12 %``."""

from __future__ import annotations

import math
from dataclasses import dataclass

UNITS = ("ns", "bytes", "count")


@dataclass(frozen=True, slots=True)
class ValueType:
    """What a weight measures.

    Parameters
    ----------
    kind : str
        Such as ``"on-CPU"``, ``"wall"``, ``"off-CPU"``, ``"samples"``, ``"allocations"``.
    unit : {"ns", "bytes", "count"}
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

    Parameters
    ----------
    value : float
        A value in `unit`; may be negative.
    unit : {"ns", "bytes", "count"}
        Its unit.
    """
    if unit == "ns":
        return _scaled(value, (("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1.0)))
    if unit == "bytes":
        return _scaled(value, (("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10), ("B", 1.0)))
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def _scaled(value: float, steps: tuple[tuple[str, float], ...]) -> str:
    if value == 0:
        return f"0 {steps[-1][0]}"
    size = abs(value)
    name, factor = next((step for step in steps if size >= step[1]), steps[-1])
    scaled = value / factor
    if name == steps[-1][0] and float(value).is_integer():
        return f"{value:.0f} {name}"
    digits = max(0, 2 - math.floor(math.log10(abs(scaled))))
    return f"{scaled:,.{digits}f} {name}"


def format_percent(fraction: float) -> str:
    """Return `fraction` (0 to 1) in per cent: ``12 %``, ``3.4 %``, ``0.05 %``."""
    percent = 100 * fraction
    if percent == 0:
        return "0 %"
    if abs(percent) >= 9.95:
        return f"{percent:.0f} %"
    return f"{percent:.1f} %" if abs(percent) >= 0.095 else f"{percent:.2g} %"
