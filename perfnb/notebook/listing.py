"""The table that ``%perfnb`` shows."""

from __future__ import annotations

import html
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perfnb.notebook.captured import KEPT, Captured
from perfnb.units import format_value

if TYPE_CHECKING:
    from perfnb.model import Profile

_HEADS = ("", "cell", "title", "duration", "samples", "value", "memory")
_NUMBERS = frozenset({"", "duration", "samples", "value", "memory"})
_LONGEST = 40


def as_text(rows: Sequence[Captured]) -> str:
    """Return the table for terminals."""
    if not rows:
        return _EMPTY
    sizes = [memory_of(row.profile) for row in rows]
    table = [_HEADS, *_cells(rows, sizes)]
    widths = [max(len(row[column]) for row in table) for column in range(len(_HEADS))]
    lines = [
        "  ".join(
            text.rjust(width) if head in _NUMBERS else text.ljust(width)
            for head, text, width in zip(_HEADS, row, widths, strict=True)
        ).rstrip()
        for row in table
    ]
    return "\n".join([*lines, _about(sum(sizes))])


def as_html(rows: Sequence[Captured]) -> str:
    """Return the table for notebooks, in the colours of the page."""
    if not rows:
        return f"<div style='{_FONT}'>{html.escape(_EMPTY)}</div>"
    sizes = [memory_of(row.profile) for row in rows]
    table = "".join(
        f"<tr style='background:none'>{_row(texts)}</tr>" for texts in _cells(rows, sizes)
    )
    heads = "".join(f"<th style='{_style(head)};{_LINE}'>{head}</th>" for head in _HEADS)
    return (
        f"<div class='perfnb-profiles' style='{_FONT}'>"
        "<table style='border-collapse:collapse;margin:0'>"
        f"<thead><tr>{heads}</tr></thead><tbody>{table}</tbody></table>"
        f"<div style='opacity:.75;padding:4px 8px'>{html.escape(_about(sum(sizes)))}</div></div>"
    )


def memory_of(profile: Profile) -> int:
    """Return the bytes that a profile takes; what others share with it is counted too."""
    found: dict[int, int] = {}
    for part in _parts(profile):
        size = part.nbytes if isinstance(part, np.ndarray) else sys.getsizeof(part)
        found[id(part)] = size
    return sum(found.values())


def _parts(value: Any) -> Iterator[Any]:
    """Yield arrays, texts and tuples, each as often as it is referred to."""
    if isinstance(value, (np.ndarray, str)):
        yield value
    elif isinstance(value, tuple):
        yield value
        for one in value:
            yield from _parts(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _parts(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _parts(getattr(value, field.name))


def _cells(rows: Sequence[Captured], sizes: Sequence[int]) -> Iterator[tuple[str, ...]]:
    for number, (row, size) in enumerate(zip(rows, sizes, strict=True)):
        profile = row.profile
        m, samples = profile.metadata, profile.sample_count
        yield (
            str(number),
            row.cell,
            _short(m.title) if m.title != row.cell else "",
            "" if m.wall_s is None else format_value(m.wall_s * 1e9, "ns"),
            "" if samples is None else f"{samples:,}",
            f"{profile.value.format(profile.total)} {_short(profile.value.kind)}",
            format_value(size, "bytes"),
        )


def _row(texts: Sequence[str]) -> str:
    return "".join(
        f"<td style='{_style(head)}'>{html.escape(text)}</td>"
        for head, text in zip(_HEADS, texts, strict=True)
    )


def _about(size: int) -> str:
    return (
        f"{format_value(size, 'bytes')} in memory; the last {KEPT} are kept. "
        "perfnb.profiles[n] is the Profile; %perfnb show n, explore n, drop n"
    )


def _short(text: str) -> str:
    plain = "".join(c if c.isprintable() else "\ufffd" for c in text)
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def _style(head: str) -> str:
    side = "right" if head in _NUMBERS else "left"
    return f"text-align:{side};padding:2px 8px;white-space:nowrap;font-variant-numeric:tabular-nums"


_EMPTY = "perfnb: no profile has been captured yet; write %%flame above a cell"
_FONT = (
    "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;"
    "color:var(--jp-ui-font-color1,inherit)"
)
_LINE = "border-bottom:1px solid var(--jp-border-color1,currentColor)"
