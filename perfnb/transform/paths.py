"""Paths as people read them: relative to what they were imported from, or to home."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from perfnb.model import Profile
from perfnb.transform.rename import Identity, rename

LIBRARY_ROOT = re.compile(
    r"^.*/(?:site-packages|dist-packages|lib/python3\.\d+t?(?:/lib-dynload)?)/"
)
"""What comes before a module's own path in the well-known places."""


def shorten_paths(profile: Profile) -> Profile:
    """Return the profile with its files as `short_path` writes them.

    A picture that is passed on then names no folder of its author's.
    """
    short = shortened()

    def change(function: Identity) -> Identity:
        name, file, module, kind = function
        return name, short(file), module, kind

    return rename(profile, change)


def shortened() -> Callable[[str], str]:
    """Return `short_path` for where this process is and whose it is."""
    here, home = str(Path.cwd()), str(Path.home())
    return lambda file: short_path(file, here, home)


@lru_cache(maxsize=65536)
def short_path(file: str, here: str = "", home: str = "") -> str:
    """Return `file` below its library's root, below `here`, or below ``~``; else as it is."""
    if known := LIBRARY_ROOT.match(file):
        return file[known.end() :]
    for folder, name in ((here, ""), (home, "~/")):
        if len(folder) > 1 and file.startswith(folder.rstrip("/") + "/"):
            return name + file[len(folder.rstrip("/")) + 1 :]
    return file
