"""What a Parquet file says of its own sizes, checked before anything is made room for.

A library that reads Parquet takes these numbers at their word, and ends the whole process where
it cannot have the memory that they ask for. The outline is Thrift's compact protocol:
https://github.com/apache/parquet-format, ``parquet.thrift``.
"""

from __future__ import annotations

from typing import Any

_MAGIC = b"PAR1"
_DEEPEST = 16
_MOST_COLUMNS = 1000
_MOST_WIDE = 1 << 10
_WIDEST = 16
_PLAIN_OR_DICTIONARY = (0, 2, 3, 8)
_DATA, _DICTIONARY, _DATA_2 = 0, 2, 3
_BOOLEANS, _BYTE, _WHOLE, _DOUBLE, _BINARY, _LISTS, _STRUCT = (
    (1, 2), 3, (4, 5, 6), 7, 8, (9, 10), 12
)  # fmt: skip

Struct = dict[int, Any]


class Untrue(Exception):
    """The outline is damaged, or does not fit the file."""


def check(data: bytes, most: int) -> None:
    """Hold the outline of a file against the file.

    Parameters
    ----------
    data : bytes
        The file.
    most : int
        Bytes to which it may unpack.

    Raises
    ------
    Untrue
        If it claims more, or its parts do not lie within it.
    """
    length = int.from_bytes(data[-8:-4], "little")
    if data[:4] != _MAGIC or data[-4:] != _MAGIC or length + 12 > len(data):
        raise Untrue("it does not begin and end as Parquet does")
    end = len(data) - 8
    outline = Thrift(data, end - length, end).struct()
    schema, rows, groups = _of(outline, 2, list), _of(outline, 3, int), _of(outline, 4, list)
    if len(schema) > _MOST_COLUMNS:
        raise Untrue(f"{len(schema):,} columns")
    for column in schema:
        _within("a type's length", _of(column, 2, int, 0), _MOST_WIDE)
    _within("the number of rows", rows, most)
    if sum(_of(group, 3, int) for group in groups) != rows:
        raise Untrue("its parts have other numbers of rows than the whole")
    for group in groups:
        for chunk in _of(group, 1, list):
            # One value at least for a row: what is nested has more, and is not of ours.
            most -= _chunk(data, _of(chunk, 3, dict), _of(group, 3, int), most)


def _chunk(data: bytes, told: Struct, rows: int, most: int) -> int:
    """Check one column of one group of rows, and return what it unpacks to."""
    values, packed = _of(told, 5, int), _of(told, 7, int)
    _within("the number of values", values, most)
    first = _of(told, 9, int)
    # The dictionary, where there is one, stands before the first page.
    at = min(first, _of(told, 11, int, first) or first)
    _within("where a column begins", at, len(data))
    _within("the size of a column", packed, len(data) - at)
    unpacked = seen = 0
    end = at + packed
    while at < end:
        header = Thrift(data, at, end)
        page = header.struct()
        size = _of(page, 3, int)
        _within("the size of a page", size, end - header.at)
        at = header.at + size
        unpacked += _page_size(page, most - unpacked)
        count, encoding = _page_values(page)
        _within("the number of values in a page", count, values)
        if encoding not in _PLAIN_OR_DICTIONARY:
            raise Untrue(f"an encoding that perfnb does not write: {encoding}")
        if _of(page, 1, int) != _DICTIONARY:
            seen += count
    if seen != values or values < rows:
        raise Untrue("a column has other numbers of values than its pages")
    return unpacked + _WIDEST * int(values)


def _page_size(page: Struct, most: int) -> int:
    size = _of(page, 2, int)
    _within("what a page unpacks to", size, most)
    return int(size)


def _page_values(page: Struct) -> tuple[int, int]:
    kind = _of(page, 1, int)
    if kind == _DATA_2:
        header = _of(page, 8, dict)
        for field in (5, 6):
            _within("the size of the levels", _of(header, field, int, 0), _of(page, 2, int))
        return _of(header, 1, int), _of(header, 4, int)
    if kind not in (_DATA, _DICTIONARY):
        raise Untrue(f"a page of kind {kind}")
    header = _of(page, 7 if kind == _DICTIONARY else 5, dict)
    return _of(header, 1, int), _of(header, 2, int)


def _of(struct: Any, field: int, kind: type, other: Any = None) -> Any:
    value = struct.get(field, other) if isinstance(struct, dict) else None
    if not isinstance(value, kind):
        raise Untrue("its outline is damaged")
    return value


def _within(what: str, value: Any, most: int) -> None:
    if not isinstance(value, int) or not 0 <= value <= most:
        raise Untrue(f"{what} is {value}")


class Thrift:
    """Reads the compact protocol: structs as dicts of their fields' numbers."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.at = at
        self._data = data
        self._end = end

    def struct(self, depth: int = 0) -> Struct:
        """Return the struct that begins here."""
        fields: Struct = {}
        field = 0
        while (head := self._byte()) != 0:
            field = field + (head >> 4) if head >> 4 else self._whole()
            kind = head & 15
            fields[field] = kind == 1 if kind in _BOOLEANS else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _DEEPEST:
            raise Untrue("its outline is nested too deeply")
        if kind in _WHOLE:
            return self._whole()
        if kind == _BINARY:
            return self._bytes(self._varint())
        if kind in _LISTS:
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._varint()
            if count > self._end - self.at:
                raise Untrue("its outline ends early")
            return [self._value(head & 15, depth + 1) for _ in range(count)]
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind == _BYTE or kind in _BOOLEANS:
            return self._byte()
        if kind == _DOUBLE:
            return self._bytes(8)
        raise Untrue(f"its outline has a value of kind {kind}")

    def _byte(self) -> int:
        if self.at >= self._end:
            raise Untrue("its outline ends early")
        self.at += 1
        return self._data[self.at - 1]

    def _bytes(self, count: int) -> bytes:
        if count > self._end - self.at:
            raise Untrue("its outline ends early")
        self.at += count
        return self._data[self.at - count : self.at]

    def _varint(self) -> int:
        value = shift = 0
        while (byte := self._byte()) & 0x80:
            value |= (byte & 0x7F) << shift
            shift += 7
            if shift > 63:
                raise Untrue("its outline has a number that is too long")
        return value | byte << shift

    def _whole(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
