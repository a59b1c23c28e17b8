"""The profiles captured in this session: `perfnb.profiles`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from perfnb.model import Profile

KEPT = 50
"""How many profiles of a session are kept, the latest ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """A profile, and the cell that captured it, such as ``In [5]``."""

    profile: Profile
    cell: str


class Profiles(Sequence["Profile"]):
    """The profiles captured in this session, the latest last.

    They come from ``%%flame``, ``%flame``, ``%flame --file`` and `perfnb.record`; the last 50
    are kept. ``profiles[-1]`` is the latest, ``profiles[2]`` that with the number 2 in the list
    that ``%perfnb`` shows, and ``profiles["In [5]"]`` the latest with this title or of this cell.

    Parameters
    ----------
    rows : callable
        Returns what there is.
    """

    def __init__(self, rows: Callable[[], Sequence[Captured]]) -> None:
        self._rows = rows

    @property
    def rows(self) -> list[Captured]:
        """The profiles with their cells."""
        return [*self._rows()]

    def find(self, key: int | str) -> int:
        """Return the position of a profile.

        Parameters
        ----------
        key : int or str
            A position, from the end if it is negative; or a title or cell.

        Raises
        ------
        IndexError, KeyError
            If there is none, with what there is.
        """
        rows = self.rows
        if not isinstance(key, str):
            key = index(key)
            if not -len(rows) <= key < len(rows):
                raise IndexError(f"no profile {key}: {_there_are(len(rows))}")
            return key % len(rows)
        for told in ([one.profile.metadata.title for one in rows], [one.cell for one in rows]):
            if key in told:
                return len(rows) - 1 - told[::-1].index(key)
        raise KeyError(f"no profile called {key!r}: {_there_are(len(rows))}")

    @overload
    def __getitem__(self, key: int | str) -> Profile: ...

    @overload
    def __getitem__(self, key: slice) -> list[Profile]: ...

    def __getitem__(self, key: int | str | slice) -> Profile | list[Profile]:
        rows = self.rows
        if isinstance(key, slice):
            return [one.profile for one in rows[key]]
        return rows[self.find(key)].profile

    def __len__(self) -> int:
        return len(self._rows())

    def __iter__(self) -> Iterator[Profile]:
        return iter([one.profile for one in self.rows])

    def __repr__(self) -> str:
        from perfnb.notebook.listing import as_text

        return as_text(self.rows)

    def _repr_html_(self) -> str:
        from perfnb.notebook.listing import as_html

        return as_html(self.rows)


def store() -> deque[Captured]:
    """Return where a session keeps its profiles: of too many the oldest are forgotten."""
    return deque(maxlen=KEPT)


def _there_are(count: int) -> str:
    if not count:
        return "none has been captured yet"
    return f"there are {count}, `%perfnb` lists them" if count > 1 else "there is only profile 0"


def _latest_session() -> Sequence[Captured]:
    import perfnb

    session = next(reversed(perfnb._sessions.values()), None)
    return session.captured if session else ()


profiles = Profiles(_latest_session)
"""Those of the shell that loaded perfnb last."""
