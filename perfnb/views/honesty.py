"""The footer of every picture: how far it can be trusted."""

from __future__ import annotations

import math

from perfnb.model import Metadata, Profile
from perfnb.transform.condense import DEEPEST, Condensed
from perfnb.units import format_percent, format_value
from perfnb.views.item import Item
from perfnb.views.offcpu import is_exact, offcpu_items
from perfnb.views.words import noun_of

_FEW, _SOME = 50, 200


def wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return Wilson's score interval for a share seen in `n` independent samples.

    E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", J. Am. Stat. Assoc. 22 (1927).
    """
    if n == 0:
        return 0.0, 1.0
    center = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (center - half) / scale), min(1.0, (center + half) / scale)


def honesty(profile: Profile) -> tuple[str, list[Item]]:
    """Return a warning in one line ("" if there is none) and the footer's items."""
    m = profile.metadata
    items = [
        item
        for item in (
            _backend(m), *offcpu_items(m), _rate(m), _samples(profile), _missed(m), _cost(m),
            _pause(m), _clock(profile), _states(profile), _hidden(m), *_notes(m),
        )
        if item is not None
    ]  # fmt: skip
    return _summary(profile, items), items


def left_out(condensed: Condensed, profile: Profile) -> list[Item]:
    """Return what must be said of a profile too large to be drawn whole."""
    items = []
    if condensed.hidden:
        kept = len(condensed.profile.tables.stacks)
        narrowest = format_value(condensed.narrowest, profile.value.unit)
        share = format_percent(condensed.narrowest / max(1, abs(profile.total)))
        items.append(
            Item(
                "drawn",
                f"{kept:,} boxes; {condensed.hidden:,} narrower are summed",
                "note",
                f"Paths of at most {narrowest} ({share} of all) are summed with their siblings "
                "into a box that tells how many they are. Widths and totals are exact.",
            )
        )
    if condensed.cut:
        items.append(
            Item(
                "depth",
                f"cut below {DEEPEST:,} frames",
                "note",
                "What was called from there is summed into a box that tells how much it is.",
            )
        )
    if condensed.summed and profile.samples.time is not None:
        items.append(
            Item(
                "times",
                "left out of the picture",
                "note",
                f"{len(profile):,} samples are too many to be stored with the picture one by one; "
                "the profile has them.",
            )
        )
    return items


def _backend(m: Metadata) -> Item | None:
    if not m.backend:
        return None
    text = f"{m.backend} {m.backend_version}".strip()
    if form := m.extra.get("format"):
        by = "" if text == form else f", by {text}"
        return Item("file", f"{form}{by}", "ok", "The format it was read from, and who wrote it.")
    if m.second_choice:
        return Item("backend", f"{text}, as a better one was refused", "note", f"{m.reason}.")
    return Item("backend", text, "ok", f"Chosen: {m.reason}." if m.reason else "")


def _rate(m: Metadata) -> Item | None:
    if m.rate_achieved is None:
        return None
    achieved = f"{m.rate_achieved:.3g} Hz"
    if m.rate_asked is None:
        return Item("rate", achieved)
    # Poisson: the number of instants in the window may differ by chance.
    expected = m.rate_asked * (m.wall_s or 0)
    behind = m.ticks is not None and m.ticks < expected - 4 * math.sqrt(expected) - 1
    return Item(
        "rate",
        f"{m.rate_asked:g} Hz asked, {achieved} achieved",
        "warn" if behind and m.rate_achieved < 0.8 * m.rate_asked else "note" if behind else "ok",
        "The profiler could not keep up: fewer samples, at places that favour it."
        if behind
        else "Sampling instants per second of the recorded window.",
    )


def _samples(profile: Profile) -> Item:
    if is_exact(profile.metadata):
        return _recorded(profile)
    if profile.metadata.traced:
        return Item(
            "recorded",
            "everything",
            "ok",
            "Nothing was sampled: shares have no error of chance, but short calls carry more of "
            "the recording's own cost than long ones.",
        )
    if profile.sample_count is None:
        return Item(
            "stacks",
            f"{len(profile):,}",
            "ok",
            "The file tells sums by stack, not of how many samples: how sure a share is, "
            "cannot be said.",
        )
    n = profile.sample_count
    low, high = wilson(0.1, n)
    spread = (
        f"A box of 10 % may be {format_percent(low)} to {format_percent(high)} (95 % interval)."
    )
    return Item("samples", f"{n:,}", "warn" if n < _FEW else "note" if n < _SOME else "ok", spread)


