"""What kind of function a frame is of, as far as the file tells."""

from __future__ import annotations

import numpy as np

from perfnb.formats.gecko.schema import Category
from perfnb.model.tables import KINDS, Int64

_KERNEL = ("[kernel", "[guest.kernel", "vmlinux")
PYTHON, COMPILED, IN_KERNEL, MADE_UP = map(KINDS.index, ("python", "native", "kernel", "synthetic"))


def category_kinds(categories: list[Category] | None) -> Int64:
    """Return the kind of each category; −1 where it says nothing, as Firefox's mostly do."""
    names = [category.name.lower() for category in categories or ()]
    kinds = [KINDS.index(name) if name in KINDS else -1 for name in names]
    return np.array(kinds, dtype=np.int64)


def function_kind(name: str, file: str, module: str) -> int:
    """Return the kind of a function whose frames have no telling category.

    JavaScript has no kind of its own: it is compiled code like any other.
    """
    if file.endswith(".py"):
        return PYTHON
    if module.rpartition("/")[2].startswith(_KERNEL) or module.endswith(".ko"):
        return IN_KERNEL
    return MADE_UP if name == "(root)" else COMPILED
