"""V8's ``.cpuprofile``: ``node --cpu-prof``, Chrome's DevTools, v8-profiler."""

from __future__ import annotations

from perfnb.formats.jsonkeys import top_keys
from perfnb.formats.source import Source
from perfnb.model import Profile


class CpuProfileImporter:
    """Reads the list of nodes that the inspector writes, and the tree of V8's older interface.

    A sample lasts until the next one, the last until the end. V8 tells where a function
    begins, not the line it is at. It samples at instants, whatever the thread does: only of
    ``(idle)`` it is known that it waits. Times are V8's own, on Linux CLOCK_MONOTONIC.
    """

    def sniff(self, head: bytes) -> bool:
        """Return whether there are nodes with call frames, or a tree with samples."""
        keys = top_keys(head)
        if "nodes" in keys:
            return b'"callFrame"' in head or {"startTime", "endTime"} <= keys
        return {"head", "startTime", "endTime"} <= keys

    def read(self, source: Source) -> dict[str, Profile]:
        """Return wall time; numbers of samples from a file that has no single ones.

        Raises
        ------
        MalformedProfile
            If the file is broken.
        """
        from perfnb.formats.cpuprofile.read import read_cpuprofile

        return read_cpuprofile(source)
