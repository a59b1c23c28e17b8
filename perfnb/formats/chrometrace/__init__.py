"""Chrome's trace events: spans of threads in time order, from many tools."""

from __future__ import annotations

from perfnb.formats.jsonkeys import top_keys
from perfnb.formats.source import Source
from perfnb.model import Profile


class ChromeTraceImporter:
    """Reads trace events: the list of them, or the object around it.

    What each span has for itself, less the spans within it, is one sample for each
    uninterrupted stretch of time. The profiles are ``wall``; ``CPU`` where the spans tell
    their thread's CPU clock; ``async`` for operations that are no thread's; then the samples
    that a trace may hold beside its spans, by their own names.
    """

    def sniff(self, head: bytes) -> bool:
        """Return whether it is an object with ``traceEvents``, or a list of events."""
        keys = top_keys(head)
        if "[]" in keys:
            return "ph" in keys and bool(keys & {"ts", "pid", "tid", "name"})
        return "traceEvents" in keys

    def read(self, source: Source) -> dict[str, Profile]:
        """Return the profiles by name.

        Raises
        ------
        MalformedProfile
            If it cannot be read whole.
        """
        from perfnb.formats.chrometrace.read import read

        return read(source)
