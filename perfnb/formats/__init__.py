"""Files from profiles. A format is one module and one row here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from perfnb.errors import OptionError
from perfnb.registry import Entry, Registry

if TYPE_CHECKING:
    from perfnb.model import Profile

EXPORTERS = Registry(
    "file format",
    (
        Entry("html", "perfnb.views.export:HtmlExporter", "a page of its own", (".html", ".htm")),
        Entry("svg", "perfnb.views.export:SvgExporter", "a static picture", (".svg",)),
        Entry(
            "folded",
            "perfnb.formats.folded:FoldedExporter",
            "folded stacks, for flamegraph.pl, inferno, speedscope",
            (".folded", ".collapsed", ".txt"),
        ),
    ),
)


def check_suffix(path: str | os.PathLike[str]) -> Entry:
    """Return the exporter for `path`.

    Raises
    ------
    OptionError
        If no format has its suffix.
    """
    entry = EXPORTERS.by_suffix(os.fspath(path))
    if entry is None:
        known = ", ".join(suffix for row in EXPORTERS for suffix in row.suffixes)
        raise OptionError(f"{os.fspath(path)}: no format has this suffix", f"one of {known}")
    return entry


def write(profile: Profile, path: str | os.PathLike[str]) -> None:
    """Write `profile` to `path` in the format its suffix names.

    Raises
    ------
    OptionError
        If no format has that suffix.
    OSError
        If the file cannot be written.
    """
    check_suffix(path).load()().write(profile, path)
