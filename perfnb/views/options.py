"""What the options of a flame graph may be; nothing heavy is imported to know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from perfnb.errors import OptionError

VIEWS: Final = ("flame", "chart", "sandwich", "source")
"""What is shown at first: a flame graph, one thread's calls in the order of time, the callers
and callees of a function, or its source."""

COLORS: Final = ("name", "kind", "module", "self", "thread", "state")
"""What a box's colour tells; "state": whether threads ran there, or waited."""

TABLES: Final = ("functions", "threads")
"""What the table lists: functions with self and total, or threads with what they did."""

ORIENTATIONS: Final = ("icicle", "flame")
"""Root on top, or at the bottom."""

SOURCES: Final = ("notebook", "mine", "all", "none")
"""Which source texts are stored with a picture; see `perfnb.views.sources.stored_sources`."""

THEMES: Final = ("auto", "light", "dark")
"""The page's, or always one of them."""


def table_properties(table: object) -> dict[str, Any]:
    """Return the properties of a view of the option ``table``: a bool, or one of `TABLES`."""
    if isinstance(table, bool):
        return {"table": table}
    check({"table": (table, TABLES)})
    return {"table": True, "table_rows": table}


def check(choices: Mapping[str, tuple[object, Sequence[str]]]) -> None:
    """Raise `OptionError` for the first of `choices` (given, known) that is not known."""
    for name, (given, known) in choices.items():
        if given not in known:
            raise OptionError(f"{name}={given!r}", f"choose one of {', '.join(known)}")
