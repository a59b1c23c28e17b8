"""How the stacks of a profile's waits were found: the shares that the footer tells."""

from __future__ import annotations

from typing import Any

import numpy as np

from perfnb.model import Label, Profile

HELD = "[held by the profiler]"
"""The frame of time in which a thread stood still for py-spy to read its stack."""

LABEL = "stack"
HOW = ("unattributed", "nearest", "inside")
"""Values of the label, in the order of `perfnb.capture.offcpu.waits.NONE`, `NEAREST`, `INSIDE`."""


def with_shares(profile: Profile) -> Profile:
    """Return the profile with nanoseconds of waiting by how their stacks were found.

    They are told in ``metadata.extra["offcpu"]``, and ``extra["threads"]`` is cut to the threads
    that are there; a profile without such labels is returned as it is. To be done again when
    samples were left out.
    """
    facts: dict[str, Any] = dict(profile.metadata.extra.get("offcpu", {}))
    samples = profile.samples
    if not facts or samples.label is None:
        return profile
    by_label = np.bincount(
        samples.label + 1, samples.weight, len(profile.tables.labels) + 1
    ).astype(np.int64)
    for how in HOW:
        rows = [i + 1 for i, one in enumerate(profile.tables.labels) if Label(LABEL, how) in one]
        facts[how] = int(by_label[rows].sum())
    seen = np.unique(samples.thread).tolist()
    there = {(profile.threads[i].pid, profile.threads[i].tid) for i in seen}
    threads = [
        row
        for row in profile.metadata.extra.get("threads", ())
        if (row["pid"], row["tid"]) in there
    ]
    extra = {**profile.metadata.extra, "offcpu": facts, "threads": threads}
    return profile.with_metadata(extra=extra)
