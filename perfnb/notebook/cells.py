"""The text of cells as it was typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from perfnb.model import Profile
from perfnb.model.calltree import CELL_FILE
from perfnb.model.sources import SourceText, split_lines


def as_typed(profile: Profile, typed: Sequence[str]) -> Profile:
    """Return the profile with the texts of its cells as they were typed, where lines fit.

    Python compiles them with magics and the like replaced by calls.

    Parameters
    ----------
    profile : Profile
        With cells named.
    typed : sequence of str
        By the number of the cell.
    """
    found = {}
    for file, source in profile.sources.items():
        number = file.removeprefix(CELL_FILE).removesuffix("]")
        if not (file.startswith(CELL_FILE) and number.isdecimal() and int(number) < len(typed)):
            continue
        text = typed[int(number)]
        if source.text is not None and _same_lines(text, source.text):
            found[file] = SourceText(text)
    return replace(profile, sources={**profile.sources, **found}) if found else profile


def _same_lines(typed: str, compiled: str) -> bool:
    """Return whether the lines are those of one cell; numbers may be given to several."""
    one, other = (split_lines(text) for text in (typed, compiled))
    return len(one) == len(other) and all(
        "get_ipython()" in ran or wrote.strip() == ran.strip()
        for wrote, ran in zip(one, other, strict=True)
    )
