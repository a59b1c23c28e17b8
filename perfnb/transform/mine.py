"""Which functions are the user's own, and putting away the others."""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib.machinery import PathFinder
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfnb.model import KINDS, Profile
from perfnb.model.calltree import CELL_FILE
from perfnb.model.files import is_native
from perfnb.model.forest import Forest
from perfnb.transform.paths import LIBRARY_ROOT
from perfnb.transform.rename import Identity
from perfnb.transform.restack import replace_functions

_PYTHON, _WAIT = KINDS.index("python"), KINDS.index("wait")


def mine(profile: Profile, *roots: str) -> NDArray[np.bool_]:
    """Return which functions are of cells or of Python files that are the user's own.

    Those are files that are not of the standard library or of an installed package.

    Parameters
    ----------
    profile : Profile
        Whose functions.
    *roots : str
        Folders: if any are given, files below them are the user's own, and no others. An
        environment inside of one is not.
    """
    functions = profile.tables.functions
    folders = tuple(
        f"{folder}/"
        for root in map(Path, roots)
        for folder in (root.expanduser().absolute(), root.expanduser().resolve())
    )
    here = str(Path.cwd())
    rows = zip(functions.file, functions.kind.tolist(), strict=True)
    return np.array(
        [kind == _PYTHON and _is_mine(file, here, folders) for file, kind in rows], dtype=bool
    )


def only_my_code(profile: Profile, *roots: str) -> Profile:
    """Return the profile with each run of frames that are not the user's own as one frame.

    It has the name of the package that the outermost of them is of, in brackets. What was waited
    for belongs to no package, and stays.

    Parameters
    ----------
    profile : Profile
        What to rewrite.
    *roots : str
        As `mine` takes them.
    """
    functions, stacks = profile.tables.functions, profile.tables.stacks
    own = mine(profile, *roots) | (functions.kind == _WAIT)
    kinds = [KINDS[kind] for kind in functions.kind.tolist()]
    rows = zip(functions.name, functions.file, functions.module, kinds, own.tolist(), strict=True)
    new = [None if is_own else _package(*row) for *row, is_own in rows]
    here = own[profile.tables.frames.function][stacks.frame]
    # The first of a run has none of the others above it.
    kept = here | (stacks.parent < 0) | here[stacks.parent]
    return replace_functions(profile, Forest(stacks.parent), kept, new)


def _package(name: str, file: str, module: str, kind: str) -> Identity:
    package = module.partition(".")[0]
    text = package or file or name
    # Done twice it is the same.
    in_brackets = text.startswith("[") and text.endswith("]")
    return text if in_brackets else f"[{text}]", "", package, kind


# The file decides: it is what is left of a function when pictures put functions together by file.
@lru_cache(maxsize=65536)
def _is_mine(file: str, here: str, folders: tuple[str, ...]) -> bool:
    if file.startswith(CELL_FILE):
        return True
    if not file or file.startswith("<") or is_native(file):
        return False
    if folders:
        whole = str(Path(here, str(Path.home()) + file[1:] if file.startswith("~/") else file))
        below = [folder for folder in folders if whole.startswith(folder)]
        inside = any(not LIBRARY_ROOT.match(whole[len(folder) - 1 :]) for folder in below)
        return inside and (whole == file or not _is_library(file, here))
    return not _is_library(file, here)


def _is_library(file: str, here: str) -> bool:
    if LIBRARY_ROOT.match(file):
        return True
    if file.startswith(("/", "~")) or Path(here, file).is_file():
        return False
    # As `short_path` writes a library's file.
    package = file.partition("/")[0].removesuffix(".py")
    return package in sys.stdlib_module_names or _is_installed(package)


@lru_cache(maxsize=4096)
def _is_installed(package: str) -> bool:
    """Return whether an installed package or module has this name."""
    places = [place for place in sys.path if LIBRARY_ROOT.match(place + "/")]
    try:
        spec = PathFinder.find_spec(package, places)
    except (ImportError, ValueError):
        return False
    # A folder without modules is found as a namespace: bin, docs.
    return spec is not None and spec.origin is not None
