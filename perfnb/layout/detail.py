"""As much of a call tree as can be seen: what is too narrow is summed, and opened when asked for.

A tree of a million nodes stays where it is; a view gets the nodes that are at least half a
pixel wide, and one box, ``…``, for what each of them lost. Whoever zooms in gets more below:
below a node, what is wide enough now; below a ``…``, what it sums, and where those are too
many to be seen even now, smaller ``…`` that divide them. So everything can be reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfnb.model import CallTree
from perfnb.model.forest import Forest
from perfnb.model.tables import Int32, Int64

DEEPEST = 4000
"""Rows that are shown below a node: more are endless recursion."""

PARTS = 32
"""Into how many boxes a ``…`` is divided whose nodes are too many to be seen."""


class Rest(NamedTuple):
    """Children of `node`, among the rows from `low` up to `high`, that are not shown."""

    node: int
    low: int
    high: int


Place = int | Rest
"""What can be zoomed into: a node, by its row in the tree, or a ``…``."""


@dataclass(frozen=True, slots=True, eq=False)
class Detail:
    """A part of a call tree, breadth-first, siblings in the tree's order, a ``…`` the last.

    Attributes
    ----------
    row : int32
        The node's row in the tree; −1 for a ``…``.
    parent : int32
        The row in this table; −1 for the root.
    self, total, self_samples, total_samples : int64
        As in the tree; the self of a node is as it is there, and what a ``…`` has that no box
        below it shows is its self: Σ self is the total of the root.
    hidden : int64
        For a ``…``, how many nodes are summed in it, whether they are shown below it or not;
        0 for a node.
    rests : tuple of Rest
        The ``…``, in the order of their rows.
    """

    row: Int32
    parent: Int32
    self: Int64
    total: Int64
    self_samples: Int64
    total_samples: Int64
    hidden: Int64
    rests: tuple[Rest, ...]

    def __len__(self) -> int:
        return len(self.row)


def detail(tree: CallTree, place: Place = 0, pixels: int = 1600) -> Detail:
    """Return what can be seen of a tree whose weights are not negative.

    Parameters
    ----------
    tree : CallTree
        Of any size.
    place : int or Rest
        What fills the view.
    pixels : int
        How wide the view is.
    """
    return Closer(tree).look([] if place == 0 else [place], pixels)


@dataclass(frozen=True, eq=False)
class Closer:
    """Looks at one tree; what every look needs is computed once."""

    tree: CallTree

    @cached_property
    def first(self) -> Int64:
        """Where each row's children begin; the next one's is where they end."""
        parent = self.tree.parent
        children = np.bincount(parent[1:], minlength=len(parent))
        return np.concatenate([[1], 1 + np.cumsum(children)])

    @cached_property
    def size(self) -> Int64:
        """How many nodes each row stands for, itself and all below."""
        tree = self.tree
        # A box that came with the profile may already be a sum of others.
        size = np.maximum(tree.hidden, 1)
        bounds = np.searchsorted(tree.depth, np.arange(tree.depth[-1] + 2, dtype=tree.depth.dtype))
        for level in range(len(bounds) - 2, 0, -1):
            rows = slice(bounds[level], bounds[level + 1])
            np.add.at(size, tree.parent[rows], size[rows])
        return size

    def look(self, opened: Sequence[Place], pixels: int = 1600) -> Detail:
        """Return what can be seen at the root's width, and below what was zoomed into.

        Parameters
        ----------
        opened : sequence of int or Rest
            What was zoomed into, each inside the one before; those that the last one does not
            lie in are left out. Boxes stay where they are when another place is opened.
        pixels : int
            How wide the view is.
        """
        look = _Look(self, pixels)
        for place in self.way(opened):
            look.open(place)
        return look.result()

    def way(self, opened: Sequence[Place]) -> list[Place]:
        """Return those of the places in which the last one lies, it included."""
        if not opened:
            return []
        last = opened[-1]
        path = self.path(last.node if isinstance(last, Rest) else last)
        return [place for place in opened[:-1] if self._holds(place, last, path)] + [last]

    def _holds(self, place: Place, last: Place, path: set[int]) -> bool:
        if not isinstance(place, Rest):
            return place in path
        if place.node not in path:
            return False
        if isinstance(last, Rest) and last.node == place.node:
            return place.low <= last.low and last.high <= place.high
        return any(place.low <= row < place.high for row in path)

    def path(self, node: int) -> set[int]:
        """Return the rows from `node` to the root."""
        found = set()
        while node >= 0:
            found.add(node)
            node = int(self.tree.parent[node])
        return found

    def children(self, node: int) -> slice:
        """Return the rows of a node's children."""
        return slice(int(self.first[node]), int(self.first[node + 1]))


