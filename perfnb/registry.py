"""Entry rows and lazy look-up.

A package that can be extended holds a `Registry` of rows in its ``__init__``. A
row's target is a string ``"module:attribute"``, so that listing rows imports
nothing heavy: magics, choices on the command line and menus are derived from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One extension.

    Parameters
    ----------
    name : str
        How users name it.
    target : str
        ``"package.module:attribute"``, imported when first used.
    summary : str
        One line for people.
    suffixes : tuple of str
        File endings, for formats.
    magic : tuple of bytes
        How files of the format begin, where they do so alike: no need to load it for others.
    """

    name: str
    target: str
    summary: str
    suffixes: tuple[str, ...] = ()
    magic: tuple[bytes, ...] = ()

    def load(self) -> Any:
        """Import the target and return it."""
        module, _, attribute = self.target.partition(":")
        return getattr(import_module(module), attribute)


@dataclass(frozen=True, slots=True)
class Registry:
    """The rows of one extension point, in order of preference."""

    what: str
    rows: tuple[Entry, ...] = field(default=())

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.rows)

    def names(self) -> tuple[str, ...]:
        """Return the names of all rows."""
        return tuple(row.name for row in self.rows)

    def get(self, name: str) -> Entry:
        """Return the row called `name`.

        Raises
        ------
        KeyError
            If there is none; the message lists those there are.
        """
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"no {self.what} called {name!r}; known: {', '.join(self.names())}")

    def by_suffix(self, path: str) -> Entry | None:
        """Return the row whose suffix `path` ends with (the longest wins), or None."""
        found: tuple[int, Entry] | None = None
        for row in self.rows:
            for suffix in row.suffixes:
                if path.lower().endswith(suffix) and (found is None or len(suffix) > found[0]):
                    found = (len(suffix), row)
        return found[1] if found else None


def load(path: str) -> Any:
    """Import ``"module:attribute"``: how the model reaches what lies above it when called."""
    return Entry("", path, "").load()
