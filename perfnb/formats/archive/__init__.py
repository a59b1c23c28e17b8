"""perfnb's own file: a zip of Parquet tables and one JSON document, lossless.

::

    perfnb.json               versions, and of each profile its value type and metadata
    tables-0/functions.parquet, frames, stacks, threads, labels
    samples-0.parquet         one for each profile; several may refer to the same tables
    sources-0.parquet         likewise: the texts of files, where they were kept

The members are stored as they are (Parquet compresses by itself), so that other tools find
plain Parquet files in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO, ClassVar

from perfnb.formats.base import FEATURES
from perfnb.formats.source import Source
from perfnb.model import Profile

DOCUMENT = "perfnb.json"
"""The name of the first member: what tells the format."""

VERSION = 1
"""Of the layout; raised when an older perfnb would read a file wrongly, not for additions."""


class ArchiveImporter:
    """Reads archives of this version and older ones."""

    def sniff(self, head: bytes) -> bool:
        """Return whether the first member of a zip is the document."""
        length = int.from_bytes(head[26:28], "little")
        return head.startswith(b"PK\x03\x04") and head[30 : 30 + length] == DOCUMENT.encode()

    def read(self, source: Source) -> dict[str, Profile]:
        """Return the profiles, in the order in which they were written.

        Raises
        ------
        UnsupportedVersion
            If a later perfnb wrote the file.
        MalformedProfile
            If it is broken.
        """
        from perfnb.formats.archive.read import read_archive

        return read_archive(source)


class ArchiveExporter:
    """Writes everything that a profile tells; the same profile gives the same bytes."""

    carries: ClassVar[frozenset[str]] = FEATURES

    def write(self, profiles: Mapping[str, Profile], out: BinaryIO) -> None:
        """Write profiles of one recording; tables that they share are written once."""
        from perfnb.formats.archive.write import write_archive

        write_archive(profiles, out)
