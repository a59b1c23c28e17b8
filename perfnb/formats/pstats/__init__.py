"""Statistics of cProfile and profile, as ``python -m cProfile -o`` and ``dump_stats`` write them.

The file knows each function's calls, self and total time, and the same for each pair of
caller and callee; it knows no stacks. The self time and the calls of every function are here
exactly those of ``pstats``; the paths above it are estimated (see `perfnb.formats.pstats.paths`),
which the profile's notes say.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from perfnb.formats.source import Source
from perfnb.model import Metadata, Profile, ProfileBuilder
from perfnb.units import ValueType

if TYPE_CHECKING:
    from perfnb.formats.pstats.paths import Calls

TIME = ValueType("time", "ns")
CALLS = ValueType("calls", "count")
# A table whose first key is a tuple of three that begins with a string; or an empty one.
_BEGIN = re.compile(
    rb"[{\xfb](?:0\Z|(?:[)\xa9]\x03|[(\xa8]\x03\0\0\0)[zZaAuts\xfa\xda\xe1\xc1\xf5\xf4\xf3])"
)
_NOTE = (
    "Paths are estimated: cProfile keeps how often and how long each function was called by "
    "each other, not the stacks. Self time and calls of every function are exact; a function "
    "called from several places is assumed to do the same at each. Recursive calls are counted "
    "where the function is entered; where functions call each other, as imports do, totals are "
    "too small."
)


class PstatsImporter:
    """Reads statistics files: ``time`` and ``calls``."""

    def sniff(self, head: bytes) -> bool:
        """Return whether this is a marshalled table of functions."""
        return _BEGIN.match(head) is not None

    def read(self, source: Source) -> dict[str, Profile]:
        """Return the profiles in a file.

        Raises
        ------
        MalformedProfile
            If it is damaged, or is no table of functions and their callers.
        """
        from perfnb.formats.pstats.marshal import Broken, loads

        try:
            table = loads(source.bytes())
        except Broken as error:
            raise source.malformed(f"byte {error.at}", str(error)) from error
        return _Statistics(source, table).profiles()


class _Statistics:
    """The table, checked, as columns."""

    def __init__(self, source: Source, table: Any) -> None:
        self.source = source
        self.keys: dict[tuple[str, int, str], int] = {}
        self.timed = True
        rows, edges = [], []
        if not isinstance(table, dict):
            raise source.malformed("byte 0", "no table of functions")
        for key in table:
            self._function(key)
        for key, row in table.items():
            where = f"function {key[2]!r} of {key[0]}:{key[1]}"
            if not isinstance(row, tuple) or len(row) != 5 or not isinstance(row[4], dict):
                raise source.malformed(where, "not two counts, two times and a table of callers")
            rows.append(self._numbers(row[:4], where))
            for caller, told in row[4].items():
                edges.append((self._function(caller), len(rows) - 1, *self._edge(told, where)))
        # Callers that have no row of their own were there before profiling began.
        rows += [(0, 0, 0.0, 0.0)] * (len(self.keys) - len(rows))
        columns = np.array(rows, np.float64).reshape(-1, 4)
        self.ns = source.whole(columns[:, 2], 1e9, "the times")
        source.whole(columns[:, 3], 1e9, "the total times")
        self.count = source.whole(columns[:, 1], 1, "the calls")
        self.outermost = np.clip(columns[:, 0] / np.maximum(columns[:, 1], 1), 0, 1)
        self.own = columns[:, 2]
        self.total = np.maximum(columns[:, 3], columns[:, 2])
        edge = np.array(edges, np.float64).reshape(-1, 5)
        source.whole(edge[:, 2:], 1e9, "what callers are told to have called")
        self.calls = self._with_roots(edge, columns)

    def profiles(self) -> dict[str, Profile]:
        from perfnb.formats.pstats.paths import follow, spread

        paths = follow(self.calls, self.own, self.total)
        builder = ProfileBuilder(TIME)
        frames = [
            builder.frame(name, "", kind="native")
            if file in ("~", "") and not line
            else builder.frame(name, file, line, kind="python")
            for file, line, name in self.keys
        ]
        node: list[int] = []
        for parent, function in zip(paths.parent, paths.function, strict=True):
            node.append(builder.push(node[parent] if parent >= 0 else -1, frames[function]))
            builder.sample(node[-1])
        metadata = Metadata(
            backend="cProfile" if self.timed else "profile",
            notes=(_NOTE,),
            traced=True,
            truncated="the least likely of very many paths; their time is on likelier ones"
            if paths.cut
            else "",
        )
        profile = builder.build(metadata)
        found = {}
        for value, amount, whole in (
            (TIME, self.calls.self_time if self.timed else self.calls.count, self.ns),
            (CALLS, self.calls.count, self.count),
        ):
            weight = spread(paths, self.calls, amount, whole, self.outermost)
            rows = np.flatnonzero(weight)
            samples = replace(profile.samples, weight=weight).take(rows)
            found[value.kind] = replace(profile, value=value, samples=samples)
        return found

    def _with_roots(self, edge: np.ndarray, columns: np.ndarray) -> Calls:
        """Return the calls, and with them those from where profiling began."""
        from perfnb.formats.pstats.paths import Calls

        callee = edge[:, 1].astype(np.int64)
        other = edge[:, 0] != edge[:, 1]
        size = len(columns)
        called = np.bincount(callee, edge[:, 2], size)
        own = columns[:, 2] - np.bincount(callee, edge[:, 3], size)
        total = columns[:, 3] - np.bincount(callee[other], edge[other, 4], size)
        # Some of its calls came from within another: all its time may be due to the first.
        total = np.where(columns[:, 0] < columns[:, 1], columns[:, 3], total)
        if not self.timed:
            total = total * 0
        entry = np.flatnonzero(
            (columns[:, 1] > called) | (np.bincount(callee, minlength=size) == 0)
        )
        return Calls(
            np.append(edge[:, 0].astype(np.int64), np.full(len(entry), -1)),
            np.append(callee, entry),
            np.append(edge[:, 2], (columns[:, 1] - called)[entry]),
            np.append(edge[:, 3], own[entry]),
            np.append(edge[:, 4], np.maximum(total, own)[entry]),
        )

    def _function(self, key: Any) -> int:
        if not (
            isinstance(key, tuple)
            and len(key) == 3
            and isinstance(key[0], str)
            and isinstance(key[1], int)
            and isinstance(key[2], str)
            and 0 <= key[1] < 2**31
        ):
            raise self.source.malformed(
                f"function {len(self.keys) + 1}", "not a file, a line and a name"
            )
        return self.keys.setdefault(key, len(self.keys))

    def _edge(self, told: Any, where: str) -> tuple[float, float, float]:
        if isinstance(told, int):
            # The module profile tells only how often.
            self.timed = False
            told = (told, told, 0.0, 0.0)
        if not isinstance(told, tuple) or len(told) != 4:
            raise self.source.malformed(where, "a caller without two counts and two times")
        count, _, own, total = self._numbers(told, where)
        return count, own, total

    def _numbers(self, row: tuple[Any, ...], where: str) -> tuple[float, ...]:
        if not all(isinstance(one, (int, float)) for one in row):
            raise self.source.malformed(where, "a count or time that is no number")
        return row
