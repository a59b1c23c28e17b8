"""Giving the time that event loops slept to the tasks that waited meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from perfnb.capture.offcpu.awaits import Awaited, awaited
from perfnb.capture.offcpu.frames import Life
from perfnb.capture.offcpu.segments import BLOCKED
from perfnb.capture.offcpu.tasks import Task, TaskLooks
from perfnb.model import STATES, ProfileBuilder, Tables, Thread

_TURN_NS = 1_000_000
_SELECTORS = ("selectors", "asyncio.selector_events", "asyncio.base_events", "uvloop.loop")


def task_rows(
    looks: TaskLooks | None,
    builder: ProfileBuilder,
    lives: Sequence[Life],
    label: Callable[[NDArray[np.uint8]], NDArray[np.int64]],
) -> tuple[NDArray[np.int64], dict[int, NDArray[np.int64]]]:
    """Return the waits of tasks as rows of samples, each task as a thread of its own.

    Parameters
    ----------
    looks : TaskLooks, optional
        What the tasks were seen awaiting.
    builder : ProfileBuilder
        Gets frames, stacks and threads.
    lives : sequence of Life
        All threads.
    label : callable
        See `Frames.label`.

    Returns
    -------
    rows : int64 array, shape (n, 8)
        See `Frames.samples`.
    explained : dict of int to array
        For loops' threads, by their position in `lives`: the pieces in which they only waited
        for what tasks waited for.
    """
    rows = [np.zeros((0, 8), dtype=np.int64)]
    explained: dict[int, NDArray[np.int64]] = {}
    if looks is None or not looks.tasks:
        return rows[0], explained
    loops = {task.thread for task in looks.tasks}
    selecting = _selecting(builder.tables())
    chains = [
        builder.push(
            builder.stack(builder.frame(one.name, one.file, one.line, one.module) for one in chain),
            builder.frame(reason.name, kind="wait"),
        )
        for chain, reason in zip(looks.chains, looks.reasons, strict=True)
    ]
    for index, life in enumerate(lives):
        if life.thread.tid not in loops:
            continue
        pieces = life.pieces
        asleep = np.flatnonzero(
            (pieces.state == BLOCKED) & np.append(selecting, False)[np.maximum(pieces.stack, -1)]
        )
        found = awaited(looks, life.thread.tid, pieces.start[asleep], pieces.duration[asleep])
        explained[index] = asleep[found.explained]
        threads = np.array(
            [builder.thread(_thread(life.thread, number, task)) if number in {*found.task} else -1
             for number, task in enumerate(looks.tasks)], dtype=np.int64,
        )  # fmt: skip
        n = len(found)
        nobody = np.full(n, -1)
        rows.append(
            np.stack(
                [
                    np.array(chains, dtype=np.int64)[found.chain],
                    threads[found.task],
                    found.start,
                    _until_the_loop_came_round(found),
                    np.full(n, STATES.index("off-CPU")),
                    label(found.how),
                    nobody,
                    nobody,
                ],
                axis=1,
            ).astype(np.int64)
        )
    return np.concatenate(rows), explained


def _until_the_loop_came_round(found: Awaited) -> NDArray[np.int64]:
    """Return how long the waits lasted, up to the task's next one if that follows at once.

    Between two waits of a task its loop ran, for this task and for others. What is over in a
    millisecond was mostly for others: the task waited for its turn.
    """
    order = np.lexsort((found.start, found.task))
    task, start = found.task[order], found.start[order]
    duration = found.duration[order].copy()
    gap = start[1:] - start[:-1] - duration[:-1]
    short = (task[1:] == task[:-1]) & (gap > 0) & (gap <= _TURN_NS)
    duration[:-1][short] += gap[short]
    result = np.empty_like(duration)
    result[order] = duration
    return result


def _selecting(tables: Tables) -> NDArray[np.bool_]:
    """Return which stacks are those of an event loop with nothing to run."""
    module = np.array([one in _SELECTORS for one in tables.functions.module], dtype=bool)
    leaf: NDArray[np.bool_] = module[tables.frames.function[tables.stacks.frame]]
    return leaf


def _thread(loop: Thread, number: int, task: Task) -> Thread:
    coroutine = task.coroutine.rpartition(".")[2]
    name = f"{task.name} ({coroutine})" if coroutine else task.name
    # No thread of the kernel's has such a number.
    return Thread(loop.pid, -number - 1, name, loop.process)
