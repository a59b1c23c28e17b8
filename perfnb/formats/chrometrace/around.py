"""What stands beside a trace's events and samples: stacks, and facts about the recording."""

from __future__ import annotations

from typing import Any

import msgspec

Id = str | int


class StackFrame(msgspec.Struct, omit_defaults=True):
    """One frame of a stack; its callers are above `parent`.

    What the format does not know, `file` and below, is written and read by perfnb.
    """

    name: str = ""
    category: str = ""
    parent: Id | None = None
    file: str = ""
    line: int = 0
    kind: str = "native"


class Value(msgspec.Struct):
    """One of perfnb's value types: its samples are those of this name."""

    name: str
    kind: str
    unit: str
    timed: bool = False
    table: int = 0
    metadata: dict[str, Any] = {}


class Thread(msgspec.Struct, omit_defaults=True):
    """A thread of perfnb's model."""

    pid: int
    tid: int
    name: str = ""
    process: str = ""
    host: str = ""


class Table(msgspec.Struct):
    """Threads and sets of labels, which samples name by their place here."""

    threads: list[Thread] = []
    labels: list[list[tuple[str, str | int, str]]] = []


class Own(msgspec.Struct):
    """What perfnb adds to a trace to read back what it wrote."""

    values: list[Value]
    tables: list[Table]
    version: int = 1


class VizTracer(msgspec.Struct, rename="camel"):
    """What viztracer says of itself."""

    version: str = ""
    overflow: bool = False
    base_time_nanoseconds: int | None = None


class Around(msgspec.Struct, rename="camel"):
    """The outermost object of a trace, its events left out."""

    other_data: Any = None
    metadata: dict[str, Any] = {}
    stack_frames: dict[str, StackFrame] = {}
    viztracer: VizTracer | None = msgspec.field(default=None, name="viztracer_metadata")
    device_properties: Any = None
    base_time_nanoseconds: int | None = None
    system_trace_events: Any = None
