"""austin's recordings: lines of text (austin 3), or its binary MOJO format (3 and 4).

Austin tells how much time passed since the sample before, but not when: samples that it
could not take leave no trace in the file, so adding the times up would not give instants,
and there is no column of times.
"""

from __future__ import annotations

from perfnb.formats.austin import mojo, text
from perfnb.formats.austin.samples import Recording
from perfnb.formats.source import Source
from perfnb.model import Profile


class AustinImporter:
    """Reads austin's files: ``wall`` or ``on-CPU`` time, ``memory``, or all three."""

    def sniff(self, head: bytes) -> bool:
        """Return whether this is MOJO, or begins with austin's comments or a line of its shape."""
        return head.startswith(mojo.MAGIC) or text.BEGIN.match(head) is not None

    def read(self, source: Source) -> dict[str, Profile]:
        """Return the profiles in a file.

        Raises
        ------
        MalformedProfile
            If a line or event is not of the format.
        """
        recording = Recording(source)
        if source.head.startswith(mojo.MAGIC):
            mojo.read(source.bytes(), recording)
        else:
            text.read(source.lines(), recording)
        return recording.profiles()
