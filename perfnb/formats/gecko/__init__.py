"""Firefox Profiler's formats: of profiler.firefox.com, Firefox itself, samply and perf's gecko.py.

There are two. The *raw* format (`raw`) is what Firefox writes: a table is a list of rows,
a frame one string. The *processed* one (`processed`) is what the web page makes of it, and
what other tools write: a table is columns, the same since version 60 for all threads.
"""

from __future__ import annotations

from perfnb.formats.jsonkeys import top_keys
from perfnb.formats.source import Source
from perfnb.model import Profile


class GeckoImporter:
    """Reads both formats, of any version that has tables."""

    def sniff(self, head: bytes) -> bool:
        """Return whether a file that begins with `head` is a JSON document of that shape."""
        keys = top_keys(head)
        others = "threads", "libs", "shared"
        return "meta" in keys and "[]" not in keys and not keys.isdisjoint(others)

    def read(self, source: Source) -> dict[str, Profile]:
        """Return the samples, and what else they measured, by the name of the value type."""
        from perfnb.formats.gecko.processed import read_processed
        from perfnb.formats.gecko.raw import read_raw
        from perfnb.formats.gecko.schema import OnlyMeta

        # Unpacked once, though looked at twice.
        plain = Source(source.bytes())
        plain.name = source.name
        file: OnlyMeta = plain.json(OnlyMeta)
        if file.meta.preprocessed_profile_version is None:
            return read_raw(plain)
        return read_processed(plain)
