"""A static flame graph: for places that run no script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape

import numpy as np

from perfnb.layout.flame import layout
from perfnb.layout.palette import color
from perfnb.layout.states import state_color
from perfnb.model import KINDS, STATES, CallTree, Profile
from perfnb.units import ValueType, format_percent

_ROW, _WIDTH, _FONT, _CHARACTER = 17, 1000, 11, 6.4


def svg(
    tree: CallTree,
    value: ValueType,
    title: str,
    *,
    fills: Sequence[str | None] | None = None,
    titles: bool = True,
    max_boxes: int = 4000,
    max_rows: int = 400,
) -> str:
    """Return an icicle of `tree` as an SVG document.

    Parameters
    ----------
    tree : CallTree
        What to draw.
    value : ValueType
        The unit of its weights.
    title : str
        A line above it.
    fills : sequence of (str or None), optional
        The colour of each node; where there is none, names and kinds tell it.
    titles : bool
        Whether boxes get tooltips.
    max_boxes, max_rows : int
        The widest boxes and the first rows are drawn; how many are not is said.
    """
    boxes = layout(tree)
    total = max(int(tree.total[0]), 1)
    scale = _WIDTH / total
    width = boxes.width * scale
    drawn = np.flatnonzero((width >= 0.4) & (boxes.depth < max_rows))
    if len(drawn) > max_boxes:
        drawn = np.sort(drawn[np.argsort(-width[drawn], kind="stable")[:max_boxes]])
    rows = int(boxes.depth[drawn].max()) + 1 if len(drawn) else 1
    hidden = len(tree) - len(drawn)
    head, foot = 26, 20 if hidden else 6
    height = head + rows * _ROW + foot
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="100%" font-family="system-ui,sans-serif" font-size="{_FONT}" role="img">'
        f"<title>{_text(title)}</title>"
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>'
        f'<text x="4" y="17" font-size="13" font-weight="600" fill="#15181e">{_text(title)}</text>'
    ]
    functions = tree.tables.functions
    for node in drawn.tolist():
        function = int(tree.function[node])
        label = tree.label(node)
        fill = fills[node] if fills is not None else None
        if fill is None:
            kind = KINDS[functions.kind[function]] if function >= 0 else "synthetic"
            fill = color(functions.name[function] if function >= 0 else "", kind, value.kind)
        x, w = boxes.x[node] * scale, width[node]
        y = head + int(boxes.depth[node]) * _ROW
        size = f'width="{max(w - 0.5, 0.3):.1f}" height="{_ROW - 1}"'
        box = f'<rect x="{x:.1f}" y="{y}" {size} fill="{fill}"/>'
        fits = int((w - 6) / _CHARACTER)
        if fits >= 3:
            shown = label if len(label) <= fits else label[: fits - 1] + "…"
            box += f'<text x="{x + 3:.1f}" y="{y + 12}" fill="#15181e">{_text(shown)}</text>'
        if titles:
            share = format_percent(int(tree.total[node]) / total)
            tip = f"{label}: {value.format(int(tree.total[node]))} ({share})"
            box = f"<g><title>{_text(tip)}</title>{box}</g>"
        parts.append(box)
    if hidden:
        parts.append(
            f'<text x="4" y="{height - 6}" fill="#6b7280">{hidden:,} boxes are too narrow or too '
            "deep to be drawn here</text>"
        )
    parts.append("</svg>")
    return "".join(parts)


def state_fills(
    profile: Profile, tree_of: Callable[[Profile], CallTree]
) -> list[str | None] | None:
    """Return the colours of a tree's nodes by the states of threads; None if these are unknown.

    Parameters
    ----------
    profile : Profile
        What is drawn.
    tree_of : callable
        From a profile to the tree that is drawn of it.
    """
    samples = profile.samples
    if samples.state is None:
        return None
    # Samples of no weight have their nodes all the same: every tree is the same one.
    totals = [
        tree_of(
            profile.with_samples(
                replace(samples, weight=np.where(samples.state == state, samples.weight, 0))
            )
        ).total
        for state in range(len(STATES))
    ]
    return [state_color(one) for one in zip(*(total.tolist() for total in totals), strict=True)]


def _text(text: str) -> str:
    """Escape a name for XML, which has no way at all to write most control characters."""
    # Not by xml.sax: that imports an HTTP client.
    return escape(
        "".join(c if c.isprintable() or c == " " else "\ufffd" for c in text), quote=False
    )
