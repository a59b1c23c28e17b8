"""What samples waited for: frames of kind "wait" at the end of their stacks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perfnb.model import KINDS, Profile
from perfnb.model.contract import nearest
from perfnb.model.forest import Forest
from perfnb.model.tables import Int64

_WAIT = KINDS.index("wait")


def reasons_of(profile: Profile) -> Int64:
    """Return for each row of the stacks table the function that says what it waits for.

    It is the outermost of the wait frames that the stack ends in: what stands below it tells
    more, such as who held the lock. −1 for a stack that ends in code.
    """
    stacks = profile.tables.stacks
    waits = wait_functions(profile)[profile.tables.frames.function[stacks.frame]]
    if not waits.any():
        return np.full(len(stacks), -1, dtype=np.int64)
    begins = waits & ~np.append(waits, False)[stacks.parent]
    # Between a wait frame and the beginning of its run are wait frames only.
    first = nearest(Forest(stacks.parent), begins)
    return np.where(waits, profile.tables.frames.function[stacks.frame[first]], -1)


def wait_functions(profile: Profile) -> NDArray[np.bool_]:
    """Return which functions stand for waiting."""
    found: NDArray[np.bool_] = profile.tables.functions.kind == _WAIT
    return found
