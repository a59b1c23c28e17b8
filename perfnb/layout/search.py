"""Which boxes a pattern finds, and how much of the whole they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfnb.model import CallTree


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """`matched` marks nodes whose own function matches; `fraction` counts nested ones once."""

    matched: NDArray[np.bool_]
    fraction: float


def search(tree: CallTree, functions: NDArray[np.bool_]) -> Matches:
    """Mark the nodes of the given functions.

    Parameters
    ----------
    tree : CallTree
        Where to look.
    functions : bool array, shape (functions,)
        Such as `perfnb.transform.frames.matching_functions` returns.
    """
    matched = (tree.function >= 0) & np.append(functions, False)[tree.function]
    covered = matched.copy()
    outermost = matched.copy()
    bounds = np.searchsorted(tree.depth, np.arange(tree.depth[-1] + 2))
    for level in range(1, len(bounds) - 1):
        rows = slice(bounds[level], bounds[level + 1])
        above = covered[tree.parent[rows]]
        outermost[rows] &= ~above
        covered[rows] |= above
    whole = int(tree.total[0])
    return Matches(matched, int(tree.total[outermost].sum()) / whole if whole else 0.0)
