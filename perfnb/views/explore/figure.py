"""The Bokeh model of an explorer's pane, and the picture that stays when there is no kernel."""

from __future__ import annotations

import base64
import html
from difflib import get_close_matches
from typing import Any

from perfnb.errors import OptionError
from perfnb.model import Profile
from perfnb.views.explore.answers import Answers
from perfnb.views.flame import FlameView
from perfnb.views.honesty import honesty
from perfnb.views.models import FlameGraph, ProfileSource
from perfnb.views.options import table_properties
from perfnb.views.sources import stored_sources
from perfnb.views.tables import pack

WHOLE_STACKS, WHOLE_SAMPLES = 100_000, 1_000_000
"""Up to which the page gets everything, and has no need to ask."""

OPTIONS = (
    "merge", "inverted", "orientation", "color_by", "split_threads", "theme", "view", "timeline",
    "table", "table_rows", "filters", "pattern", "max_rows_height",
)  # fmt: skip
"""What `explore` takes besides profiles: the properties of `perfnb.views.models.FlameGraph`."""

_BOXES, _ROWS, _KEPT = 300, 40, 2_000


def is_small(profile: Profile) -> bool:
    """Return whether a profile is sent as it is."""
    return len(profile.tables.stacks) <= WHOLE_STACKS and len(profile) <= WHOLE_SAMPLES


def figure(profile: Profile, answers: Answers | None, options: dict[str, Any]) -> FlameGraph:
    """Return the model of a profile: with all of it, or with what to ask `answers` for.

    Raises
    ------
    OptionError
        If there is no such option, or its value does not fit.
    """
    if answers is None:
        # Other files are asked for: finding the functions in all of them takes seconds.
        texts = stored_sources(profile, "notebook")
        source = ProfileSource(tables=pack(profile, sources=texts), remote=False)
    else:
        source = ProfileSource(tables=answers.packed_names(), remote=True)
    warning, items = honesty(profile)
    properties: dict[str, Any] = {
        "source": source,
        "title": FlameView(profile).title,
        "honesty": [item.as_dict() for item in items],
        "summary": warning,
        **options,
        **(table_properties(options["table"]) if "table" in options else {}),
    }
    try:
        return FlameGraph(**properties)
    except ValueError as error:
        raise OptionError(str(error), f"options are {', '.join(OPTIONS)}") from error


def check_options(options: dict[str, Any]) -> None:
    """Raise `OptionError` for one that there is not."""
    for name in options:
        if name not in OPTIONS:
            near = get_close_matches(name, OPTIONS, 1)
            hint = f"is it {near[0]}?" if near else f"options are {', '.join(OPTIONS)}"
            raise OptionError(f"explore has no option {name!r}", hint)


def still_html(profile: Profile, name: str) -> str:
    """Return a static picture of a profile, which a live view called `name` hides."""
    view = FlameView(profile, max_boxes=_KEPT)
    svg = view.svg(titles=False, max_boxes=_BOXES, max_rows=_ROWS)
    picture = base64.b64encode(svg.encode()).decode()
    alt = html.escape(f"Flame graph: {view.title}", quote=True)
    return (
        f'<div data-perfnb-still="{name}">'
        f'<img src="data:image/svg+xml;base64,{picture}" alt="{alt}" style="width:100%">'
        '<div style="font-size:12px;opacity:.75">A static picture: the explorer needs a running '
        "kernel. Run this cell again to explore the profile, or show "
        "<code>profile.flame()</code>, which needs none.</div></div>"
    )
