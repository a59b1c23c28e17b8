"""Lines of folded stacks one by one: what may stand around a stack, and which line is broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from perfnb.formats.source import Source
from perfnb.model.tables import Int64

_NUMBER = rb"-?[0-9]{1,19}(?:\.[0-9]{0,30})?(?:[eE][-+]?[0-9]{1,2})?"
_COUNTS = re.compile(rb"(?:%b\n)*" % _NUMBER)
LINE = re.compile(rb"(?:(.*)[ \t])?(%b)" % _NUMBER, re.DOTALL)
"""A stack and its count; a count alone is the empty stack's."""
TWO_COUNTS = re.compile(rb"(.*)[ \t](%b)[ \t](%b)" % (_NUMBER, _NUMBER), re.DOTALL)
"""What difffolded.pl writes: the count before and the one after."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The names of all stacks, how many each has, and their counts.

    Each column of counts comes with whether these are millionths; `lines` is the number of
    lines, of which some may hold no stack.
    """

    path: list[bytes]
    length: list[int]
    counts: list[tuple[Int64, bool]]
    lines: int


def take_apart(source: Source, number: int, chunk: bytes, columns: int) -> Taken:
    """Return what is in a chunk of lines, of which the first has that number.

    Raises
    ------
    MalformedProfile
        Naming the line that does not end in so many counts.
    """
    lines = chunk.split(b"\n")
    if not lines[-1]:
        lines.pop()
    path, length, texts = _split(lines, columns)
    if _has_comments(chunk) or not all(map(_are_counts, texts)):
        path, length, texts = _split(list(_sound(source, number, lines, columns)), columns)
    where = f"lines from {number}"
    return Taken(path, length, [_numbers(source, where, text) for text in texts], len(lines))


def _has_comments(chunk: bytes) -> bool:
    return b"#" in chunk and (chunk.startswith(b"#") or b"\n# " in chunk)


def _are_counts(texts: list[bytes]) -> bool:
    return _COUNTS.fullmatch(b"\n".join([*texts, b""])) is not None


def _split(lines: list[bytes], columns: int) -> tuple[list[bytes], list[int], list[list[bytes]]]:
    """Return the names of all lines, how many each line has, and the columns of counts."""
    counts: list[list[bytes]] = []
    for _ in range(columns - 1):
        parts = [line.rpartition(b" ") for line in lines]
        counts.append([count for _, _, count in parts])
        lines = [stack for stack, _, _ in parts]
    names: list[bytes] = []
    lengths: list[int] = []
    first: list[bytes] = []
    for line in lines:
        path = line.split(b";")
        path[-1], _, count = path[-1].rpartition(b" ")
        names += path
        lengths.append(len(path))
        first.append(count)
    return names, lengths, [first, *reversed(counts)]


def _sound(source: Source, number: int, lines: list[bytes], columns: int) -> Iterator[bytes]:
    """Yield the lines that hold a stack, without what is allowed around them."""
    form, what = (LINE, "a count") if columns == 1 else (TWO_COUNTS, "two counts")
    for at, line in enumerate(lines, number):
        bare = line.rstrip()
        if not bare or bare.startswith(b"# ") or bare == b"#":
            continue
        found = form.fullmatch(bare)
        if found is None and bare.startswith(b"#"):
            continue
        if found is None:
            end = bare[-40:].decode("utf-8", "replace")
            raise source.malformed(f"line {at}", f"it does not end in {what}: {end!r}")
        stack, *counts = found.groups()
        yield b" ".join([stack or b"", *counts])


def _numbers(source: Source, where: str, counts: list[bytes]) -> tuple[Int64, bool]:
    """Return counts, or millionths of them if some have fractions, and whether they do."""
    fractions = any(b"." in count or b"e" in count.lower() for count in counts)
    try:
        if not fractions:
            return np.fromiter(map(int, counts), np.int64, len(counts)), False
        exact = (Decimal(count.decode()).scaleb(6).to_integral_value() for count in counts)
        return np.fromiter(map(int, exact), np.int64, len(counts)), True
    except OverflowError as error:
        raise source.malformed(where, "a count that does not fit 63 bits") from error
