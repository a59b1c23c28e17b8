"""What a format has to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO, ClassVar, Protocol

from perfnb.formats.source import Source
from perfnb.model import Profile

FEATURES = frozenset(
    {
        "file",  # of functions
        "module",
        "kind",
        "line",  # of frames
        "thread",  # pid and tid
        "thread name",
        "process name",
        "host",
        "time",
        "duration",
        "state",
        "labels",
        "waker",  # of a wait: a stack and a thread
        "samples",  # each one, not only their sums
        "value",  # kind and unit of the weights
        "metadata",
        "several",  # value types in one file
    }
)
"""What a format may be able to carry besides stacks of names and weights."""


class Importer(Protocol):
    """Reads one format."""

    def sniff(self, head: bytes) -> bool:
        """Return whether a file that begins with these (up to 64 KiB) is of this format.

        Its name is not known here, and it need not be whole or sound.
        """

    def read(self, source: Source) -> dict[str, Profile]:
        """Return the profiles in a file by the name of their value type, the default first.

        Raises
        ------
        MalformedProfile
            Naming the place and the reason, if it cannot be read whole.
        """


class Exporter(Protocol):
    """Writes one format."""

    carries: ClassVar[frozenset[str]]
    """Which `FEATURES` are there again after reading."""

    def write(self, profiles: Mapping[str, Profile], out: BinaryIO) -> None:
        """Write profiles of one recording; more than one only if "several" is carried."""
