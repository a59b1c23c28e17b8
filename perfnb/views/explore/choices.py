"""The profiles that can be chosen: those given, those of the session, those of opened files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from perfnb.errors import OptionError
from perfnb.formats.read import read_all
from perfnb.model import Profile
from perfnb.registry import load

Given = Profile | str | os.PathLike[str]


class Choices:
    """Profiles by what they are called in a list; no name twice."""

    def __init__(self) -> None:
        self._named: dict[str, Profile] = {}

    def __getitem__(self, name: str) -> Profile:
        return self._named[name]

    @property
    def names(self) -> list[str]:
        """What there is to choose."""
        return list(self._named)

    def add(self, profile: Profile, called: str = "") -> str:
        """Take in a profile, if it is not there yet, and return its name."""
        for name, known in self._named.items():
            if known is profile:
                return name
        title = called or profile.metadata.title or "untitled"
        name, number = title, 2
        while name in self._named:
            name, number = f"{title} ({number})", number + 1
        self._named[name] = profile
        return name

    def add_all(self, profiles: Mapping[str, Profile]) -> list[str]:
        """Take in the value types of one file."""
        several = len(profiles) > 1
        return [
            self.add(profile, f"{profile.metadata.title} · {kind}" if several else "")
            for kind, profile in profiles.items()
        ]

    def add_session(self) -> None:
        """Take in what was captured in this session."""
        captured: Iterable[Any] = load("perfnb:profiles").rows
        for one in captured:
            title = one.profile.metadata.title
            self.add(one.profile, title if one.cell in ("", title) else f"{one.cell} · {title}")


def opened(place: Given) -> dict[str, Profile]:
    """Return the value types of a file, or a profile as it is.

    Raises
    ------
    PerfnbError
        If it cannot be read.
    """
    if isinstance(place, Profile):
        return {place.value.kind: place}
    if isinstance(place, (str, os.PathLike)):
        return read_all(place)
    raise OptionError(
        f"a {type(place).__name__} cannot be explored", "give profiles, or paths of files"
    )
