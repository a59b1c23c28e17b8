"""`CallTree`: stacks merged from the root, ready to be laid out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from perfnb.errors import OptionError
from perfnb.model.forest import Forest
from perfnb.model.levels import merge_levels
from perfnb.model.profile import Profile
from perfnb.model.tables import Functions, Int32, Int64, Tables, Thread, frozen

CELL_FILE = "In ["
"""How the file of a function defined in a notebook cell begins."""

MERGE = ("cell", "line", "function")
"""What counts as the same frame: `CallTree.of` explains."""


@dataclass(frozen=True, slots=True, eq=False)
class CallTree:
    """Nodes in breadth-first order, row 0 the root, siblings ordered by name.

    Attributes
    ----------
    parent : int32
        Row of the caller; −1 for the root.
    depth : int32
        0 for the root.
    function, line, thread : int32
        What the node is; −1, 0 and −1 where it has none. A node that merges
        several lines of a function has line 0; a node of a thread has no function.
    self, total : int64
        Weight at the node itself, and with everything it called.
    self_samples, total_samples : int64
        The same as numbers of samples.
    hidden : int64
        How many boxes too narrow to be drawn are summed in the node.

    Notes
    -----
    Σ self = total of the root; the total of a node is its self plus the totals of
    its children.
    """

    tables: Tables
    parent: Int32
    depth: Int32
    function: Int32
    line: Int32
    thread: Int32
    self: Int64
    total: Int64
    self_samples: Int64
    total_samples: Int64
    hidden: Int64

    def __len__(self) -> int:
        return len(self.parent)

    @classmethod
    def of(cls, profile: Profile, merge: str = "cell", *, split_threads: bool = False) -> CallTree:
        """Merge the stacks of `profile`.

        Parameters
        ----------
        profile : Profile
            What to merge.
        merge : {"cell", "line", "function"}
            Which frames are the same: "function" those of one function, "line"
            those at one line of it, "cell" lines in notebook cells and functions
            elsewhere.
        split_threads : bool
            Whether each thread gets a node of its own below the root.
        """
        if merge not in MERGE:
            raise OptionError(f"merge={merge!r}", f"choose one of {', '.join(MERGE)}")
        tables, samples = profile.tables, profile.samples
        keys = FrameKeys.of(tables, merge)
        threads: list[int] = [-1]
        if split_threads:
            threads = np.unique(samples.thread).tolist()
        trees = []
        forest = Forest(tables.stacks.parent)
        for thread in threads:
            rows = slice(None) if thread < 0 else samples.thread == thread
            trees.append(
                merge_levels(
                    forest,
                    keys.of_frame[tables.stacks.frame],
                    samples.stack[rows],
                    samples.weight[rows],
                    1 if samples.count is None else samples.count[rows],
                    tables.stacks.hidden,
                )
            )
        parent, depth, key, weight, count, hidden, owner = _under_one_root(
            trees, threads, split_threads
        )
        total, total_samples = weight.copy(), count.copy()
        for level in _levels_from_below(depth):
            np.add.at(total, parent[level], total[level])
            np.add.at(total_samples, parent[level], total_samples[level])
        known = key >= 0
        return cls(
            tables=tables,
            parent=frozen(parent, np.int32),
            depth=frozen(depth, np.int32),
            function=frozen(np.where(known, keys.function[key], -1), np.int32),
            line=frozen(np.where(known, keys.line[key], 0), np.int32),
            thread=frozen(owner, np.int32),
            self=frozen(weight, np.int64),
            total=frozen(total, np.int64),
            self_samples=frozen(count, np.int64),
            total_samples=frozen(total_samples, np.int64),
            hidden=frozen(hidden, np.int64),
        )

    def label(self, node: int) -> str:
        """Return the node's name as it is drawn."""
        if self.thread[node] >= 0:
            return thread_label(self.tables.threads, int(self.thread[node]))
        if self.function[node] < 0:
            return "all"
        if self.hidden[node]:
            return f"… {self.hidden[node]:,} more"
        return frame_label(self.tables.functions, int(self.function[node]), int(self.line[node]))

    def children(self, node: int) -> Iterator[int]:
        """Yield the rows of what `node` called."""
        # Breadth-first order keeps siblings together and sorted by their parent.
        low, high = np.searchsorted(self.parent, [node, node + 1])
        yield from range(max(int(low), 1), int(high))


