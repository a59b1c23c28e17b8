"""speedscope's JSON: https://www.speedscope.app/file-format-schema.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO, ClassVar

from perfnb.formats.jsonkeys import top_keys
from perfnb.formats.source import Source
from perfnb.model import Profile

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
"""The value of ``$schema``: what tells the format."""


class SpeedscopeImporter:
    """Reads sampled and evented profiles.

    Those of one unit are the threads of one `Profile`. Only evented profiles in a unit of
    time tell when something ran: the weights of a sampled one add up to what was seen, and
    leave out the time in between. Where speedscope itself wrote the file there are no times
    either, as it writes what it read from sampled profiles as events, too.
    """

    def sniff(self, head: bytes) -> bool:
        """Return whether the document names the schema, or has its two tables."""
        keys = top_keys(head)
        if "$schema" in keys and SCHEMA.encode() in head:
            return True
        return {"shared", "profiles"} <= keys and "meta" not in keys

    def read(self, source: Source) -> dict[str, Profile]:
        """Return a profile for each unit, that of the active one first.

        Raises
        ------
        MalformedProfile
            If the file is broken, or its events do not match each other.
        """
        from perfnb.formats.speedscope.read import read_speedscope

        return read_speedscope(source)


class SpeedscopeExporter:
    """Writes a profile for each value type and thread.

    Where samples have times and durations, do not overlap and weigh what they lasted, calls
    are written as events at their times; else samples, one after the other.
    """

    carries: ClassVar[frozenset[str]] = frozenset(
        {
            "file",
            "line",
            "thread",
            "thread name",
            "process name",
            "host",
            "value",
            "several",
        }
    )

    def write(self, profiles: Mapping[str, Profile], out: BinaryIO) -> None:
        """Write profiles of one recording.

        Raises
        ------
        OptionError
            If there are negative weights, which speedscope refuses.
        """
        from perfnb.formats.speedscope.write import write_speedscope

        write_speedscope(profiles, out)
