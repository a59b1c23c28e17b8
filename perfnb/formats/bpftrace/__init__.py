"""What bpftrace prints: maps whose keys hold stacks, as text or with ``-f json``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfnb.formats.source import Source
from perfnb.model import Profile

if TYPE_CHECKING:
    from perfnb.formats.bpftrace.rows import Maps

_TEXT = re.compile(rb"^@\w*\[(?:[^\n\]]*, ?)?\r?\n[ \t]+\S", re.MULTILINE)
_JSON = re.compile(rb'\s*\{"type": ?"[a-z_]+", ?"data": ?')


class BpftraceImporter:
    """Reads one profile for each map that has stacks in its keys and numbers as values.

    The output does not tell what these measure: they are counts of the map's name.
    """

    def sniff(self, head: bytes) -> bool:
        """Return whether a map's key goes on below with a stack, or documents tell their type."""
        return bool(_JSON.match(head) or _TEXT.search(head))

    def read(self, source: Source) -> dict[str, Profile]:
        """Return the profiles by the names of the maps, ``"@"`` for one without."""
        from perfnb.formats.bpftrace.profile import make_profile
        from perfnb.formats.bpftrace.rows import read_json, read_text

        text = source.bytes().decode("utf-8", "replace").removeprefix("\ufeff")
        maps = (read_json if _JSON.match(source.head) else read_text)(source, text)
        with_stacks = {
            name: rows
            for name, rows in maps.rows.items()
            if any(isinstance(key, list) for row in rows for key in row.keys)
        }
        left_out = {
            name: f"{name} is left out: its values are not numbers"
            for name, rows in with_stacks.items()
            if any(row.weight is None for row in rows)
        }
        if left_out.keys() == with_stacks.keys():
            why = "; ".join(left_out.values()) or "there is no map with stacks in its keys"
            raise source.malformed("the whole", why)
        profiles = {}
        for name, rows in with_stacks.items():
            if name not in left_out:
                notes = (*left_out.values(), *_notes(maps, name))
                profile = make_profile(source, name, rows)
                profiles[name] = profile.with_metadata(notes=notes, missed=maps.lost)
        return profiles


def _notes(maps: Maps, name: str) -> Iterator[str]:
    if name in maps.averages:
        yield f"the values of {name} are averages, which do not add up"
    if maps.prints.get(name, 0) > 1:
        yield f"{name} was printed {maps.prints[name]} times; its values are added up"
