"""Folded stacks: ``root;caller;leaf weight``, a line for each distinct stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO, ClassVar

import numpy as np

from perfnb.model import Profile
from perfnb.model.calltree import frame_label

_UNWRITABLE = str.maketrans({";": ":", "\n": " ", "\r": " "})


class FoldedExporter:
    """Writes what flamegraph.pl, inferno and speedscope read.

    Weights are in the profile's unit. A ``;`` or line break in a name, which the format
    has no way to write, becomes ``:`` or a space; no name at all becomes ``?``.
    """

    carries: ClassVar[frozenset[str]] = frozenset()

    def write(self, profiles: Mapping[str, Profile], out: BinaryIO) -> None:
        """Write the one profile."""
        (profile,) = profiles.values()
        tables, samples = profile.tables, profile.samples
        names = [
            frame_label(tables.functions, row, 0).translate(_UNWRITABLE) or "?"
            for row in range(len(tables.functions))
        ]
        text = [""] * (len(tables.stacks) + 1)
        rows = zip(tables.stacks.parent.tolist(), tables.stacks.frame.tolist(), strict=True)
        function = tables.frames.function.tolist()
        for row, (parent, frame) in enumerate(rows):
            above = text[parent]
            text[row] = f"{above};{names[function[frame]]}" if above else names[function[frame]]
        weight = np.zeros(len(text), dtype=np.int64)
        np.add.at(weight, samples.stack, samples.weight)
        lines: dict[str, int] = {}
        for row in np.flatnonzero(weight).tolist():
            # Lines of one function were distinct stacks until here.
            lines[text[row]] = lines.get(text[row], 0) + int(weight[row])
        folded = "".join(f"{stack} {total}\n" for stack, total in sorted(lines.items()) if stack)
        out.write(folded.encode("utf-8", "replace"))
