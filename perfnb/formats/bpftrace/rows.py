"""The entries of bpftrace's maps, from its text and from its JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from perfnb.formats.source import Source

Key = str | list[str]
"""Of one entry; a stack is a list of lines, leaf first."""

_BEGIN = re.compile(r"(@\w*)\[(.*)", re.DOTALL)
_END = re.compile(r"(.*)\]: ?(.*)", re.DOTALL)
_STATS = re.compile(r"count (\d{1,18}), average -?\d+, total (-?\d{1,19})")
_WHOLE = re.compile(r"-?\d{1,30}")
_LOST = re.compile(r"Lost (\d{1,18}) events")
_STACK = re.compile(r"\n((?:[ \t][^\n]*\n)+)")


@dataclass(slots=True)
class Row:
    """One entry: its keys, its value if that is a number, and what it was counted from."""

    keys: list[Key]
    weight: int | None
    count: int | None = None


@dataclass(slots=True)
class Maps:
    """What one output holds.

    Attributes
    ----------
    rows : dict
        The entries of each map by its name.
    lost : int or None
        Events that bpftrace says it lost.
    averages : set of str
        Maps whose values are known to be averages.
    prints : dict
        How often each map was printed, where that is known.
    """

    rows: dict[str, list[Row]] = field(default_factory=dict)
    lost: int | None = None
    averages: set[str] = field(default_factory=set)
    prints: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, row: Row) -> None:
        """Add one entry of a map."""
        self.rows.setdefault(name, []).append(row)

    def lose(self, events: int) -> None:
        """Add to the events lost."""
        self.lost = (self.lost or 0) + events


def read_text(source: Source, text: str) -> Maps:
    """Return the maps in bpftrace's own text; other lines may stand between them."""
    maps = Maps()
    name, began = "", 0
    held: list[str] = []
    for number, full in enumerate(text.split("\n"), 1):
        line = full.removesuffix("\r")
        if held:
            if not line.startswith((" ", "\t", ",", "]")):
                raise source.malformed(f"line {number}", f"the key of {name} breaks off")
            held.append(line)
        elif begin := _BEGIN.fullmatch(line):
            name, began = begin[1], number
            held = [begin[2]]
        elif lost := _LOST.search(line):
            maps.lose(int(lost[1]))
        # The key goes on as long as there are frames.
        if held and (len(held) == 1 or not line.startswith((" ", "\t"))):
            end = _END.fullmatch(held[-1])
            if end:
                body = "\n".join([*held[:-1], end[1]])
                maps.add(name, Row(_keys(body, ", "), *_text_value(end[2])))
                held = []
    if held:
        raise source.malformed(f"line {began}", f"the key of {name} never ends")
    return maps


def read_json(source: Source, text: str) -> Maps:
    """Return the maps in what ``-f json`` wrote: one document a line."""
    maps = Maps()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.startswith("{"):
            continue
        try:
            # As pairs: stacks whose symbols were not found are one and the same key.
            pairs = json.loads(line, object_pairs_hook=tuple)
        except ValueError as error:
            raise source.malformed(f"line {number}", str(error)) from error
        except RecursionError as error:
            raise source.malformed(f"line {number}", "nested too deeply") from error
        told = _fields(pairs)
        for name, value in _fields(told.get("data")).items():
            if told["type"] == "lost_events" and isinstance(value, int):
                maps.lose(value)
            if not name.startswith("@") or not isinstance(value, tuple):
                continue
            maps.prints[name] = maps.prints.get(name, 0) + 1
            for key, one in value:
                row = Row(_keys(key, ","), *_json_value(one))
                maps.add(name, row)
                if told["type"] == "stats" and row.count is None:
                    maps.averages.add(name)
    return maps


def _fields(pairs: object) -> dict[str, object]:
    found = dict(pairs) if isinstance(pairs, tuple) else {}
    return {"type": "", **found}


def _keys(body: str, separator: str) -> list[Key]:
    """Return the keys of one entry; a stack begins and ends with a line break."""
    stacks: Iterator[list[str]] = iter(
        [found[1].split("\n")[:-1] for found in _STACK.finditer(body)]
    )
    # An editor may have cut the space off before a stack.
    flat = _STACK.sub("\0", body.replace("\0", "")).replace(",\0", f"{separator}\0")
    return [next(stacks) if key == "\0" else key.replace("\0", "") for key in flat.split(separator)]


def _text_value(text: str) -> tuple[int | None, int | None]:
    if stats := _STATS.fullmatch(text):
        return int(stats[2]), int(stats[1])
    return (int(text), None) if _WHOLE.fullmatch(text) else (None, None)


def _json_value(value: object) -> tuple[int | None, int | None]:
    if isinstance(value, tuple):
        stats = dict(value)
        total, count = stats.get("total"), stats.get("count")
        return (total, count) if type(total) is type(count) is int else (None, None)
    if isinstance(value, float) and math.isfinite(value):
        return round(value), None
    return (value, None) if type(value) is int else (None, None)
