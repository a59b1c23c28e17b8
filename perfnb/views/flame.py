"""`FlameView`: the flame graph of a profile, to show, compose and save."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfnb.errors import OptionError
from perfnb.model import CallTree, Profile
from perfnb.model.calltree import MERGE
from perfnb.transform.condense import BOXES, Condensed, condense
from perfnb.transform.invert import invert
from perfnb.transform.paths import shorten_paths
from perfnb.units import format_percent
from perfnb.views.honesty import Item, honesty, left_out
from perfnb.views.svg import svg

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
    color_by : {"name", "kind", "module"}
        What the colour tells.
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
    ) -> None:
        choices = {
            "merge": (merge, MERGE),
            "orientation": (orientation, ("icicle", "flame")),
            "color_by": (color_by, ("name", "kind", "module")),
            "theme": (theme, ("auto", "light", "dark")),
        }
        for name, (given, known) in choices.items():
            if given not in known:
                raise OptionError(f"{name}={given!r}", f"choose one of {', '.join(known)}")
        self.profile = profile
        self.title = _plain(_title(profile) if title is None else title)
        self._max_boxes = max_boxes
        self._options: dict[str, Any] = {
            "merge": merge,
            "inverted": inverted,
            "orientation": orientation,
            "color_by": color_by,
            "split_threads": split_threads,
            "theme": theme,
        }
        if max_height is not None:
            self._options["max_rows_height"] = max_height

    @cached_property
    def figure(self) -> FlameGraph:
        """The Bokeh model, for `bokeh.io.show`, layouts and Panel."""
        from perfnb.views.models import FlameGraph, ProfileSource
        from perfnb.views.tables import pack

        properties: dict[str, Any] = {
            "source": ProfileSource(tables=pack(self.shown)),
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
        profile = invert(self.shown) if self._options["inverted"] else self.shown
        return CallTree.of(
            profile, self._options["merge"], split_threads=self._options["split_threads"]
        )

    def svg(self, **options: Any) -> str:
        """Return a static picture; options as for `perfnb.views.svg.svg`."""
        return svg(self.tree, self.profile.value, self.title, **options)

    def text(self, rows: int = 10) -> str:
        """Return the functions with the largest self, for terminals."""
        lines = [self.title]
        table = self.profile.functions()
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
        """Write a page of its own (``.html``) or a static picture (``.svg``).

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
        Path(path).write_text(text, encoding="utf-8")

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


def _plain(text: str) -> str:
    """Return a text without characters that act on a terminal or cannot be encoded."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
