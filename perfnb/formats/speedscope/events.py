"""The stacks between frames that open and close."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from perfnb.formats.speedscope.schema import Event


class WrongEvent(Exception):
    """Events that do not fit each other.

    Parameters
    ----------
    what : str
        What is wrong.
    index : int, optional
        With which of them.
    """

    def __init__(self, what: str, index: int | None = None) -> None:
        super().__init__(what)
        self.place = "" if index is None else f"[{index}]"


def stacks_after(
    events: Sequence[Event],
    at: NDArray[np.float64],
    frames: Sequence[int],
    names: Sequence[str],
    tree: dict[tuple[int, int], int],
) -> NDArray[np.int64]:
    """Return the row of the stack after each event; −1 where no frame is open.

    Parameters
    ----------
    events : sequence of Event
    at : float array
        When each is.
    frames : sequence of int
        The row of the frames table that each is about; −1 for one that is not shown.
    names : sequence of str
        What the file's frames are called.
    tree : dict
        Rows of stacks by (parent, frame); new ones are added.

    Raises
    ------
    WrongEvent
        If one is before the one above it, or closes another frame than the innermost; or
        if a frame stays open. speedscope opens no such file.
    """

    def name(frame: int) -> str:
        return f"frame {frame} ({names[frame]!r})"

    back = np.flatnonzero(at[1:] < at[:-1])
    if len(back):
        last = int(back[0])
        raise WrongEvent(f"is at {at[last + 1]:g}, but the one before it at {at[last]:g}", last + 1)
    rows = np.empty(len(events), dtype=np.int64)
    row = -1
    path: list[tuple[int, int]] = []
    for index, (event, frame) in enumerate(zip(events, frames, strict=True)):
        if event.type == "O":
            path.append((row, event.frame))
            row = tree.setdefault((row, frame), len(tree)) if frame >= 0 else row
        elif path and path[-1][1] == event.frame:
            row = path.pop()[0]
        else:
            inside = f"inside {name(path[-1][1])}" if path else "when none is open"
            raise WrongEvent(f"closes {name(event.frame)} {inside}", index)
        rows[index] = row
    if path:
        raise WrongEvent(f"never close {name(path[-1][1])}")
    return rows
