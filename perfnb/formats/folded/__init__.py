"""Folded stacks: ``root;caller;leaf weight``, a line for each distinct stack."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from perfnb.formats.folded.lines import Lines, join_commands, read_lines
from perfnb.formats.folded.names import by_pyspy, lead_of, plain_frame, pyspy_frame, unescape
from perfnb.formats.folded.odd import LINE, TWO_COUNTS
from perfnb.formats.folded.threads import thread_column
from perfnb.formats.source import HEAD, Source
from perfnb.model import Metadata, Profile, ProfileBuilder, Samples, Thread
from perfnb.model.prefix import prefix_tree
from perfnb.model.tables import Int64, Stacks, frozen
from perfnb.units import ValueType

_FIRST = 1000
_DEEP = 200
_WORD = re.compile(rb"(?=.*[A-Za-z_\x80-\xff])[^\s,=]*[^\s,=:]", re.DOTALL)


class FoldedImporter:
    """Reads what stackcollapse-*.pl, inferno, py-spy and many other tools write.

    The format does not tell what is counted; here it is samples. Counts with fractions are
    kept in millionths. A file whose lines all end in two counts, as difffolded.pl writes
    them, gives two profiles, "after" and "before".
    """

    def sniff(self, head: bytes) -> bool:
        """Return whether nine of ten lines end in a count, and one has a ``;`` before it.

        If none has, then each must be a word and a count.
        """
        if b"\0" in head:
            return False
        lines = _first_lines(head)
        if not lines:
            # Nothing but the beginning of one very deep stack.
            return head.count(b";") >= _DEEP and b"\n" not in head
        stacks = [match[1] or b"" for line in lines if (match := LINE.fullmatch(line))]
        if any(b";" in stack for stack in stacks):
            return 10 * len(stacks) >= 9 * len(lines)
        words = [stack for stack in stacks if not stack or _WORD.fullmatch(stack)]
        return len(words) == len(lines) and any(words)

    def read(self, source: Source) -> dict[str, Profile]:
        """Return one profile, or "after" and "before"."""
        first = _first_lines(source.head)
        two = bool(first) and all(map(TWO_COUNTS.fullmatch, first))
        lines = read_lines(source, 2 if two else 1)
        unit = "micro" if lines.micro else "count"
        kinds = ("before", "after") if two else ("samples",)
        builder = ProfileBuilder(ValueType(kinds[0], unit))
        names = [unescape(name) for name in lines.names]
        leads = [lead_of(name) for name in names]
        pyspy = by_pyspy(name for name, lead in zip(names, leads, strict=True) if lead is None)
        if pyspy:
            start, thread = thread_column(builder, lines, leads)
            lines = _from(lines, start)
        else:
            builder.thread(Thread(0, 0))
            thread = frozen(np.zeros(len(lines.offset) - 1), np.int32)
        lines = _from(lines, lines.offset[:-1] + _is_empty(lines))
        tell = pyspy_frame if pyspy else plain_frame
        stacks, leaf = prefix_tree(lines.name, lines.offset)
        used = np.flatnonzero(np.bincount(stacks.frame, minlength=len(names)))
        frame = np.zeros(len(names), dtype=np.int32)
        frame[used] = [builder.frame(*tell(names[row])) for row in used.tolist()]
        if len(np.unique(frame[used])) == len(used):
            stacks = Stacks(stacks.parent, frozen(frame[stacks.frame], np.int32))
        else:
            # What differs as a name may be the same frame, such as f and f_[j].
            stacks, leaf = prefix_tree(frame[lines.name], lines.offset)
        tables = builder.tables().with_stacks(stacks)
        metadata = Metadata(backend="py-spy" if pyspy else "")
        profiles = {}
        for kind, counts in zip(kinds, lines.counts, strict=True):
            samples = Samples(leaf, thread, frozen(counts, np.int64))
            # A stack that is on one side only has a count of 0 on the other.
            samples = samples.take(counts != 0) if two else samples
            profiles[kind] = Profile(ValueType(kind, unit), tables, samples, metadata)
        return dict(reversed(profiles.items()))


def _first_lines(head: bytes) -> list[bytes]:
    """Return the first whole lines, without blank ones and comments."""
    lines = join_commands(head.removeprefix(b"\xef\xbb\xbf")).split(b"\n")
    if len(head) >= HEAD:
        lines.pop()
    bare = (line.rstrip() for line in lines)
    return [line for line in bare if line and not line.startswith(b"# ")][:_FIRST]


def _is_empty(lines: Lines) -> Int64:
    """Return 1 for a stack of nothing but a name without a letter: that is no stack at all."""
    start = lines.offset[:-1]
    alone = np.diff(lines.offset) == 1
    unnamed = np.array([not name for name in lines.names], dtype=bool)
    alone[alone] = unnamed[lines.name[start[alone]]]
    return frozen(alone, np.int64)


def _from(lines: Lines, start: Int64) -> Lines:
    """Return the stacks without what stands before `start`."""
    length = lines.offset[1:] - start
    offset = np.concatenate([[0], np.cumsum(length)])
    if offset[-1] == len(lines.name):
        return lines
    kept = np.repeat(start - offset[:-1], length) + np.arange(offset[-1])
    return replace(lines, name=lines.name[kept], offset=offset)
