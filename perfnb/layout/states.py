"""The colours of boxes by what threads did there: the browser's ``core/nodestates.ts``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from perfnb.layout.palette import css, polar
from perfnb.model import STATES

# Lightness, chroma and hue; light theme.
_TONES = {
    "on-CPU": (0.72, 0.15, 46),
    "runnable": (0.87, 0.135, 90),
    "gil": (0.62, 0.13, 305),
    "off-CPU": (0.8, 0.085, 237),
    "unknown": (0.9, 0.006, 250),
}
_PARTS = 12


def state_color(totals: Sequence[int]) -> str | None:
    """Return the fill of a box, hot where threads ran and cool where they waited.

    Parameters
    ----------
    totals : sequence of int
        What the box has of each of `STATES`; None is returned if that is nothing.
    """
    parts = _in_parts(totals)
    return None if parts is None else _blend(parts)


def _in_parts(totals: Sequence[int]) -> tuple[int, ...] | None:
    """Return shares in whole parts that add up: what is left goes to those that lost most."""
    values = [max(0, value) for value in totals]
    whole = sum(values)
    if not whole:
        return None
    exact = [value * _PARTS / whole for value in values]
    parts = [int(value) for value in exact]
    losers = sorted(range(len(exact)), key=lambda at: parts[at] - exact[at])
    for at in losers[: _PARTS - sum(parts)]:
        parts[at] += 1
    return tuple(parts)


@lru_cache(maxsize=4096)
def _blend(parts: tuple[int, ...]) -> str:
    """In a space in which half of hot and half of cool is neither."""
    mixed = [0.0, 0.0, 0.0]
    for state, part in zip(STATES, parts, strict=True):
        lightness, chroma, hue = _TONES[state]
        for at, value in enumerate((lightness, *polar(chroma, hue))):
            mixed[at] += part * value
    return css(mixed[0] / _PARTS, mixed[1] / _PARTS, mixed[2] / _PARTS)
