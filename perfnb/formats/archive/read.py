"""Reading perfnb's archive: the document, and profiles from its tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import msgspec

from perfnb.errors import UnsupportedVersion
from perfnb.formats.archive import DOCUMENT, VERSION
from perfnb.formats.archive.columns import Columns
from perfnb.formats.archive.json import loads
from perfnb.formats.archive.zip import members, table
from perfnb.formats.source import Source
from perfnb.model import (
    KINDS,
    STATES,
    Frames,
    Functions,
    Label,
    Metadata,
    Profile,
    Samples,
    Stacks,
    Tables,
    Thread,
)
from perfnb.model.sources import SourceText
from perfnb.model.tables import UInt8, frozen
from perfnb.units import ValueType

Raw = tuple[dict[str, Any], dict[str, Any]]
"""The document as JSON has it, and the tables (`polars.LazyFrame`) by the names of members."""

UPGRADES: dict[int, Callable[[dict[str, Any], dict[str, Any]], Raw]] = {}
"""From a version: what makes of it the next. Each is written once and stays as it is."""


class _Entry(msgspec.Struct):
    name: str
    value: ValueType
    tables: str
    samples: str
    label_sets: int = 0
    sources: str = ""
    metadata: Metadata = msgspec.field(default_factory=Metadata)


class _Document(msgspec.Struct):
    profiles: list[_Entry]
    kinds: tuple[str, ...] = KINDS
    states: tuple[str, ...] = STATES


def read_archive(source: Source) -> dict[str, Profile]:
    """Return the profiles in an archive; see `ArchiveImporter.read`."""
    files = members(source)
    document = _document(source, files.pop(DOCUMENT, None))
    tables: dict[str, Any] = {name: table(source, name, data) for name, data in files.items()}
    for version in range(_version(source, document), VERSION):
        document, tables = UPGRADES[version](document, tables)
    try:
        told = msgspec.convert(document, _Document)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at ")
        raise source.malformed(f"{DOCUMENT}, {place.strip('`') or '$'}", what) from error
    return _Reader(source, told, tables).profiles()


def _document(source: Source, data: bytes | None) -> dict[str, Any]:
    if data is None:
        raise source.malformed(DOCUMENT, "it is missing")
    try:
        document = loads(data)
    except (ValueError, RecursionError) as error:
        raise source.malformed(DOCUMENT, str(error)) from error
    if not isinstance(document, dict):
        raise source.malformed(DOCUMENT, "not a JSON object")
    return document


def _version(source: Source, document: dict[str, Any]) -> int:
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise source.malformed(f"{DOCUMENT}, $.version", "not a version")
    if version > VERSION:
        raise UnsupportedVersion(
            source.name,
            str(version),
            f"up to {VERSION}",
            f"perfnb {document.get('perfnb', 'of later')} wrote it: `pip install -U perfnb`",
        )
    return version


class _Reader:
    """Makes profiles of a document and tables; tables that are shared are made once."""

    def __init__(self, source: Source, document: _Document, tables: dict[str, Any]) -> None:
        self._source = source
        self._document = document
        self._tables = tables
        self._shared: dict[tuple[str, int], Tables] = {}
        self._texts: dict[str, dict[str, SourceText]] = {}
        self._kinds = _codes(document.kinds, KINDS, KINDS.index("synthetic"))
        self._states = _codes(document.states, STATES, STATES.index("unknown"))

    def profiles(self) -> dict[str, Profile]:
        entries = self._document.profiles
        if not entries:
            raise self._source.malformed(f"{DOCUMENT}, $.profiles", "there is no profile")
        for what in ("name", "samples"):
            # Nor may one small table be a thousand profiles.
            if len({getattr(entry, what) for entry in entries}) != len(entries):
                raise self._source.malformed(f"{DOCUMENT}, $.profiles", f"a {what} appears twice")
        return {entry.name: self._profile(entry) for entry in entries}

    def _profile(self, entry: _Entry) -> Profile:
        key = entry.tables, entry.label_sets
        if key not in self._shared:
            self._shared[key] = self._table_set(*key)
        return Profile(
            entry.value,
            self._shared[key],
            self._samples(entry.samples),
            entry.metadata,
            self._sources(entry.sources),
        )

    def _columns(self, name: str, known: Sequence[str], *, needed: bool = True) -> Columns:
        member = f"{name}.parquet"
        if member not in self._tables and needed:
            raise self._source.malformed(member, "it is missing")
        return Columns(self._source, member, self._tables.get(member), known)

    def _table_set(self, name: str, label_sets: int) -> Tables:
        functions = self._columns(f"{name}/functions", ("name", "file", "module", "kind"))
        frames = self._columns(f"{name}/frames", ("function", "line"))
        stacks = self._columns(f"{name}/stacks", ("parent", "frame", "hidden"))
        return Tables(
            Functions(
                functions.text("name"),
                functions.text("file", optional=True),
                functions.text("module", optional=True),
                self._coded(functions, "kind", self._kinds),
            ),
            Frames(frames.int32("function"), frames.int32("line", optional=True)),
            Stacks(stacks.int32("parent"), stacks.int32("frame"), stacks.int64_or_none("hidden")),
            self._threads(name),
            self._labels(name, label_sets),
        )

    def _threads(self, name: str) -> tuple[Thread, ...]:
        columns = self._columns(f"{name}/threads", ("host", "pid", "tid", "name", "process"))
        rows = zip(
            columns.whole("pid"),
            columns.whole("tid"),
            columns.text("name", optional=True),
            columns.text("process", optional=True),
            columns.text("host", optional=True),
            strict=True,
        )
        return tuple(Thread(*row) for row in rows)

    def _labels(self, name: str, count: int) -> tuple[tuple[Label, ...], ...]:
        known = ("set", "key", "value", "number", "unit")
        columns = self._columns(f"{name}/labels", known, needed=count > 0)
        if not len(columns):
            # A set of no labels at all can be there once.
            if count not in (0, 1):
                raise columns.malformed(f"{count} sets of labels are missing")
            return ((),) * count
        at = columns.int32("set")
        # As above: of all sets, only one may be empty.
        if at.min() < 0 or at.max() >= count or len(set(at.tolist())) < count - 1:
            raise columns.malformed(f"these are not the labels of {count} sets")
        sets: list[list[Label]] = [[] for _ in range(count)]
        numbers = columns.whole("value", where=columns.flags("number"))
        texts, keys, units = (columns.text(one) for one in ("value", "key", "unit"))
        for row, (key, text, number, unit) in enumerate(
            zip(keys, texts, numbers, units, strict=True)
        ):
            sets[at[row]].append(Label(key, text if number is None else number, unit))
        return tuple(tuple(one) for one in sets)

    def _samples(self, name: str) -> Samples:
        columns = self._columns(name, [field.name for field in fields(Samples)])
        return Samples(
            columns.int32("stack"),
            columns.int32("thread"),
            columns.int64("weight"),
            columns.int64_or_none("time"),
            columns.int64_or_none("duration"),
            self._coded(columns, "state", self._states) if "state" in columns.names else None,
            columns.int32("label") if "label" in columns.names else None,
            columns.int64_or_none("count"),
            columns.int32("waker") if "waker" in columns.names else None,
            columns.int32("waker_thread") if "waker_thread" in columns.names else None,
        )

    def _sources(self, name: str) -> dict[str, SourceText]:
        if name not in self._texts:
            self._texts[name] = self._source_texts(name) if name else {}
        return self._texts[name]

    def _source_texts(self, name: str) -> dict[str, SourceText]:
        known = ("file", "kept", "text", "stamped", "modified", "size")
        columns = self._columns(name, known)
        if not len(columns):
            return {}
        rows = zip(
            columns.text("file"),
            columns.flags("kept"),
            columns.text("text"),
            columns.flags("stamped"),
            columns.whole("modified"),
            columns.whole("size"),
            strict=True,
        )
        return {
            file: SourceText(text if kept else None, (modified, size) if stamped else None)
            for file, kept, text, stamped, modified, size in rows
        }

    def _coded(self, columns: Columns, name: str, codes: UInt8) -> UInt8:
        """Return positions in our vocabulary for those in the file's."""
        found = columns.int32(name)
        if len(found) and (found.min() < 0 or found.max() >= len(codes)):
            raise columns.malformed(f"{name}: there are only {len(codes)}")
        return frozen(codes[found], "uint8")


def _codes(theirs: Sequence[str], ours: Sequence[str], other: int) -> UInt8:
    return frozen([ours.index(one) if one in ours else other for one in theirs], "uint8")
