"""What the footer says of a recording of waits: how they were seen, and whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perfnb.model import Metadata
from perfnb.views.item import Item

_EXACT = ("exact", "kernel")
_MUCH, _FEW = 0.1, 0.001


def is_exact(m: Metadata) -> bool:
    """Return whether every switch was recorded, and none sampled."""
    return _told(m).get("level") in _EXACT


def offcpu_items(m: Metadata) -> list[Item]:
    """Return the statements that ``Metadata.extra["offcpu"]`` gives reason for."""
    told = _told(m)
    items = (_level(told, m), _attributed(told), _lost(told, m))
    return [item for item in items if item is not None]


def _told(m: Metadata) -> Mapping[str, Any]:
    told = m.extra.get("offcpu")
    return told if isinstance(told, Mapping) else {}


def _level(told: Mapping[str, Any], m: Metadata) -> Item | None:
    if not told.get("level"):
        return None
    text = str(told.get("level_text") or told["level"])
    return Item(
        "level", text, "note" if m.second_choice else "ok", str(told.get("level_help") or "")
    )


def _attributed(told: Mapping[str, Any]) -> Item | None:
    inside, nearest, rest = (told.get(key) or 0 for key in ("inside", "nearest", "unattributed"))
    whole = inside + nearest + rest
    if whole <= 0:
        return None
    parts = [
        (inside, "by a sample inside"), (nearest, "by the nearest"), (rest, "not"),
    ]  # fmt: skip
    shown = [f"{_percent(part / whole)} {how}" for part, how in parts if part]
    return Item(
        "attributed",
        ", ".join(shown),
        "warn" if rest > _MUCH * whole else "ok",
        "How it is known which code waited: a sample of the thread's stack was taken during the "
        "wait; or before and after it, and the nearest is told; or none is near enough.",
    )


def _lost(told: Mapping[str, Any], m: Metadata) -> Item | None:
    lost, exact = told.get("lost"), is_exact(m)
    if lost is None:
        help_ = "How many records of switches the kernel had no room for, it does not tell."
        return Item("lost", "not known", "note", help_) if exact else None
    switches = sum(
        (row.get("voluntary") or 0) + (row.get("involuntary") or 0)
        for row in m.extra.get("threads", ())
    )
    return Item(
        "lost",
        f"{lost:,} kernel record{'s' * (lost != 1)}" if lost else "nothing",
        "warn" if lost > _FEW * switches else "note" if lost else "ok",
        "Records of switches that the kernel had no room for: some waits are missing, or are told "
        "longer or shorter than they were."
        if lost
        else "The kernel lost no record of a switch.",
    )


def _percent(share: float) -> str:
    """Return a share in whole per cent: more digits would say more than is known."""
    return "< 1 %" if 0 < share < 0.005 else f"{round(share * 100)} %"
