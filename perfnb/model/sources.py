"""The source text behind a profile's functions: as it was recorded, or as it is now."""

from __future__ import annotations

import importlib.util
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfnb.model.profile import Profile

LARGEST = 1 << 20
"""Bytes of a file's text that is kept or shown; what is larger was not written by a person."""

Stamp = tuple[int, int]
"""A file's time of modification in nanoseconds, and its size."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """What a recording knows of one file.

    Attributes
    ----------
    text : str or None
        Its whole text as it was; None if it was not kept.
    stamp : (int, int) or None
        When it had been written (nanoseconds) and how long it was; None for what is no file.
    """

    text: str | None = None
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True)
class SourceLines:
    """A file's text, to be shown.

    Attributes
    ----------
    lines : tuple of str
        Without line ends; none if there is no text.
    note : str
        What a reader must know of it: that it may not fit, or why there is none.
    """

    lines: tuple[str, ...]
    note: str = ""


def source_of(profile: Profile, file: str) -> SourceLines:
    """Return the text of a file of the profile's functions, the recorded one if it was kept."""
    kept = profile.sources.get(file)
    if kept is not None and kept.text is not None:
        changed = (
            f"{file} has changed since the recording; this is its text as it was recorded"
            if _differs(file, kept)
            else ""
        )
        return SourceLines(split_lines(kept.text), changed)
    if not file or is_no_file(file):
        return SourceLines((), f"the text of {file or 'this function'} was not kept")
    text, reason = read_text(file)
    if text is None:
        return SourceLines((), f"{file}: {reason}")
    if kept is None or kept.stamp is None:
        note = "the file as it is now; the profile does not tell what it was when it was recorded"
    elif stamp_of(file) != kept.stamp:
        note = f"{file} has changed since the recording: lines may not fit"
    else:
        note = ""
    return SourceLines(split_lines(text), note)


def renamed(
    sources: Mapping[str, SourceText], old: Iterable[str], new: Iterable[str]
) -> dict[str, SourceText]:
    """Return sources under the files' new names, those without a name left out.

    Where several files become one, that with the longest text is it: a statement that was
    timed and the cell in which it stands, for example.
    """
    found: dict[str, SourceText] = {}
    if sources:
        for before, after in dict.fromkeys(zip(old, new, strict=True)):
            source, other = sources.get(before), found.get(after)
            if source and (other is None or len(other.text or "") < len(source.text or "")):
                found[after] = source
    return found


def is_no_file(file: str) -> bool:
    """Return whether `file` is a name that Python or perfnb gave to what is no file."""
    return file.startswith(("<", "In ["))


def stamp_of(file: str) -> Stamp | None:
    """Return the stamp of a regular file; None if there is none of this name."""
    try:
        found = os.stat(file)  # noqa: PTH116  (a recording asks for hundreds)
    except (OSError, ValueError):
        return None
    return (found.st_mtime_ns, found.st_size) if stat.S_ISREG(found.st_mode) else None


def read_text(file: str) -> tuple[str | None, str]:
    """Return the text of a source file, or None and the reason why there is none."""
    stamp = stamp_of(file)
    if stamp is None:
        return None, "there is no such file here"
    if stamp[1] > LARGEST:
        return None, f"it is larger than {LARGEST >> 20} MB"
    try:
        with open(file, "rb") as opened:  # noqa: PTH123
            data = opened.read(LARGEST + 1)
    except OSError as error:
        return None, error.strerror or str(error)
    return decoded(data), ""


def decoded(data: bytes) -> str:
    """Return source text as Python reads it; what cannot be decoded is shown as such."""
    try:
        return importlib.util.decode_source(data)
    except (SyntaxError, UnicodeDecodeError):
        text = data.decode("utf-8", "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n")


def split_lines(text: str) -> tuple[str, ...]:
    """Return lines as Python counts them: a form feed, say, ends none."""
    lines = text.split("\n")
    return tuple(lines[:-1] if not lines[-1] else lines)


def _differs(file: str, kept: SourceText) -> bool:
    """Return whether the file on disk has another text than the one that was kept."""
    if kept.stamp is None or (now := stamp_of(file)) is None or now == kept.stamp:
        return False
    return read_text(file)[0] != kept.text
