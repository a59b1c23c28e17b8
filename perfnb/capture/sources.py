"""Keeping the source text of what was recorded, as it was when it was recorded."""

from __future__ import annotations

import linecache
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from perfnb.model import KINDS, Profile
from perfnb.model.sources import LARGEST, SourceText, is_no_file, read_text, stamp_of

MOST = 16 << 20
"""Bytes of text that are kept with one profile."""

_PYTHON = KINDS.index("python")


def with_sources(profile: Profile) -> Profile:
    """Return the profile with the texts of cells and of the user's own files.

    Of library files only the stamp is kept: it tells whether they are still the same.
    """
    return replace(profile, sources=_sources(profile))


def _sources(profile: Profile) -> Mapping[str, SourceText]:
    from perfnb.transform.mine import mine

    functions = profile.tables.functions
    python = np.flatnonzero(functions.kind == _PYTHON).tolist()
    own = mine(profile)
    mine_of: dict[str, bool] = {}
    for row in python:
        file = functions.file[row]
        mine_of[file] = mine_of.get(file, False) or bool(own[row])
    left = MOST
    found = {}
    for file, is_mine in mine_of.items():
        # What was compiled from a string is known to nobody else: a cell, say, or `<doctest …>`.
        text, stamp = _registered(file), None
        if text is None:
            stamp = None if is_no_file(file) else stamp_of(file)
            if stamp is None:
                continue
            if is_mine and stamp[1] <= left:
                text, _ = read_text(file)
        # In memory a character may take four bytes, in files it seldom takes more than one.
        if text is not None and (len(text) > LARGEST or len(text) > left):
            text = None
        left -= len(text or "")
        if text is not None or stamp is not None:
            found[file] = SourceText(text, stamp)
    return found


def _registered(file: str) -> str | None:
    """Return the text of what is no file, which whoever compiled it told to `linecache`."""
    if file.startswith("<frozen "):
        return None
    if file.startswith("<"):
        # Not only its cache: doctest answers in its own way.
        lines = linecache.getlines(file)
    else:
        entry = linecache.cache.get(file)
        # Files have a time of modification there; ends that are loaded when needed, one part.
        lines = entry[2] if entry is not None and len(entry) == 4 and entry[1] is None else []
    return "".join(lines) or None
