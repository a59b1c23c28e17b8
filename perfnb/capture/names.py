"""From a file's path to the module a person knows it by."""

from __future__ import annotations

import re
from functools import lru_cache

from perfnb.model.files import is_native
from perfnb.transform.paths import LIBRARY_ROOT

_FROZEN = re.compile(r"^<frozen (.+)>$")
_LIBRARY = re.compile(r"\.(?:so(?:\.[\d.]+)?|dylib|dll|pyd)$")


@lru_cache(maxsize=65536)
def module_of(file: str, roots: tuple[str, ...] = ()) -> str:
    """Return the dotted module of a source file, a library's name for a library.

    Parameters
    ----------
    file : str
        A path, or Python's ``<frozen name>`` and ``<string>``.
    roots : tuple of str
        Folders from which modules are imported, tried before the well-known ones.
    """
    if frozen := _FROZEN.match(file):
        return frozen[1]
    if is_native(file):
        return _LIBRARY.sub("", file.rpartition("/")[2])
    if file.startswith("<"):
        return ""
    below = [root for root in roots if root and file.startswith(root.rstrip("/") + "/")]
    known = LIBRARY_ROOT.match(file)
    if known:
        below.append(known[0])
    rest = file[len(max(below, key=len).rstrip("/")) + 1 :] if below else file.rpartition("/")[2]
    stem = rest.removesuffix(".py").removesuffix("/__init__")
    return stem.replace("/", ".")
