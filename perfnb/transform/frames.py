"""Transforms of frames: focus, hide, show, keep, drop, collapse recursion, by file or module."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.errors import OptionError
from perfnb.model import KINDS, Profile
from perfnb.model.contract import nearest
from perfnb.model.forest import Forest
from perfnb.model.tables import Int64
from perfnb.transform.paths import shortened
from perfnb.transform.rename import Identity, rename
from perfnb.transform.restack import replace_functions, restack
from perfnb.transform.select import choose, passing

__all__ = [
    "BY", "Identity", "by", "changes", "collapse_recursion", "drop", "focus", "focus_rows", "hide",
    "keep", "matching_functions", "matching_rows", "rename", "show",
]  # fmt: skip

BY = ("file", "module")
"""By what functions are put together."""


def matching_functions(
    profile: Profile, pattern: str, *, exact: bool = False, file: str | None = None
) -> NDArray[np.bool_]:
    """Return which functions match.

    Parameters
    ----------
    profile : Profile
        Whose functions.
    pattern : str
        A regular expression. Case is ignored, and it may match anywhere in the name, the module
        or the file, as in the search box.
    exact : bool
        Whether `pattern` is instead the whole name, as it is written.
    file : str, optional
        With `exact`: the function's file too, in full or as pictures show it.
    """
    functions = profile.tables.functions
    if exact:
        found = np.array([name == pattern for name in functions.name], dtype=bool)
        if file is not None and found.any():
            short = shortened()
            rows = np.flatnonzero(found)
            files = (functions.file[row] for row in rows.tolist())
            found[rows] = [file in (one, short(one)) for one in files]
        return found
    if file is not None:
        raise OptionError(f"file={file!r} without exact=True", "a pattern is sought in files too")
    try:
        search = re.compile(pattern, re.IGNORECASE).search
    except re.error as error:
        raise OptionError(
            f"{pattern!r} is not a regular expression: {error}",
            "put a backslash before characters that are meant as they stand",
        ) from error
    # Many functions share a file and a module.
    texts = {*functions.name, *functions.module, *functions.file}
    hits = {text for text in texts if search(text)}
    rows_of_text = zip(functions.name, functions.module, functions.file, strict=True)
    return np.array([not hits.isdisjoint(row) for row in rows_of_text], dtype=bool)


def focus(
    profile: Profile, pattern: str, *, exact: bool = False, file: str | None = None
) -> Profile:
    """Return the subtrees below the outermost matching frames, merged; other samples dropped."""
    return focus_rows(profile, matching_rows(profile, pattern, exact=exact, file=file))


def focus_rows(profile: Profile, match: NDArray[np.bool_]) -> Profile:
    """Return what is at and below the outermost marked rows of the stacks table."""
    forest = Forest(profile.tables.stacks.parent)
    inside = nearest(forest, match) >= 0
    chosen = choose(profile, np.append(inside, False)[profile.samples.stack])
    return restack(chosen, forest, inside)


def hide(
    profile: Profile, pattern: str, *, exact: bool = False, file: str | None = None
) -> Profile:
    """Return the profile without matching frames: what they called moves to their callers."""
    match = matching_rows(profile, pattern, exact=exact, file=file)
    return restack(profile, Forest(profile.tables.stacks.parent), ~match)


def show(
    profile: Profile, pattern: str, *, exact: bool = False, file: str | None = None
) -> Profile:
    """Return the profile with only the matching frames; stacks may become empty."""
    match = matching_rows(profile, pattern, exact=exact, file=file)
    return restack(profile, Forest(profile.tables.stacks.parent), match)


def keep(
    profile: Profile, pattern: str, *, exact: bool = False, file: str | None = None
) -> Profile:
    """Return the samples that have a matching frame, with their whole stacks."""
    match = matching_functions(profile, pattern, exact=exact, file=file)
    return choose(profile, passing(profile, match[profile.tables.frames.function]))


def drop(
    profile: Profile, pattern: str, *, exact: bool = False, file: str | None = None
) -> Profile:
    """Return the samples that have no matching frame."""
    match = matching_functions(profile, pattern, exact=exact, file=file)
    return choose(profile, ~passing(profile, match[profile.tables.frames.function]))


def collapse_recursion(profile: Profile) -> Profile:
    """Return the profile with a function that directly calls itself drawn as one frame."""
    forest = Forest(profile.tables.stacks.parent)
    return restack(profile, forest, changes(profile, profile.tables.frames.function))


def by(profile: Profile, what: str) -> Profile:
    """Return the profile with files or modules in the place of functions.

    Frames of the same one that call each other are drawn as one.
    """
    if what not in BY:
        raise OptionError(f"by({what!r})", f"choose one of {', '.join(BY)}")
    old = profile.tables.functions
    kinds = [KINDS[kind] for kind in old.kind.tolist()]
    rows = zip(old.name, old.file, old.module, kinds, strict=True)
    new: list[Identity] = [
        (file or module or name, file, "", kind)
        if what == "file"
        else (module or file or name, "", module, kind)
        for name, file, module, kind in rows
    ]
    numbers: dict[Identity, int] = {}
    group = np.array([numbers.setdefault(one, len(numbers)) for one in new], dtype=np.int64)
    forest = Forest(profile.tables.stacks.parent)
    first = changes(profile, group[profile.tables.frames.function])
    return replace_functions(profile, forest, first, new)


def changes(profile: Profile, of_frame: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which rows of the stacks table differ from their caller in what their frames are."""
    stacks = profile.tables.stacks
    here: Int64 = of_frame[stacks.frame].astype(np.int64)
    first: NDArray[np.bool_] = (stacks.parent < 0) | (here != np.append(here, -1)[stacks.parent])
    return first


def matching_rows(
    profile: Profile, pattern: str, *, exact: bool = False, file: str | None = None
) -> NDArray[np.bool_]:
    """Return which rows of the stacks table are of a function that matches."""
    tables = profile.tables
    match = matching_functions(profile, pattern, exact=exact, file=file)
    found: NDArray[np.bool_] = match[tables.frames.function][tables.stacks.frame]
    return found