def _recorded(profile: Profile) -> Item:
    """How many waits there were: each was recorded, so that chance has no part in their lengths."""
    known, noun = profile.sample_count, noun_of(profile)
    if known is None and not profile.metadata.summed:
        known = len(profile)
    return Item(
        noun,
        "summed while recording" if known is None else f"{known:,}",
        "ok",
        "Each is recorded from its beginning to its end: how long it lasted has no error of "
        "chance, however few there are.",
    )


def _missed(m: Metadata) -> Item | None:
    if m.missed is None:
        return None
    share = m.missed / m.ticks if m.ticks else 0.0
    return Item(
        "missed",
        f"{m.missed:,}",
        "warn" if share > 0.02 else "note" if m.missed else "ok",
        "Instants at which the stacks could not be read.",
    )


def _cost(m: Metadata) -> Item | None:
    if m.profiler_cpu_s is None:
        return None
    cpu = format_value(m.profiler_cpu_s * 1e9, "ns")
    share = m.profiler_cpu_s / m.wall_s if m.wall_s else 0.0
    return Item(
        "profiler",
        f"{cpu} CPU ({format_percent(share)} of a core)",
        "note" if share > 0.25 else "ok",
        "CPU time of the profiler itself, from its start to its end, on whichever core.",
    )


def _pause(m: Metadata) -> Item | None:
    if m.paused_s is None or not m.wall_s:
        return None
    share = m.paused_s / m.wall_s
    return Item(
        "stood still",
        format_percent(share),
        "warn" if share > 0.1 else "note" if share > 0.02 else "ok",
        f"The program was stopped for {format_value(m.paused_s * 1e9, 'ns')} in all, while its "
        "stacks were read.",
    )


def _clock(profile: Profile) -> Item | None:
    m = profile.metadata
    if m.clock_error_ns is None and profile.samples.time is not None:
        return Item("times", "as told", "ok", "How exact they are, the recording does not tell.")
    if m.clock_error_ns is None:
        return Item(
            "times", "none", "note", "This recording does not tell when a sample was taken."
        )
    return Item(
        "clock",
        f"±{format_value(m.clock_error_ns, 'ns')}",
        "note" if m.clock_error_ns > 20_000_000 else "ok",
        "Bound on the error of the time of a sample.",
    )


def _states(profile: Profile) -> Item | None:
    unknown = profile.metadata.state_unknown
    if not unknown:
        return None
    share = unknown / max(1, len(profile))
    return Item(
        "state unknown",
        f"{unknown:,}",
        "warn" if share > 0.05 else "note",
        "Samples for which it could not be read whether the thread was running.",
    )


def _hidden(m: Metadata) -> Item | None:
    hidden = m.extra.get("machinery_samples")
    if not hidden:
        return None
    return Item(
        "left out",
        "1 sample" if hidden == 1 else f"{hidden:,} samples",
        "ok",
        "Samples of the notebook's own machinery; --all-frames shows them.",
    )


def _notes(m: Metadata) -> list[Item]:
    notes = [Item("note", note[0].upper() + note[1:], "note") for note in m.notes]
    if m.truncated:
        notes.append(Item("left out", m.truncated, "warn"))
    return notes


def _summary(profile: Profile, items: list[Item]) -> str:
    n = profile.sample_count
    if n is not None and n < _FEW and not is_exact(profile.metadata):
        low, high = wilson(0.1, n)
        plural = "sample" if n == 1 else "samples"
        return (
            f"Too thin to trust: {n} {plural}. A box of 10 % may be {format_percent(low)} to "
            f"{format_percent(high)}. Sample faster (-r) or let the code run longer."
        )
    warned = [item for item in items if item.level == "warn"]
    return f"{warned[0].label}: {warned[0].text}. {warned[0].help}" if warned else ""
