"""Writing perfnb's archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from importlib.metadata import version
from typing import Any, BinaryIO

import polars as pl

from perfnb.formats.archive import DOCUMENT, VERSION
from perfnb.formats.archive.json import dumps
from perfnb.model import KINDS, STATES, Frames, Metadata, Profile, Samples, Stacks, Tables
from perfnb.model.sources import SourceText

RAW = "_raw"
"""Ends the name of a column that holds, as bytes, those texts which are not UTF-8."""


def write_archive(profiles: Mapping[str, Profile], out: BinaryIO) -> None:
    """Write `profiles` to `out`."""
    shared: list[Tables] = []
    texts: list[Mapping[str, SourceText]] = []
    entries = []
    for number, (name, profile) in enumerate(profiles.items()):
        at = next((at for at, one in enumerate(shared) if one is profile.tables), len(shared))
        if at == len(shared):
            shared.append(profile.tables)
        if profile.sources and profile.sources not in texts:
            texts.append(profile.sources)
        entries.append(
            {
                "name": name,
                "value": asdict(profile.value),
                "tables": f"tables-{at}",
                "label_sets": len(profile.tables.labels),
                "samples": f"samples-{number}",
                **_place(profile.sources, texts),
                "metadata": _metadata(profile.metadata),
            }
        )
    document = {
        "format": "perfnb",
        "version": VERSION,
        "perfnb": version("perfnb"),
        "kinds": KINDS,
        "states": STATES,
        "profiles": entries,
    }
    # In memory first: what is written to may be a pipe, and a zip's directory wants a way back.
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        _add(archive, DOCUMENT, dumps(document))
        for at, tables in enumerate(shared):
            for name, frame in _tables(tables).items():
                _add(archive, f"tables-{at}/{name}.parquet", _parquet(frame))
        for number, profile in enumerate(profiles.values()):
            _add(archive, f"samples-{number}.parquet", _parquet(_numbers(profile.samples)))
        for at, sources in enumerate(texts):
            _add(archive, f"sources-{at}.parquet", _parquet(_sources(sources)))
    out.write(held.getbuffer())


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    # The same profile gives the same file: no clock, no user.
    member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    member.create_system = 3
    member.external_attr = 0o644 << 16
    archive.writestr(member, data)


def _parquet(frame: pl.DataFrame) -> bytes:
    held = io.BytesIO()
    frame.write_parquet(held, compression="zstd", statistics=False)
    return held.getvalue()


def _place(
    sources: Mapping[str, SourceText], texts: Sequence[Mapping[str, SourceText]]
) -> dict[str, str]:
    return {"sources": f"sources-{texts.index(sources)}"} if sources else {}


def _sources(sources: Mapping[str, SourceText]) -> pl.DataFrame:
    every = sources.values()
    stamps = [one.stamp or (0, 0) for one in every]
    return pl.DataFrame(
        [
            *_text("file", [*sources]),
            pl.Series("kept", [one.text is not None for one in every], dtype=pl.Boolean),
            *_text("text", [one.text or "" for one in every]),
            pl.Series("stamped", [one.stamp is not None for one in every], dtype=pl.Boolean),
            _whole("modified", [modified for modified, _ in stamps]),
            _whole("size", [size for _, size in stamps]),
        ]
    )


def _metadata(metadata: Metadata) -> dict[str, Any]:
    empty = Metadata()
    told = {field.name: getattr(metadata, field.name) for field in fields(Metadata)}
    return {name: value for name, value in told.items() if value != getattr(empty, name)}


def _tables(tables: Tables) -> dict[str, pl.DataFrame]:
    functions, threads = tables.functions, tables.threads
    labels = [
        (at, label.key, label.value, label.unit)
        for at, labels in enumerate(tables.labels)
        for label in labels
    ]
    at, key, value, unit = zip(*labels, strict=True) if labels else ((), (), (), ())
    return {
        "functions": pl.DataFrame(
            [
                *_text("name", functions.name),
                *_text("file", functions.file),
                *_text("module", functions.module),
                pl.Series("kind", functions.kind),
            ]
        ),
        "frames": _numbers(tables.frames),
        "stacks": _numbers(tables.stacks),
        "threads": pl.DataFrame(
            [
                *_text("host", [one.host for one in threads]),
                _whole("pid", [one.pid for one in threads]),
                _whole("tid", [one.tid for one in threads]),
                *_text("name", [one.name for one in threads]),
                *_text("process", [one.process for one in threads]),
            ]
        ),
        "labels": pl.DataFrame(
            [
                pl.Series("set", at, dtype=pl.Int32),
                *_text("key", key),
                *_text("value", [str(one) for one in value]),
                pl.Series("number", [isinstance(one, int) for one in value], dtype=pl.Boolean),
                *_text("unit", unit),
            ]
        ),
    }


def _numbers(table: Frames | Stacks | Samples) -> pl.DataFrame:
    columns = {field.name: getattr(table, field.name) for field in fields(table)}
    return pl.DataFrame({name: one for name, one in columns.items() if one is not None})


def _text(name: str, values: Sequence[str]) -> Iterable[pl.Series]:
    """Yield a column of text, and the bytes of what Parquet's UTF-8 cannot hold.

    Names that the operating system gave come with lone surrogates where they are not UTF-8.
    """
    try:
        yield pl.Series(name, values, dtype=pl.String)
    except UnicodeEncodeError:
        plain = [value.encode("utf-8", "replace").decode() for value in values]
        yield pl.Series(name, plain, dtype=pl.String)
        raw = [
            value.encode("utf-8", "surrogatepass") if value != shown else None
            for value, shown in zip(values, plain, strict=True)
        ]
        yield pl.Series(name + RAW, raw, dtype=pl.Binary)


def _whole(name: str, values: Sequence[int]) -> pl.Series:
    """Return a column of whole numbers; as text where one does not fit 64 bits."""
    if all(-(2**63) <= value < 2**63 for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    return pl.Series(name, [str(value) for value in values], dtype=pl.String)
