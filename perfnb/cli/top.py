"""The table of functions."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from rich.cells import cell_len
from rich.style import Style
from rich.table import Table
from rich.text import Text

from perfnb.cli.terminal import cut, printable
from perfnb.layout.palette import color
from perfnb.model import Profile
from perfnb.units import format_percent

_BLOCKS = " ▏▎▍▌▋▊▉█"
_BAR = 10
_NUMBERS = 40
_LEAST = 24


def top(profile: Profile, rows: int, sort: str, width: int, *, plain: bool) -> Table:
    """Return self and total of the functions that have most of it.

    Parameters
    ----------
    profile : Profile
        Whose functions.
    rows : int
        How many at most.
    sort : {"self", "total"}
        What they are sorted by, and what the bars show.
    width : int
        Columns.
    plain : bool
        ASCII, no colours, no bars.
    """
    found = profile.functions()
    if sort == "total":
        found = found.sort(["total", "self", "name"], descending=[True, True, False])
    shown = found.head(rows).to_dicts()
    names = [printable(row["name"]) or "?" for row in shown]
    modules = [printable(row["module"] or PurePath(row["file"]).name) for row in shown]
    # A column that needs less leaves the rest to the other; the numbers are always there.
    room = max(_LEAST, width - _NUMBERS - (0 if plain else _BAR + 2))
    module_room = max(room * 2 // 5, room - max(map(cell_len, names), default=0))
    module_room = min(module_room, max(map(cell_len, modules), default=0))
    mark = ".." if plain else "…"
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("self", "", "total", ""):
        table.add_column(heading, justify="right", no_wrap=True)
    if not plain:
        table.add_column("", no_wrap=True, width=_BAR)
    table.add_column("function", no_wrap=True)
    table.add_column("module", no_wrap=True, style="dim")
    for row, name, module in zip(shown, names, modules, strict=True):
        table.add_row(
            *_numbers(profile, row),
            *(() if plain else (_bar(row, sort),)),
            Text(cut(name, room - module_room, mark)),
            Text(cut(module, module_room, mark)),
        )
    return table


def _numbers(profile: Profile, row: dict[str, Any]) -> tuple[Text, ...]:
    return tuple(
        Text(text, style)
        for what in ("self", "total")
        for text, style in (
            (profile.value.format(row[what]), ""),
            (format_percent(row[f"{what}_share"]), "dim"),
        )
    )


def _bar(row: dict[str, Any], sort: str) -> Text:
    share = min(1.0, max(0.0, row[f"{sort}_share"]))
    # A little is not nothing.
    eighths = max(round(share * _BAR * 8), 1 if share > 0 else 0)
    full, part = divmod(eighths, 8)
    blocks = _BLOCKS[8] * full + (_BLOCKS[part] if part else "")
    return Text(blocks, Style(color=color(row["name"], row["kind"])))
