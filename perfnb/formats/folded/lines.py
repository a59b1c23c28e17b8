"""The lines of folded stacks as columns, without regard to what their names mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from perfnb.formats.folded.names import escape_command
from perfnb.formats.source import Source
from perfnb.model.tables import Int32, Int64

_NUMBER = rb"-?[0-9]{1,19}(?:\.[0-9]{0,30})?(?:[eE][-+]?[0-9]{1,2})?"
_COUNTS = re.compile(rb"(?:%b\n)*" % _NUMBER)
LINE = re.compile(rb"(?:(.*)[ \t])?(%b)" % _NUMBER, re.DOTALL)
"""A stack and its count; a count alone is the empty stack's."""
TWO_COUNTS = re.compile(rb"(.*)[ \t](%b)[ \t](%b)" % (_NUMBER, _NUMBER), re.DOTALL)
"""What difffolded.pl writes: the count before and the one after."""
_BEGIN = b"process "
# A command may hold any character; behind the last quote comes a frame or the count.
_COMMAND = re.compile(
    rb'(?:^|(?<=";))process [0-9]+:"(?:(?!\nprocess [0-9]).)*?"(?=;|[ \t][-0-9.]+\r?$)',
    re.MULTILINE | re.DOTALL,
)
_LONGEST_COMMAND = 1 << 22
MICRO = 10**6


@dataclass(frozen=True, slots=True)
class Lines:
    """Stacks and counts.

    Attributes
    ----------
    names : list of bytes
        The distinct names.
    name : int32 array
        Rows of `names`, each stack root first, one stack after the other.
    offset : int64 array, one longer than there are stacks
        Where each stack begins in `name`.
    counts : tuple of int64 array
        One, or two: before and after.
    micro : bool
        Whether these are millionths, because one of them had a fraction.
    """

    names: list[bytes]
    name: Int32
    offset: Int64
    counts: tuple[Int64, ...]
    micro: bool


class _Rows(dict[bytes, int]):
    """Numbers names as they come: a look-up that `map` does without any Python code."""

    def __missing__(self, name: bytes) -> int:
        row = self[name] = len(self)
        return row


def join_commands(text: bytes) -> bytes:
    """Return lines with nothing in py-spy's names of processes that would divide them."""
    return _COMMAND.sub(escape_command, text) if text.startswith(_BEGIN) else text


def read_lines(source: Source, columns: int) -> Lines:
    """Return the content of a file whose lines end in one or two counts.

    Raises
    ------
    MalformedProfile
        Naming the line that does not.
    """
    rows = _Rows()
    names: list[Int32] = []
    lengths: list[Int32] = []
    counts: list[list[tuple[Int64, bool]]] = [[] for _ in range(columns)]
    number = 1
    for chunk in _chunks(source):
        lines = chunk.split(b"\n")
        if not lines[-1]:
            lines.pop()
        count = len(lines)
        path, length, texts = _split(lines, columns)
        if _has_comments(chunk) or not all(map(_are_counts, texts)):
            lines = list(_sound(source, number, lines, columns))
            path, length, texts = _split(lines, columns)
        names.append(np.fromiter(map(rows.__getitem__, path), np.int32, len(path)))
        lengths.append(np.array(length, dtype=np.int32))
        for held, text in zip(counts, texts, strict=True):
            held.append(_numbers(source, f"lines from {number}", text))
        number += count
    micro = any(fractions for held in counts for _, fractions in held)
    offset: Int64 = np.zeros(sum(map(len, lengths)) + 1, dtype=np.int64)
    np.cumsum(np.concatenate([np.empty(0, dtype=np.int32), *lengths]), out=offset[1:])
    return Lines(
        list(rows),
        np.concatenate([np.empty(0, dtype=np.int32), *names]),
        offset,
        tuple(_column(source, held, micro) for held in counts),
        micro,
    )


def _chunks(source: Source) -> Iterator[bytes]:
    """Yield whole lines, many at a time, with nothing in them that is not to be split."""
    held: bytes | None = None
    for at, chunk in enumerate(source.lines()):
        text = chunk.removeprefix(b"\xef\xbb\xbf") if at == 0 else chunk
        if at == 0 and text.startswith(_BEGIN):
            held = b""
        if held is None:
            yield text
            continue
        # py-spy tells the process in every line; a command may have line breaks of its own.
        held += text
        cut = held.rfind(b"\n" + _BEGIN) + 1 or (len(held) > _LONGEST_COMMAND) * len(held)
        yield join_commands(held[:cut])
        held = held[cut:]
    if held:
        yield join_commands(held)


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


def _column(source: Source, held: list[tuple[Int64, bool]], micro: bool) -> Int64:
    """Return all counts in one unit."""
    size = 0.0
    for counts, fractions in held:
        scale = 1 if fractions or not micro else MICRO
        size += float(np.abs(counts.astype(np.float64)).sum()) * scale
    if size >= 2**63:
        raise source.malformed("the whole", "counts too large to be added up")
    parts = [counts if fractions or not micro else counts * MICRO for counts, fractions in held]
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])
