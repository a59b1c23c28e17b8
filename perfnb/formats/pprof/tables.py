"""The tables of a pprof file: strings, mappings, functions, locations with their lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfnb.formats.pprof.runs import UInt64
from perfnb.formats.pprof.varints import SIZED, Damaged, Messages, refuse
from perfnb.formats.source import Source
from perfnb.model import KINDS, Frames, Functions
from perfnb.model.tables import Int64, frozen

_LINES = 1 << 31


@contextmanager
def named(source: Source, what: str, first: int = 0) -> Iterator[None]:
    """Say of a damaged message where in the file it is: ``sample[12]``."""
    try:
        yield
    except Damaged as error:
        raise source.malformed(f"{what}[{error.index + first}]", error.what) from error


class Strings:
    """The table of strings."""

    def __init__(self, strings: Sequence[bytes]) -> None:
        self._strings = [one.decode("utf-8", "replace") for one in strings] or [""]

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self._strings):
            raise Damaged(0, f"no string {index} in a table of {len(self._strings):,}")
        return self._strings[index]

    def check(self, *columns: UInt64) -> None:
        """Raise `Damaged` if a row has a string that is not in the table."""
        for column in columns:
            refuse(column >= len(self._strings), "a string that is not in the table")


class Ids:
    """Rows by the ids that a file gives them: any numbers but 0."""

    def __init__(self, ids: UInt64, what: str) -> None:
        self._what = what
        refuse(ids == 0, f"a {what} with the id 0")
        self._order = np.argsort(ids, kind="stable")
        self._sorted = ids[self._order]
        refuse(self._sorted[1:] == self._sorted[:-1], "an id that another has too", self._order[1:])
        # Nearly always 1, 2, 3, …: then a table is faster than a search.
        size = int(self._sorted[-1]) + 1 if len(ids) else 1
        self._row: NDArray[np.int32] | None = None
        if size <= 4 * len(ids) + (1 << 16):
            self._row = np.full(size, -1, dtype=np.int32)
            self._row[ids.astype(np.int64)] = np.arange(len(ids))

    def rows(self, ids: UInt64, owner: Int64 | None = None, *, zero: bool = False) -> NDArray[Any]:
        """Return the row of each id.

        Parameters
        ----------
        ids : uint64 array
            Which ids.
        owner : int64 array, optional
            Which message each is in, if not that of its own index.
        zero : bool
            Whether 0 is allowed, and gives −1.
        """
        found: NDArray[Any]
        if self._row is not None:
            beyond = ids >= len(self._row)
            inside = np.where(beyond, 0, ids).astype(np.int64) if beyond.any() else ids
            found = self._row[inside.astype(np.int64, copy=False)]
        else:
            place = np.minimum(np.searchsorted(self._sorted, ids), len(self._sorted) - 1)
            found = np.where(self._sorted[place] == ids, self._order[place], -1)
        missing = found < 0
        if zero:
            missing &= ids != 0
        if missing.any():
            one = int(ids[np.argmax(missing)])
            refuse(missing, f"there is no {self._what} {one}", owner)
        return found


class Locations:
    """What locations stand for: one frame, or several where calls were inlined.

    Attributes
    ----------
    ids : Ids
        Rows of locations.
    functions : Functions
    frames : Frames
        The tables.
    first, count : int64 arrays
        Which part of `frame` each location is.
    single : bool
        Whether each is one frame.
    frame : int32 array
        Rows of `frames`, the innermost call of each location first.
    """

    def __init__(self, source: Source, message: Any, strings: Strings) -> None:
        with named(source, "mapping"):
            mapping = Messages(message.mapping).column(5)
            mapping_ids = Ids(mapping[1], "mapping")
            strings.check(mapping[5])
        with named(source, "function"):
            function = Messages(message.function).column(4)
            function_ids = Ids(function[1], "function")
            strings.check(*function[2:])
        with named(source, "location"):
            locations = Messages(message.location)
            fields = list(locations.fields())
            own = locations.column(3)
            self.ids = Ids(own[1], "location")
            module = mapping_ids.rows(own[2], zero=True)
            lines, owner = locations.parts([some.of(4, SIZED) for some in fields])
            try:
                line = Messages(lines).column(2)
            except Damaged as error:
                raise Damaged(int(owner[error.index]), f"a line: {error.what}") from error
            called = function_ids.rows(line[1], owner, zero=True)

        # A location without lines is one frame, named by its address.
        self.count = np.maximum(np.bincount(owner, minlength=len(own[1])), 1)
        self.single = bool((self.count == 1).all())
        ends = np.cumsum(self.count)
        self.first = ends - self.count
        location = np.repeat(np.arange(len(self.count)), self.count)
        function_row = np.full(len(location), -1, dtype=np.int64)
        number = np.zeros(len(location), dtype=np.int64)
        if len(owner):
            nth = np.arange(len(owner)) - np.searchsorted(owner, owner)
            place = self.first[owner] + nth
            function_row[place] = called
            # A line that no file has is not known.
            number[place] = np.where(line[2] < _LINES, line[2], 0).astype(np.int64)

        names = _Names(strings, mapping, function, own[3])
        modules = module[location].astype(np.int64)
        known = function_row >= 0
        # The same function in the same module is one; an address of its own never is.
        key = np.where(known, function_row, -1 - location) << 31 | modules + 1
        distinct, row = np.unique(key, return_inverse=True)
        model_row = np.fromiter(
            (names.row(one >> 31, (one & 0x7FFFFFFF) - 1) for one in distinct.tolist()),
            np.int64,
            len(distinct),
        )
        pairs = model_row[row] << 32 | number
        distinct, inverse = np.unique(pairs, return_inverse=True)
        self.functions = names.functions()
        self.frames = Frames(
            frozen(distinct >> 32, np.int32), frozen(distinct & 0xFFFFFFFF, np.int32)
        )
        self.frame = inverse.astype(np.int32)


class _Names:
    """Rows of the functions table, made as they are first asked for."""

    def __init__(
        self, strings: Strings, mapping: UInt64, function: UInt64, address: UInt64
    ) -> None:
        self._strings = strings
        self._module = [strings[index] for index in mapping[5].tolist()]
        self._function = function[2:].T.tolist()
        self._address = address
        self._rows: dict[tuple[str, str, str, int], int] = {}

    def row(self, function: int, mapping: int) -> int:
        """Return the row of a function of the file, or −1 − location for an address."""
        module = self._module[mapping] if mapping >= 0 else ""
        name = file = ""
        if function >= 0:
            plain, system, path = self._function[function]
            name, file = self._strings[plain] or self._strings[system], self._strings[path]
        elif address := int(self._address[-1 - function]):
            name = f"0x{address:x}"
        key = name, file, module, KINDS.index(_kind(file, module))
        return self._rows.setdefault(key, len(self._rows))

    def functions(self) -> Functions:
        """Return the table."""
        name, file, module, kind = zip(*self._rows, strict=True) if self._rows else [()] * 4
        return Functions(name, file, module, frozen(kind, np.uint8))


def _kind(file: str, module: str) -> str:
    if file.endswith((".py", ".pyx")) or file.startswith(("<frozen ", "In [")):
        return "python"
    return "kernel" if module.startswith("[kernel") else "native"