@dataclass(frozen=True, slots=True, eq=False)
class FrameKeys:
    """Which frames are merged: `of_frame` numbers them in drawing order."""

    of_frame: Int64
    function: Int64
    line: Int64

    @classmethod
    def of(cls, tables: Tables, merge: str) -> FrameKeys:
        """Number the frames of `tables`, merged as `CallTree.of` says."""
        functions, frames = tables.functions, tables.frames
        rank = function_order(functions)
        line = frames.line.astype(np.int64)
        if merge == "function":
            line = np.zeros_like(line)
        elif merge == "cell":
            cell = np.array([file.startswith(CELL_FILE) for file in functions.file], dtype=bool)
            line = np.where(cell[frames.function], line, 0) if len(frames) else line
        function = frames.function.astype(np.int64)
        packed = (rank[function] << 32) | line if len(frames) else line
        _, first, of_frame = np.unique(packed, return_index=True, return_inverse=True)
        # Row −1 is read for nodes without a frame and replaced by the caller.
        return cls(
            of_frame.astype(np.int64),
            np.append(function[first], -1),
            np.append(line[first], 0),
        )


def function_order(functions: Functions) -> Int64:
    """Return each function's position when sorted by name, file, module and kind.

    Text is compared by UTF-16 code units, as JavaScript does, so that the kernel
    and the browser draw the same picture.
    """

    def units(text: str) -> bytes:
        return text.encode("utf-16-be", "surrogatepass")

    order = sorted(
        range(len(functions)),
        key=lambda i: (
            units(functions.name[i]),
            units(functions.file[i]),
            units(functions.module[i]),
            int(functions.kind[i]),
        ),
    )
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank


def frame_label(functions: Functions, function: int, line: int) -> str:
    """Return a frame's name: ``In [5]:12 train`` in a cell, the function's name elsewhere."""
    name, file = functions.name[function], functions.file[function]
    if not file.startswith(CELL_FILE):
        return name
    place = f"{file}:{line}" if line else file
    return place if name == "<module>" else f"{place} {name}"


def thread_label(threads: Sequence[Thread], row: int) -> str:
    """Return a thread's name, with whatever tells it from its namesakes."""
    thread = threads[row]
    parts = [thread.name or f"thread {thread.tid}"]
    others = [other for at, other in enumerate(threads) if at != row]
    if any((o.name, o.pid) == (thread.name, thread.pid) for o in others):
        parts.append(f"tid {thread.tid}")
    if any(other.pid != thread.pid for other in others):
        parts.append(f"{thread.process or 'process'} {thread.pid}")
    if any(other.host != thread.host for other in others):
        parts.append(thread.host)
    return " · ".join(parts)


_Trees = list[tuple[Int64, Int64, Int64, Int64, Int64, Int64]]


def _under_one_root(
    trees: _Trees, threads: list[int], split: bool
) -> tuple[Int64, Int64, Int64, Int64, Int64, Int64, Int64]:
    """Put the per-thread trees below one root, in breadth-first order."""
    if not split:
        return *trees[0], np.full(len(trees[0][0]), -1, dtype=np.int64)
    start, parts = 1, [(-1, 0, -1, 0, 0, 0, -1)]
    table = [np.array(parts, dtype=np.int64)]
    for (parent, depth, *rest), thread in zip(trees, threads, strict=True):
        owner = np.full(len(parent), -1, dtype=np.int64)
        owner[0] = thread
        up = np.where(parent < 0, 0, parent + start)
        table.append(np.column_stack([up, depth + 1, *rest, owner]))
        start += len(parent)
    rows = np.concatenate(table)
    order = np.argsort(rows[:, 1], kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    rows = rows[order]
    rows[1:, 0] = place[rows[1:, 0]]
    return tuple(rows.T.copy())


def _levels_from_below(depth: Int64) -> Iterator[slice]:
    bounds = np.searchsorted(depth, np.arange(depth[-1] + 2))
    for level in range(int(depth[-1]), 0, -1):
        yield slice(bounds[level], bounds[level + 1])
