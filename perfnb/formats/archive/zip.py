"""The zip around an archive's tables, which may be made by anyone."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from pathlib import Path

import polars as pl

from perfnb.formats.archive import DOCUMENT
from perfnb.formats.archive.parquet import Untrue, check
from perfnb.formats.source import MOST, Source
from perfnb.formats.unpack import RATIO, SMALL

_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError,
    NotImplementedError, RuntimeError, ValueError, OverflowError, LookupError,
)  # fmt: skip


def members(source: Source) -> dict[str, bytes]:
    """Return the document and the tables by their names; what else there is, is ignored.

    Nothing is written to disk, so that the names' paths do not matter.

    Raises
    ------
    MalformedProfile
        If the zip is damaged, encrypted, or unpacks to more than any profile does.
    """
    with source.file() as path:
        try:
            with zipfile.ZipFile(path) as archive:
                return _members(source, archive, path)
        except _BROKEN as error:
            what = str(error) or type(error).__name__
            raise source.malformed("the zip around the tables", what) from error


def _members(source: Source, archive: zipfile.ZipFile, path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = min(MOST, max(SMALL, RATIO * path.stat().st_size))
    for member in archive.infolist():
        name = member.filename
        if name != DOCUMENT and not name.endswith(".parquet"):
            continue
        if name in found:
            raise source.malformed(name, "there are two members of this name")
        if member.flag_bits & 1:
            raise source.malformed(name, "it is encrypted")
        left -= member.file_size
        if left < 0:
            raise source.malformed(name, "it unpacks to more than any profile does")
        # Never more than the directory tells, and compared with its checksum: damage by
        # chance gets no further than here.
        found[name] = archive.read(member)
    return found


def table(source: Source, name: str, data: bytes) -> pl.LazyFrame:
    """Return one table, of which only the outline has been read.

    Raises
    ------
    MalformedProfile
        If it is no Parquet, or a small file that unpacks to a very large table.
    """
    try:
        check(data, max(SMALL, RATIO * len(data)))
        frame = pl.scan_parquet(io.BytesIO(data))
        frame.collect_schema()
    except Untrue as error:
        raise source.malformed(name, f"no table that perfnb wrote: {error}") from error
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise source.malformed(name, f"no Parquet that can be read: {error}") from error
    return frame