_HIDDEN = -1


@dataclass(eq=False)
class _Opened:
    """A ``…`` that was zoomed into; the level of what it shows is its place in the list + 1."""

    rest: Rest
    outer: int
    """The level of what it stands among."""
    total: int
    samples: int
    hidden: int
    parts: list[Rest]


class _Look:
    """The rows that are shown, each with its level: how many ``…`` it lies in."""

    def __init__(self, closer: Closer, pixels: int) -> None:
        self.closer, self.tree, self.pixels = closer, closer.tree, max(1, pixels)
        total = self.tree.total
        shown = total >= self.least(int(total[0]))
        if len(total) > DEEPEST and self.tree.depth[-1] > DEEPEST:
            shown &= self.tree.depth <= DEEPEST
        shown[0] = True
        self.level = np.where(shown, np.int16(0), np.int16(_HIDDEN))
        self.opened: list[_Opened] = []

    def least(self, whole: int) -> int:
        """Return the least total that is half a pixel wide, if `whole` fills the view."""
        return max(1, -(-whole // (2 * self.pixels)))

    def open(self, place: Place) -> None:
        if isinstance(place, Rest):
            self.open_rest(place)
        elif self.tree.total[place] > 0:
            self.force(place)
            level = int(self.level[place])
            self.reveal(np.array([place]), self.least(int(self.tree.total[place])), level)

    def force(self, node: int) -> None:
        """Show a node and those above it."""
        path = []
        while self.level[node] == _HIDDEN:
            path.append(node)
            node = int(self.tree.parent[node])
        if path:
            top = path[-1]
            inside = [
                level
                for level, opened in enumerate(self.opened, 1)
                if opened.rest.node == node and opened.rest.low <= top < opened.rest.high
            ]
            self.level[path] = inside[-1] if inside else self.level[node]

    def reveal(self, seeds: NDArray[Any], least: int, level: int) -> None:
        """Show what lies below the seeds, level by level, as far as it is wide enough."""
        first, total, parent = self.closer.first, self.tree.total, self.tree.parent
        inside = np.zeros(len(total), dtype=bool)
        inside[seeds] = True
        low, high = int(seeds[0]), int(seeds[-1]) + 1
        for _ in range(DEEPEST):
            low, high = int(first[low]), int(first[high])
            rows = low + np.flatnonzero(total[low:high] >= least)
            rows = rows[inside[parent[rows]]]
            if not len(rows):
                break
            inside[rows] = True
            self.level[rows[self.level[rows] == _HIDDEN]] = level
            low, high = int(rows[0]), int(rows[-1]) + 1

    def open_rest(self, rest: Rest) -> None:
        tree = self.tree
        self.force(rest.node)
        within = slice(max(rest.low, 0), min(rest.high, len(tree)))
        rows = within.start + np.flatnonzero(
            (tree.parent[within] == rest.node) & (self.level[within] == _HIDDEN)
        )
        rows = rows[tree.total[rows] > 0]
        if not len(rows):
            return
        total = tree.total[rows]
        whole = int(total.sum())
        least = self.least(whole)
        wide = total >= least
        parts: list[Rest] = []
        if 2 * int(total[wide].sum()) < whole:
            alone, parts = _divided(rest.node, rows[~wide], total[~wide])
            wide |= np.isin(rows, alone)
        outer = max(
            (
                at + 1
                for at, other in enumerate(self.opened)
                if other.rest.node == rest.node
                and other.rest.low <= rest.low
                and rest.high <= other.rest.high
            ),
            default=int(self.level[rest.node]),
        )
        samples, hidden = tree.total_samples[rows].sum(), self.closer.size[rows].sum()
        self.opened.append(_Opened(rest, outer, whole, int(samples), int(hidden), parts))
        level = len(self.opened)
        seeds = rows[wide]
        if len(seeds):
            self.level[seeds] = level
            self.reveal(seeds, least, level)

    def result(self) -> Detail:
        return _Result(self).detail()


def _divided(node: int, rows: NDArray[Any], total: NDArray[Any]) -> tuple[NDArray[Any], list[Rest]]:
    """Return rows that are a part of their own, and the other parts, of about equal totals."""
    before = np.cumsum(total) - total
    part = before * PARTS // max(1, int(total.sum()))
    begins = np.flatnonzero(np.concatenate([[True], part[1:] != part[:-1]]))
    ends = np.append(begins[1:], len(rows))
    alone = ends - begins == 1
    rests = [
        Rest(node, int(rows[begin]), int(rows[end - 1]) + 1)
        for begin, end in zip(begins[~alone].tolist(), ends[~alone].tolist(), strict=True)
    ]
    return rows[begins[alone]], rests


class _Result:
    """Puts nodes and ``…`` into one table, breadth-first."""

    def __init__(self, look: _Look) -> None:
        self.look, self.tree, self.closer = look, look.tree, look.closer
        rows = np.flatnonzero(look.level != _HIDDEN)
        levels = look.level[rows]
        if look.opened:
            order = np.argsort(levels, kind="stable")
            rows, levels = rows[order], levels[order]
        self.rows, self.levels = rows, levels
        self.level_below = np.zeros(0, dtype=np.int64)
        self.index = np.full(len(self.tree), -1, dtype=np.int64)
        self.index[rows] = np.arange(len(rows))

    def detail(self) -> Detail:
        tree, rows, levels = self.tree, self.rows, self.levels
        n = len(rows)
        above = tree.parent[rows]
        direct = (above >= 0) & (self.look.level[above] == levels)
        parent = np.where(direct, self.index[above], -1)
        # What each shown node lost is what its children have, less the shown ones.
        lost = [
            tree.total[rows] - tree.self[rows],
            tree.total_samples[rows] - tree.self_samples[rows],
            self.closer.size[rows] - np.maximum(tree.hidden[rows], 1),
        ]
        columns = (tree.total, tree.total_samples, self.closer.size)
        for left, column in zip(lost, columns, strict=True):
            np.subtract.at(left, parent[direct], column[rows[direct]])
        with_rest = np.flatnonzero(lost[0] > 0)
        first = self.closer.first
        rests = [
            Rest(*where)
            for where in zip(
                rows[with_rest].tolist(),
                first[rows[with_rest]].tolist(),
                first[rows[with_rest] + 1].tolist(),
                strict=True,
            )
        ]
        numbers = [left[with_rest] for left in lost]
        parents = with_rest
        if self.look.opened:
            rests, numbers, parents, parent = self._with_opened(rests, numbers, parents, parent)
        key_level = np.concatenate([levels, self._levels_of(parents, n)])
        return self._arranged(parent, parents, rests, numbers, key_level)

    def _levels_of(self, parents: NDArray[Any], n: int) -> NDArray[Any]:
        """Return the level of each ``…``: its parent's, or what the ``…`` above it shows."""
        levels = np.zeros(len(parents), dtype=np.int64)
        plain = parents < n
        levels[plain] = self.levels[parents[plain]]
        levels[~plain] = self.level_below[parents[~plain] - n]
        return levels

    def _with_opened(
        self,
        rests: list[Rest],
        numbers: list[NDArray[Any]],
        parents: NDArray[Any],
        parent: NDArray[Any],
    ) -> tuple[list[Rest], list[NDArray[Any]], NDArray[Any], NDArray[Any]]:
        """Hang what the opened ``…`` show below them, and what they do not into further ones."""
        look, tree, n = self.look, self.tree, len(self.rows)
        rests = list(rests)
        above = parents.tolist()
        columns = [column.tolist() for column in numbers]
        place: dict[tuple[Rest, int], int] = {}
        for at, rest in enumerate(rests):
            place[rest, int(self.levels[above[at]])] = at
        self.level_below = np.full(len(rests) + len(look.opened) * (PARTS + 1), -1)

        def add(rest: Rest, outer: int, up: int, values: Sequence[int]) -> int:
            known = place.get((rest, outer))
            if known is None:
                known = place[rest, outer] = len(rests)
                rests.append(rest)
                above.append(up)
                for column, value in zip(columns, values, strict=True):
                    column.append(value)
            return known

        of_level: dict[int, int] = {}
        for level, opened in enumerate(look.opened, 1):
            node, outer = opened.rest.node, opened.outer
            nested = outer > 0 and look.opened[outer - 1].rest.node == node
            up = of_level[outer] if nested else int(self.index[node])
            mine = (opened.total, opened.samples, opened.hidden)
            at = add(opened.rest, outer, up, mine)
            of_level[level] = n + at
            self.level_below[at] = level
            members = self.rows[
                (self.levels == level) & (tree.parent[self.rows] == opened.rest.node)
            ]
            parent[self.index[members]] = n + at
            left = [
                whole - int(column[members].sum())
                for whole, column in zip(
                    mine, (tree.total, tree.total_samples, self.closer.size), strict=True
                )
            ]
            for part in opened.parts:
                values = self._sums(part, level)
                left = [a - b for a, b in zip(left, values, strict=True)]
                add(part, level, n + at, values)
            if left[0] > 0:
                add(opened.rest, level, n + at, left)
        numbers = [np.array(column, dtype=np.int64) for column in columns]
        return rests, numbers, np.array(above, dtype=np.int64), parent

    def _sums(self, part: Rest, level: int) -> list[int]:
        """Return what lies in a part: what is hidden, and what was shown when it was opened."""
        tree = self.tree
        rows = np.arange(part.low, part.high)
        rows = rows[(self.look.level[rows] == _HIDDEN) | (self.look.level[rows] > level)]
        rows = rows[tree.total[rows] > 0]
        return [
            int(column[rows].sum()) for column in (tree.total, tree.total_samples, self.closer.size)
        ]

    def _arranged(
        self,
        parent: NDArray[Any],
        parents: NDArray[Any],
        rests: list[Rest],
        numbers: list[NDArray[Any]],
        level: NDArray[Any],
    ) -> Detail:
        tree, n = self.tree, len(self.rows)
        row = np.concatenate([self.rows, np.full(len(rests), -1)])
        above = np.concatenate([parent, parents])
        # Parents first, siblings in their order: by level, nodes before the `…`.
        order = np.lexsort((np.arange(len(row)), row < 0, level))
        place = np.empty(len(order) + 1, dtype=np.int64)
        place[order] = np.arange(len(order))
        place[-1] = -1
        forest = Forest(place[above[order]])
        enter, _ = forest.span
        order = order[np.lexsort((enter, forest.depth))]
        place[order] = np.arange(len(order))
        nothing = np.zeros(n, dtype=np.int64)
        total, samples = (
            np.concatenate([column[self.rows], number])[order]
            for column, number in zip((tree.total, tree.total_samples), numbers[:2], strict=True)
        )
        hidden = np.concatenate([nothing, numbers[2]])[order]
        row, up = row[order], place[above[order]]
        own, own_samples = total.copy(), samples.copy()
        np.subtract.at(own, up[1:], total[1:])
        np.subtract.at(own_samples, up[1:], samples[1:])
        # A node keeps the tree's: what weighs nothing has no box, but may have samples.
        plain = row >= 0
        own_samples[plain] = tree.self_samples[row[plain]]
        return Detail(
            row=row.astype(np.int32),
            parent=up.astype(np.int32),
            self=own,
            total=total,
            self_samples=own_samples,
            total_samples=samples,
            hidden=hidden,
            rests=tuple(rests[at] for at in (order[~plain] - n).tolist()),
        )
