"""What functions are called: sent once, then spoken of by number."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.model import KINDS, Frames, Functions, Profile, Stacks, Tables
from perfnb.model.tables import Int32, Int64, frozen
from perfnb.transform.condense import REST
from perfnb.transform.mine import mine
from perfnb.views.tables import pack

_Key = tuple[str, str, str, int]

REST_LINE = 2**31 - 1
"""No other frame's: line −1 would be no line."""

_REMEMBERED = 16
_NONE: Int64 = np.zeros(0, dtype=np.int64)


class Names:
    """All functions that were spoken of, numbered as they came; numbers never change.

    Parameters
    ----------
    profile : Profile
        Its functions have their own rows as numbers; the function of boxes that sum others,
        ``…``, comes after them.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        functions = profile.tables.functions
        self._rows: list[_Key] = _rows(functions)
        self._mine: list[bool] = mine(profile).tolist()
        self._number = {row: at for at, row in enumerate(self._rows)}
        self.rest = self._of((REST, "", "", KINDS.index("synthetic")), False)
        self.first = len(self._rows)
        # The tables are kept with their numbers: an address alone may be another's later.
        self._known: list[tuple[Functions, Int32]] = [
            (functions, frozen(np.arange(len(functions)), np.int32))
        ]

    def __len__(self) -> int:
        return len(self._rows)

    def numbers(self, tables: Tables) -> Int32:
        """Return the number of each function of a filtered profile or its tree."""
        functions = tables.functions
        for known, numbers in self._known:
            if known is functions:
                return numbers
        own = mine(self._like(tables)).tolist()
        found = [self._of(row, is_own) for row, is_own in zip(_rows(functions), own, strict=True)]
        numbers = frozen(np.array(found, dtype=np.int32), np.int32)
        # The first one stays.
        del self._known[1 : len(self._known) - _REMEMBERED + 2]
        self._known.append((functions, numbers))
        return numbers

    def since(self, known: int) -> list[list[Any]]:
        """Return name, file, module, kind and mine of the functions from number `known` on."""
        rows = zip(self._rows[known:], self._mine[known:], strict=True)
        return [[*map(_sendable, row[:3]), row[3], int(own)] for row, own in rows]

    def by_text(self) -> dict[_Key, int]:
        """Return the numbers by what tables for people call the functions."""
        return {
            (*(_text(part) for part in row[:3]), row[3]): at  # type: ignore[misc]
            for at, row in enumerate(self._rows)
        }

    def _like(self, tables: Tables) -> Profile:
        return replace(self._profile, tables=tables, samples=self._profile.samples.take(_NONE))

    def _of(self, row: _Key, own: bool) -> int:
        number = self._number.setdefault(row, len(self._rows))
        if number == len(self._rows):
            self._rows.append(row)
            self._mine.append(own)
        return number


def packed_names(profile: Profile, names: Names, end: int | None) -> bytes:
    """Return a profile as the browser decodes it: functions, threads, meta, and no samples.

    Parameters
    ----------
    profile : Profile
        Whose start is known if it has times.
    names : Names
        That were made of it.
    end : int, optional
        Nanoseconds from its start to its end.
    """
    rows = names._rows[: names.first]
    name, file, module = (tuple(str(row[at]) for row in rows) for at in range(3))
    kinds = frozen(np.array([row[3] for row in rows], dtype=np.uint8), np.uint8)
    nothing: NDArray[np.int32] = np.zeros(0, dtype=np.int32)
    tables = replace(
        profile.tables,
        functions=Functions(name, file, module, kinds),
        frames=Frames(nothing, nothing),
        stacks=Stacks(nothing, nothing),
        labels=(),
    )
    samples = replace(profile.samples.take(_NONE), label=None)
    start = profile.metadata.start_monotonic_ns
    metadata = profile.metadata
    if start is not None and end is not None:
        metadata = replace(metadata, end_monotonic_ns=start + end)
    empty = Profile(profile.value, tables, samples, metadata)
    return pack(empty, mine=np.array(names._mine[: names.first], dtype=bool))


def _rows(functions: Functions) -> list[_Key]:
    f = functions
    return list(zip(f.name, f.file, f.module, f.kind.tolist(), strict=True))


def _text(text: str) -> str:
    """Return a text as `Profile.functions` has it."""
    return text.encode("utf-8", "replace").decode()


def _sendable(text: str) -> str:
    """Return a text that can be sent: a path that is not UTF-8 comes with lone surrogates."""
    return _text(text)
