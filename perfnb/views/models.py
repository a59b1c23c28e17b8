"""The Bokeh models of perfnb's extension; their other half is in ``browser/src/models``.

Bokeh looks for an extension's script from the top-level package of ``__view_module__``:
``perfnb/bokeh.ext.json`` and ``perfnb/dist/perfnb.min.js``.
"""

from __future__ import annotations

from bokeh.core.properties import (
    Any,
    Bool,
    Bytes,
    Dict,
    Enum,
    Instance,
    Int,
    List,
    Nullable,
    Override,
    Required,
    String,
)
from bokeh.model import Model
from bokeh.models import LayoutDOM

from perfnb.views.options import COLORS, ORIENTATIONS, TABLES, THEMES, VIEWS

__all__ = ["FlameGraph", "ProfileSource"]


class ProfileSource(Model):
    """A profile's tables, decoded once in the browser and shared by the views that show them."""

    __view_module__ = "perfnb"

    tables = Required(Bytes(), help="What ``perfnb.views.tables.pack`` returns.")
    remote = Bool(
        default=False,
        help="Whether the tables hold names only, and a kernel is asked for the rest.",
    )


class FlameGraph(LayoutDOM):
    """A flame graph that folds, searches and zooms in the browser, with no kernel behind it."""

    __view_module__ = "perfnb"

    # Bokeh's stubs give the property its value's type, which no Override has.
    sizing_mode = Override(default="stretch_width")  # type: ignore[assignment]

    source = Required(Instance(ProfileSource), help="The profile.")
    title = String(default="", help="A line above the toolbar; empty for none.")
    merge = Enum(
        "cell",
        "line",
        "function",
        default="cell",
        help="One box per function, per line, or per line in the notebook's cells only.",
    )
    inverted = Bool(default=False, help="Leaves first.")
    orientation = Enum(*ORIENTATIONS, default="icicle", help="Root on top, or at the bottom.")
    color_by = Enum(*COLORS, default="name", help="What a box's colour tells.")
    view = Enum(
        *VIEWS,
        default="flame",
        help="The flame graph, calls in the order of time, callers and callees, or source.",
    )
    timeline = Bool(default=False, help="The threads over time, above.")
    table = Bool(default=False, help="The table of functions beside, or of threads below.")
    table_rows = Enum(*TABLES, default="functions", help="What the table lists.")
    filters = List(
        Any, default=[], help="What ``perfnb.transform.filters.apply`` takes, in its order."
    )
    function = Nullable(
        Dict(String, String),
        default=None,
        help="The selected function: its ``name``, ``file``, ``module`` and ``kind``.",
    )
    split_threads = Bool(default=False, help="One box per thread under the root.")
    pattern = String(
        default="", help="A regular expression in JavaScript's syntax; case is ignored."
    )
    focus = List(
        String,
        help="The names on the way to the zoomed frame, set by the browser; the root left out.",
    )
    frame_height = Int(default=18, help="Pixels per row.")
    max_rows_height = Int(default=480, help="Pixels of rows before they scroll.")
    theme = Enum(
        *THEMES,
        default="auto",
        help="By default JupyterLab's, or the reader's system's.",
    )
    honesty = List(
        Dict(String, String),
        help="The footer's items: ``label``, ``text``, ``level`` (ok, note or warn) and ``help``.",
    )
    summary = String(default="", help="A warning above the footer's items; empty for none.")
