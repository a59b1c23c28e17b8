"""Writing folded stacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO, ClassVar

import numpy as np

from perfnb.formats.folded.names import escape
from perfnb.model import Profile
from perfnb.model.calltree import frame_label


class FoldedExporter:
    """Writes what flamegraph.pl, inferno and speedscope read.

    Weights are in the profile's unit; millionths of a count are written as fractions, and
    read as such. Stacks of the same names are one line. For what the format has no way to
    write in a name, see `perfnb.formats.folded.names.escape`.
    """

    carries: ClassVar[frozenset[str]] = frozenset()

    def write(self, profiles: Mapping[str, Profile], out: BinaryIO) -> None:
        """Write the one profile."""
        (profile,) = profiles.values()
        tables, samples = profile.tables, profile.samples
        functions = [
            escape(frame_label(tables.functions, row, 0)) for row in range(len(tables.functions))
        ]
        names = [functions[function] for function in tables.frames.function.tolist()]
        parent, frame = tables.stacks.parent.tolist(), tables.stacks.frame.tolist()
        weight = np.zeros(len(parent) + 1, dtype=np.int64)
        np.add.at(weight, samples.stack, samples.weight)
        lines: dict[str, int] = {}
        for leaf in np.flatnonzero(weight).tolist():
            path = []
            row = leaf if leaf < len(parent) else -1
            while row >= 0:
                path.append(names[frame[row]])
                row = parent[row]
            stack = ";".join(reversed(path))
            # Lines of one function were distinct stacks until here.
            lines[stack] = lines.get(stack, 0) + int(weight[leaf])
        spell = _fraction if profile.value.unit == "micro" else str
        for stack in sorted(lines):
            if lines[stack]:
                out.write(f"{stack} {spell(lines[stack])}\n".encode())


def _fraction(weight: int) -> str:
    # At least one digit: a file without a point is one of whole counts.
    whole, rest = divmod(abs(weight), 10**6)
    digits = f"{rest:06}".rstrip("0") or "0"
    return f"{'-' if weight < 0 else ''}{whole}.{digits}"
