"""Cutting off the frames of the machinery that called the code of interest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from perfnb.model import Profile
from perfnb.model.tables import frozen
from perfnb.transform.rewrite import Push, rewrite

_MACHINERY, _PLAIN, _INSIDE, _RUN, _BEYOND = range(5)


def trim(
    profile: Profile,
    inner: NDArray[np.bool_],
    outer: NDArray[np.bool_],
    border: NDArray[np.bool_],
    runner: NDArray[np.bool_],
) -> tuple[Profile, NDArray[np.bool_]]:
    """Cut each stack above its outermost frame of interest.

    Parameters
    ----------
    profile : Profile
        What to trim.
    inner : bool array, shape (functions,)
        The functions of interest, such as those of a notebook's cells.
    outer : bool array, shape (functions,)
        The machinery. A stack without a function of interest loses the run of
        machinery at its root.
    border : bool array, shape (functions,)
        Functions above which nothing is kept, wherever they are, and below which only
        functions of interest begin a stack.
    runner : bool array, shape (functions,)
        Functions that run code of interest: below one, such code begins the stack anew.

    Returns
    -------
    trimmed : Profile
        Stacks of nothing but machinery, or with nothing of interest below a border,
        come out empty (−1).
    empty : bool array, shape (samples,)
        Which those are.
    """
    function = profile.tables.frames.function
    is_inner: list[bool] = inner[function].tolist()
    is_outer: list[bool] = outer[function].tolist()
    is_border: list[bool] = border[function].tolist()
    is_runner: list[bool] = runner[function].tolist()
    state: dict[int, int] = {}

    def rule(parent: int, frame: int, push: Push) -> int:
        if is_border[frame]:
            row = push(-1, frame)
            state[row] = _BEYOND
            return row
        above = state.get(parent, _MACHINERY) if parent >= 0 else _MACHINERY
        # The outermost frame of interest begins the stack; further ones inside it do not.
        if is_inner[frame] and above != _INSIDE:
            row = push(-1, frame)
            state[row] = _INSIDE
            return row
        if above == _BEYOND:
            return parent
        if above == _MACHINERY and is_outer[frame]:
            return -1
        row = push(parent, frame)
        below = _PLAIN if above == _MACHINERY else above
        state.setdefault(row, _RUN if is_runner[frame] else below)
        return row

    trimmed = rewrite(profile, rule)
    samples = trimmed.samples
    beyond = [row for row, known in state.items() if known == _BEYOND]
    empty = (samples.stack < 0) | np.isin(samples.stack, beyond)
    stack = frozen(np.where(empty, -1, samples.stack), np.int32)
    return trimmed.with_samples(replace(samples, stack=stack)), empty
