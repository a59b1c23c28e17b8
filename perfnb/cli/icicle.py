"""A flame graph of characters, its root on top."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.cells import cell_len
from rich.style import Style
from rich.text import Text

from perfnb.cli.terminal import cut, printable
from perfnb.layout.flame import layout
from perfnb.layout.palette import color
from perfnb.model import KINDS, CallTree
from perfnb.units import ValueType, format_percent

DEEPEST = 60
"""Levels that are drawn at most."""
NAMED = 6
"""Columns from which on a box has room for a name; levels below the last such box are counted."""

_EDGE = "▉"
_INK = "rgb(38,30,24)"
_FAINT = "rgb(112,96,80)"
_ROOM = 14
"""Columns beside its name from which on a box tells its share."""


def icicle(tree: CallTree, value: ValueType, width: int, *, plain: bool) -> Iterator[Text]:
    """Yield the lines of the picture of a tree whose weights are not negative.

    Parameters
    ----------
    tree : CallTree
        What to draw.
    value : ValueType
        The unit of its weights.
    width : int
        Columns.
    plain : bool
        ASCII, no colours.
    """
    boxes = layout(tree)
    whole = int(tree.total[0])
    if whole <= 0:
        return
    # Shared edges are rounded alike, so that boxes neither overlap nor leave their parent's.
    scale = width / whole
    left = np.rint(boxes.x * scale).astype(np.int64)
    right = np.rint((boxes.x + boxes.width) * scale).astype(np.int64)
    seen = np.flatnonzero(right > left)
    depth = boxes.depth[seen]
    levels = int(depth[-1]) + 1
    named = int(depth[(right - left)[seen] >= NAMED].max()) + 1
    drawn = min(named, DEEPEST)
    for level in range(drawn):
        line = Text(no_wrap=True, overflow="crop", end="")
        at = 0
        for node in seen[depth == level].tolist():
            line.append(" " * (int(left[node]) - at))
            share = format_percent(int(tree.total[node]) / whole)
            if node == 0:
                share = f"{value.format(whole)} {printable(value.kind)}"
            _box(line, tree, node, share, int(right[node] - left[node]), plain)
            at = int(right[node])
        yield line
    if more := levels - drawn:
        why = ", too narrow for names" if drawn == named else ""
        yield Text(f"and {more} {'level' if more == 1 else 'levels'} more{why}", "dim")


def _box(line: Text, tree: CallTree, node: int, share: str, width: int, plain: bool) -> None:
    label = printable(tree.label(node))
    if plain:
        name = cut(label, width - 2, "..")
        line.append(f"|{name}{'-' * (width - 1 - cell_len(name))}")
        return
    fill = _fill(tree, node)
    # The last column is not filled to its end: a hair of background parts the boxes.
    inner = width - 1
    name = cut(label, inner - 1) if width >= NAMED else ""
    lead = " " if name else ""
    line.append(lead + name, Style(color=_INK, bgcolor=fill))
    rest = inner - cell_len(lead + name)
    if name and name == label and rest >= max(_ROOM, len(share) + 3):
        line.append(f"  {share}", Style(color=_FAINT, bgcolor=fill))
        rest -= 2 + cell_len(share)
    line.append(" " * rest, Style(bgcolor=fill))
    line.append(_EDGE, Style(color=fill))


def _fill(tree: CallTree, node: int) -> str:
    function = int(tree.function[node])
    if function < 0:
        return color("all", "synthetic")
    functions = tree.tables.functions
    return color(functions.name[function], KINDS[functions.kind[function]])
