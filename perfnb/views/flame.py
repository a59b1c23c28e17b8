"""`FlameView`: the flame graph of a profile, to show, compose and save."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from perfnb.errors import OptionError
from perfnb.formats.save import replacing
from perfnb.model import CallTree, Profile
from perfnb.model.calltree import MERGE
from perfnb.transform.condense import BOXES, Condensed, condense
from perfnb.transform.invert import invert
from perfnb.transform.mine import mine
from perfnb.transform.paths import short_path, shorten_paths
from perfnb.units import format_percent
from perfnb.views.honesty import honesty, left_out
from perfnb.views.item import Item
from perfnb.views.options import (
    COLORS,
    ORIENTATIONS,
    SOURCES,
    THEMES,
    VIEWS,
    check,
    table_properties,
)
from perfnb.views.sources import stored_sources
from perfnb.views.svg import state_fills, svg

if TYPE_CHECKING:
    from perfnb.views.models import FlameGraph


class FlameView:
    """A flame graph.

    Parameters
    ----------
    profile : Profile
        What to show.
    merge : {"cell", "line", "function"}
        Which frames are drawn as one box; see `CallTree.of`.
    inverted : bool
        Leaves first.
    orientation : {"icicle", "flame"}
        Root on top, or at the bottom.
    color_by : {"name", "kind", "module", "self", "thread", "state"}
        What the colour tells; "state" is hot where threads ran and cool where they waited.
    split_threads : bool
        A tower for each thread.
    max_height : int, optional
        Pixels of rows before they scroll.
    title : str, optional
        A line above; the profile's own by default.
    theme : {"auto", "light", "dark"}
        By default as the page.
    max_boxes : int
        About how many boxes are stored with the picture, the widest ones; narrower ones are
        summed into boxes that tell how many they are.
    view : {"flame", "chart", "sandwich", "source"}
        What is shown at first: the flame graph, one thread's calls in the order of time,
        callers and callees of a function, or its source.
    timeline : bool
        The threads over time, above.
    table : bool or {"functions", "threads"}
        The functions with self and total, beside; or the threads with what they did with their
        time, below, if the recording measured that.
    filters : sequence of mapping
        Filters that are set at first; see `perfnb.transform.filters.apply`.
    function : str, optional
        The function that is selected at first, by its whole name.
    source : {"notebook", "mine", "all", "none"}
        Which source texts are stored with the picture: those of the notebook's cells, those of
        the user's own functions too, those of all Python functions, or none.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        merge: str = "cell",
        inverted: bool = False,
        orientation: str = "icicle",
        color_by: str = "name",
        split_threads: bool = False,
        max_height: int | None = None,
        title: str | None = None,
        theme: str = "auto",
        max_boxes: int = BOXES,
        view: str = "flame",
        timeline: bool = False,
        table: bool | str = False,
        filters: Sequence[Mapping[str, Any]] = (),
        function: str | None = None,
        source: str = "notebook",
    ) -> None:
        check(
            {
                "merge": (merge, MERGE),
                "orientation": (orientation, ORIENTATIONS),
                "color_by": (color_by, COLORS),
                "theme": (theme, THEMES),
                "view": (view, VIEWS),
                "source": (source, SOURCES),
            }
        )
        self.profile = profile
        self.title = _plain(_title(profile) if title is None else title)
        self._max_boxes = max_boxes
        self._source = source
        self._options: dict[str, Any] = {
            "merge": merge,
            "inverted": inverted,
            "orientation": orientation,
            "color_by": color_by,
            "split_threads": split_threads,
            "theme": theme,
            "view": view,
            "timeline": timeline,
            **table_properties(table),
            "filters": [dict(one) for one in filters],
        }
        if filters:
            # What does not fit is said here and not when the picture is drawn.
            _ = self._filtered
        if function is not None:
            self._options["function"] = _function(self.shown, function)
        if max_height is not None:
            self._options["max_rows_height"] = max_height

    @cached_property
    def figure(self) -> FlameGraph:
        """The Bokeh model, for `bokeh.io.show`, layouts and Panel."""
        from perfnb.views.models import FlameGraph, ProfileSource
        from perfnb.views.tables import pack

        properties: dict[str, Any] = {
            "source": ProfileSource(
                tables=pack(self.shown, mine=self._mine, sources=self._sources)
            ),
            "title": self.title,
            "honesty": [item.as_dict() for item in self.honesty],
            "summary": self.warning,
            **self._options,
        }
        return FlameGraph(**properties)

    @cached_property
    def _condensed(self) -> Condensed:
        return condense(self.profile, self._max_boxes)

    @cached_property
    def shown(self) -> Profile:
        """What the picture shows: without what is too narrow to be seen, and with short paths."""
        return shorten_paths(self._condensed.profile)

    @cached_property
    def _filtered(self) -> Profile:
        filters = self._options["filters"]
        if not filters:
            return self.profile
        from perfnb.transform.filters import apply

        return apply(self.profile, filters)

    @cached_property
    def _drawn(self) -> Profile:
        """What the static picture shows: what a script would make of `shown` and the filters."""
        if self._filtered is self.profile:
            return self.shown
        return shorten_paths(condense(self._filtered, self._max_boxes).profile)

    @cached_property
    def _mine(self) -> NDArray[np.bool_]:
        """Which functions of `shown` are the user's own: their whole paths tell."""
        whole = self._condensed.profile
        own = {
            identity
            for identity, own in zip(_identities(whole), mine(whole).tolist(), strict=True)
            if own
        }
        short = {(name, _short(file), *rest) for name, file, *rest in own}
        return np.array([one in short for one in _identities(self.shown)], dtype=bool)

    @cached_property
    def _sources(self) -> dict[str, Any]:
        return stored_sources(self.profile, self._source, _short)

    @property
    def warning(self) -> str:
        """Why the profile cannot be trusted; "" if it can."""
        return honesty(self.profile)[0]

    @property
    def honesty(self) -> list[Item]:
        """The statements of the footer."""
        return [*honesty(self.profile)[1], *left_out(self._condensed, self.profile)]

    @cached_property
    def tree(self) -> CallTree:
        """The call tree that is drawn at first."""
        return self._tree_of(self._turned)

    @cached_property
    def _turned(self) -> Profile:
        return invert(self._drawn) if self._options["inverted"] else self._drawn

    def _tree_of(self, profile: Profile) -> CallTree:
        return CallTree.of(
            profile, self._options["merge"], split_threads=self._options["split_threads"]
        )

    def svg(self, **options: Any) -> str:
        """Return a static picture; options as for `perfnb.views.svg.svg`."""
        if self._options["color_by"] == "state":
            options = {"fills": state_fills(self._turned, self._tree_of), **options}
        return svg(self.tree, self.profile.value, self.title, **options)

    def text(self, rows: int = 10) -> str:
        """Return the functions with the largest self, for terminals."""
        lines = [self.title]
        table = self._filtered.functions()
        value = self.profile.value
        lines.append(f"{'self':>9} {'':>6} {'total':>9} {'':>6}  function")
        for row in table.head(rows).iter_rows(named=True):
            where = f"  {row['module'] or row['file']}" if row["module"] or row["file"] else ""
            name = f"{row['file']} {row['name']}" if row["file"].startswith("In [") else row["name"]
            lines.append(
                f"{value.format(row['self']):>9} {format_percent(row['self_share']):>6} "
                f"{value.format(row['total']):>9} {format_percent(row['total_share']):>6}  "
                f"{_plain(name + where)}"
            )
        if table.height > rows:
            lines.append(f"… {table.height - rows} more functions")
        if self.warning:
            lines.append(f"! {self.warning}")
        lines.append(" · ".join(f"{item.label}: {item.text}" for item in self.honesty))
        return "\n".join(lines)

    def page(self) -> str:
        """Return an HTML page of its own, everything inside."""
        from perfnb.views.page import standalone_page

        return standalone_page(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a page of its own (``.html``) or a static picture (``.svg``), whole or not at all.

        Raises
        ------
        OptionError
            If the suffix is neither.
        OSError
            If the file cannot be written.
        """
        suffix = Path(path).suffix.lower()
        if suffix in (".html", ".htm"):
            text = self.page()
        elif suffix == ".svg":
            text = self.svg()
        else:
            raise OptionError(f"{os.fspath(path)}: not .html or .svg", "name one of these")
        with replacing(Path(path)) as out:
            out.write(text.encode("utf-8"))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from perfnb.views.output import output_html

        return {"text/plain": self.text(), "text/html": output_html(self)}

    def __repr__(self) -> str:
        return self.text()


def _title(profile: Profile) -> str:
    m = profile.metadata
    whole = f"{profile.value.format(profile.total)} {profile.value.kind}"
    if m.wall_s is not None and profile.value.unit == "ns" and profile.value.kind != "wall":
        whole += f" in {profile.value.format(m.wall_s * 1e9)}"
    return f"{m.title} · {whole}" if m.title else whole


def _short(file: str) -> str:
    return short_path(file, str(Path.cwd()), str(Path.home()))


def _identities(profile: Profile) -> Iterator[tuple[str, str, str, int]]:
    f = profile.tables.functions
    return zip(f.name, f.file, f.module, f.kind.tolist(), strict=True)


def _function(profile: Profile, name: str) -> dict[str, str]:
    """Return the function of this name, as the browser knows it; the largest of several."""
    table = profile.functions()
    found = table.filter(table["name"] == name).sort("total", descending=True, maintain_order=True)
    if not found.height:
        near = get_close_matches(name, table["name"].to_list(), 3, 0.5)
        raise OptionError(
            f"function={name!r}: there is none of this name in the profile",
            f"is it {' or '.join(near)}?" if near else "`profile.functions()` lists them",
        )
    return {key: str(found[key][0]) for key in ("name", "file", "module", "kind")}


def _plain(text: str) -> str:
    """Return a text without characters that act on a terminal or cannot be encoded."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
