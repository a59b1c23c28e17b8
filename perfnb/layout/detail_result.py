"""What is shown of a call tree, as one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.layout.detail_look import HIDDEN, Look
from perfnb.layout.detail_types import PARTS, Detail, Rest
from perfnb.model.forest import Forest


class Result:
    """Puts nodes and ``…`` into one table, breadth-first."""

    def __init__(self, look: Look) -> None:
        self.look, self.tree, self.closer = look, look.tree, look.closer
        rows = np.flatnonzero(look.level != HIDDEN)
        levels = look.level[rows]
        if look.opened:
            order = np.argsort(levels, kind="stable")
            rows, levels = rows[order], levels[order]
        self.rows, self.levels = rows, levels
        self.level_below = np.zeros(0, dtype=np.int64)
        self.index = np.full(len(self.tree), -1, dtype=np.int64)
        self.index[rows] = np.arange(len(rows))

    def detail(self) -> Detail:
        """Return the table."""
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
        rows = rows[(self.look.level[rows] == HIDDEN) | (self.look.level[rows] > level)]
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
