"""speedscope's JSON, as far as it is read."""

from __future__ import annotations

from typing import Literal

import msgspec

from perfnb.units import ValueType

UNITS = {
    "none": (ValueType("samples", "count"), 1.0),
    "nanoseconds": (ValueType("wall", "ns"), 1.0),
    "microseconds": (ValueType("wall", "ns"), 1e3),
    "milliseconds": (ValueType("wall", "ns"), 1e6),
    "seconds": (ValueType("wall", "ns"), 1e9),
    "bytes": (ValueType("bytes", "bytes"), 1.0),
}
"""What weights of a unit are, and how many of ours one is."""

_Unit = Literal["none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"]


class Frame(msgspec.Struct, gc=False):
    """A line of a function."""

    name: str
    file: str | None = None
    line: int | None = None


class Shared(msgspec.Struct):
    """What the profiles refer to."""

    frames: list[Frame]


class Event(msgspec.Struct, gc=False):
    """A frame opens or closes."""

    type: Literal["O", "C"]
    frame: int
    at: float


class Sampled(msgspec.Struct, tag_field="type", tag="sampled"):
    """Stacks with weights."""

    # Each stack as it is written: most are equal to others, and are decoded once.
    samples: list[msgspec.Raw]
    weights: list[float]
    unit: _Unit = "none"
    name: str | None = None


class Evented(msgspec.Struct, tag_field="type", tag="evented"):
    """Frames that open and close."""

    events: list[Event]
    unit: _Unit = "none"
    name: str | None = None
    startValue: float = 0  # noqa: N815
    endValue: float = 0  # noqa: N815


class File(msgspec.Struct):
    """The document."""

    shared: Shared
    profiles: list[Sampled | Evented]
    name: str | None = None
    activeProfileIndex: int | None = None  # noqa: N815
    exporter: str | None = None
