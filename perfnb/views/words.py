"""What the rows of a profile are called."""

from __future__ import annotations

from perfnb.model import Profile

_NOUNS = {"off-CPU": "waits", "wall": "intervals"}


def noun_of(profile: Profile) -> str:
    """Return "samples", or what they are where their lengths were recorded: waits, intervals."""
    lasting = profile.samples.duration is not None or "offcpu" in profile.metadata.extra
    return _NOUNS.get(profile.value.kind, "samples") if lasting else "samples"
