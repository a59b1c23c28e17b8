"""CPU profiles that V8 writes into a trace, piece by piece."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from urllib.parse import unquote

import msgspec

from perfnb.formats.chrometrace.events import Event
from perfnb.formats.chrometrace.threads import Threads
from perfnb.formats.chrometrace.times import decoded
from perfnb.formats.source import Source
from perfnb.model import Profile, ProfileBuilder, Thread
from perfnb.units import ValueType

_IDLE = "(idle)"


class _CallFrame(msgspec.Struct, rename="camel"):
    function_name: str = ""
    url: str = ""
    line_number: int = -1


class _Node(msgspec.Struct, rename="camel"):
    id: int
    call_frame: _CallFrame
    parent: int | None = None


class _Nodes(msgspec.Struct, rename="camel"):
    nodes: list[_Node] = []
    samples: list[int] = []


class _Data(msgspec.Struct, rename="camel"):
    start_time: float | None = None
    cpu_profile: _Nodes | None = None
    time_deltas: list[float] = []


class _Args(msgspec.Struct, rename="camel"):
    data: _Data = msgspec.field(default_factory=_Data)


class _Recording:
    """One CPU profile, of which the chunks come one by one."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self.now = 0.0
        self.stacks: dict[int, int] = {}
        self.idle: set[int] = set()
        self.seen: list[tuple[int, float]] = []


def read_v8(
    source: Source, events: list[tuple[Event, int]], threads: Threads
) -> dict[str, Profile]:
    """Return the CPU profiles that V8 wrote between a trace's events, as one profile.

    Each sample lasts until the next of its thread; the last has nothing after it and is
    left out.
    """
    builder = ProfileBuilder(ValueType("JavaScript", "ns"))
    decoder = msgspec.json.Decoder(_Args, strict=False)
    recordings: dict[tuple[Any, Any], _Recording] = {}
    for event, _ in events:
        if event.name not in ("Profile", "ProfileChunk"):
            continue
        data = decoded(source, decoder, bytes(event.args), None).data if event.args else _Data()
        key = event.pid, event.id
        if key not in recordings:
            recordings[key] = _Recording(event)
        recording = recordings[key]
        if event.name == "Profile":
            recording.event = event
            recording.now = data.start_time or 0.0
            continue
        _add_chunk(source, recording, data, builder)
    for recording in recordings.values():
        thread = threads.of(recording.event.pid, recording.event.tid)
        _add_samples(recording, builder, thread)
    return {"JavaScript": builder.build()} if recordings else {}


def _add_chunk(source: Source, to: _Recording, data: _Data, builder: ProfileBuilder) -> None:
    if data.cpu_profile is None:
        return
    for node in data.cpu_profile.nodes:
        call = node.call_frame
        if node.parent is None:
            to.stacks[node.id] = -1
            continue
        if node.parent not in to.stacks:
            raise source.malformed("ProfileChunk", f"node {node.id} lies below none")
        to.stacks[node.id] = builder.push(to.stacks[node.parent], _frame(call, builder))
        if call.function_name == _IDLE:
            to.idle.add(to.stacks[node.id])
    samples, deltas = data.cpu_profile.samples, data.time_deltas
    if len(samples) != len(deltas):
        raise source.malformed(
            "ProfileChunk", f"{len(samples)} samples, but {len(deltas)} times between them"
        )
    for sample, delta in zip(samples, deltas, strict=True):
        if sample not in to.stacks:
            raise source.malformed("ProfileChunk", f"a sample of node {sample}, which is not there")
        to.now += delta
        if not abs(to.now) < 2**50:
            raise source.malformed("ProfileChunk", "a time beyond any clock")
        to.seen.append((to.stacks[sample], to.now))


def _add_samples(of: _Recording, builder: ProfileBuilder, thread: Thread) -> None:
    row = builder.thread(thread)
    # Deltas may be negative: V8's threads do not wait for one another.
    seen = sorted(of.seen, key=lambda sample: sample[1])
    for (stack, at), (_, after) in pairwise(seen):
        length = round(after * 1000) - round(at * 1000)
        state = "off-CPU" if stack in of.idle else "unknown"
        builder.sample(stack, row, length, time=round(at * 1000), duration=length, state=state)


def _frame(call: _CallFrame, builder: ProfileBuilder) -> int:
    """Return the builder's frame, named as in V8's own files."""
    name, file = call.function_name, unquote(call.url.removeprefix("file://"))
    # V8 counts lines from 0.
    line = call.line_number + 1 if 0 <= call.line_number < 2**31 - 1 else 0
    if not name:
        name = f"(anonymous {file.rpartition('/')[2]}:{line})" if file else "(anonymous)"
    elif name.startswith("(") and not file:
        return builder.frame(name, kind="wait" if name == _IDLE else "synthetic")
    return builder.frame(name, file, line, kind="native")
