"""Reading V8's profiles."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

import msgspec
import numpy as np
from numpy.typing import NDArray

from perfnb.formats.source import Source
from perfnb.model import STATES, Metadata, Profile, ProfileBuilder, Samples, Thread
from perfnb.model.tables import Int64, frozen
from perfnb.units import ValueType

_IDLE = "(idle)"


class _CallFrame(msgspec.Struct, gc=False):
    functionName: str = ""  # noqa: N815
    url: str = ""
    lineNumber: int = -1  # noqa: N815


class _Node(msgspec.Struct):
    id: int
    callFrame: _CallFrame  # noqa: N815
    hitCount: int = 0  # noqa: N815
    children: list[int] = []
    parent: int | None = None


class _TreeNode(msgspec.Struct):
    id: int
    functionName: str = ""  # noqa: N815
    url: str = ""
    lineNumber: int = 0  # noqa: N815
    hitCount: int = 0  # noqa: N815
    children: list[_TreeNode] = []


class _File(msgspec.Struct):
    """The list of nodes with microseconds, or the tree with seconds and microseconds."""

    nodes: list[_Node] | None = None
    head: _TreeNode | None = None
    startTime: float = 0  # noqa: N815
    endTime: float = 0  # noqa: N815
    samples: list[int] | None = None
    timeDeltas: list[float] | None = None  # noqa: N815
    timestamps: list[float] | None = None


def read_cpuprofile(source: Source) -> dict[str, Profile]:
    """Return the profiles of a file; see `CpuProfileImporter`."""
    file: _File = source.json(_File)
    if file.nodes is not None:
        nodes = file.nodes
    elif file.head is not None:
        nodes = _listed(file.head)
    else:
        raise source.malformed("$", "neither nodes nor a tree of them")
    builder = ProfileBuilder(ValueType("wall", "ns"))
    builder.thread(Thread(0, 0))
    ids = _whole(source, [node.id for node in nodes], "$.nodes")
    stack, idle = _stacks(source, nodes, ids, builder)
    if file.samples is None:
        hits = source.whole([node.hitCount for node in nodes], 1, "$.nodes")
        rows = np.flatnonzero(hits > 0)
        value, hits = ValueType("samples", "count"), hits[rows]
        profile = _profile(value, builder, Metadata(backend="V8"), stack[rows], hits, count=hits)
    else:
        node = _places(source, ids, _whole(source, file.samples, "$.samples"))
        time, start, end = _times(source, file, len(node))
        order = np.argsort(time, kind="stable")
        time, node = time[order], node[order]
        metadata = Metadata(backend="V8", start_monotonic_ns=start, end_monotonic_ns=end)
        state = np.where(idle[node], STATES.index("off-CPU"), 0) if idle[node].any() else None
        weight = np.diff(time, append=end)
        profile = _profile(
            builder.value, builder, metadata, stack[node], weight, time=time, state=state
        )
    return {profile.value.kind: profile}


def _profile(
    value: ValueType,
    builder: ProfileBuilder,
    metadata: Metadata,
    stack: Int64,
    weight: Int64,
    time: Int64 | None = None,
    state: NDArray[np.int64] | None = None,
    count: Int64 | None = None,
) -> Profile:
    samples = Samples(
        frozen(stack, np.int32),
        frozen(np.zeros(len(stack)), np.int32),
        frozen(weight, np.int64),
        None if time is None else frozen(time, np.int64),
        None if time is None else frozen(weight, np.int64),
        None if state is None else frozen(state, np.uint8),
        count=None if count is None else frozen(count, np.int64),
    )
    return Profile(value, builder.tables(), samples, metadata)


def _listed(head: _TreeNode) -> list[_Node]:
    """Return the nodes of a tree."""
    # V8 counts lines from 1; tools that count from 0 give the root, which has none, a −1.
    first = 0 if head.lineNumber < 0 else 1
    nodes, waiting = [], [head]
    while waiting:
        one = waiting.pop()
        frame = _CallFrame(one.functionName, one.url, one.lineNumber - first)
        nodes.append(_Node(one.id, frame, one.hitCount, [child.id for child in one.children]))
        waiting += one.children
    return nodes


def _stacks(
    source: Source, nodes: Sequence[_Node], ids: Int64, builder: ProfileBuilder
) -> tuple[Int64, NDArray[np.bool_]]:
    """Return the stack of each node, and whether it says that the thread waits."""
    place = {one: index for index, one in enumerate(ids.tolist())}
    if len(place) < len(nodes):
        twice = next(i for i, one in enumerate(ids.tolist()) if place[one] != i)
        raise source.malformed(
            f"$.nodes[{place[nodes[twice].id]}].id", f"{ids[twice]} is there twice"
        )
    above = _above(source, nodes, place)
    below: list[list[int]] = [[] for _ in nodes]
    for index, caller in enumerate(above):
        if caller >= 0:
            below[caller].append(index)
    row = np.full(len(nodes), -1, dtype=np.int64)
    idle = np.zeros(len(nodes), dtype=bool)
    waiting = [index for index, caller in enumerate(above) if caller < 0]
    reached = np.zeros(len(nodes), dtype=bool)
    while waiting:
        index = waiting.pop()
        frame = nodes[index].callFrame
        reached[index] = True
        idle[index] = frame.functionName == _IDLE
        caller = above[index]
        outer = int(row[caller]) if caller >= 0 else -1
        root = caller < 0 and frame.functionName == "(root)"
        row[index] = outer if root else builder.push(outer, _frame(frame, builder))
        waiting += below[index]
    if not reached.all():
        index = int(reached.argmin())
        raise source.malformed(f"$.nodes[{index}]", f"the callers of node {ids[index]} go round")
    return row, idle


def _above(source: Source, nodes: Sequence[_Node], place: dict[int, int]) -> list[int]:
    """Return the index of each node's caller, −1 for a root."""
    above = [-1] * len(nodes)

    def link(where: str, caller: int, child: int) -> None:
        for one in (caller, child):
            if one not in place:
                raise source.malformed(where, f"there is no node {one}")
        index = place[child]
        if above[index] not in (-1, place[caller]):
            raise source.malformed(where, f"node {child} has two callers")
        above[index] = place[caller]

    for index, node in enumerate(nodes):
        for child in node.children:
            link(f"$.nodes[{index}].children", node.id, child)
        if node.parent is not None:
            link(f"$.nodes[{index}].parent", node.parent, node.id)
    return above


def _times(source: Source, file: _File, count: int) -> tuple[Int64, int, int]:
    """Return when each sample was taken, in any order, and when all began and ended, in ns."""
    if file.nodes is not None:
        where, given = "$.timeDeltas", file.timeDeltas or []
        start, end = file.startTime, file.endTime
    else:
        where, given = "$.timestamps", file.timestamps or []
        # A tree has its ends in seconds, whole ones most often; the instants tell more.
        start, end = (given[0], max(given[-1], file.endTime * 1e6)) if given else (0, 0)
        if len(given) == count + 1:
            given = given[:-1]
    if len(given) != count:
        raise source.malformed(where, f"{len(given)} times for {count} samples")
    at = np.array(given, dtype=np.float64)
    if file.nodes is not None:
        with np.errstate(over="ignore", invalid="ignore"):
            at = file.startTime + np.cumsum(at)
    time = source.instants(at, 1e3, where)
    first = int(source.instants(start, 1e3, "$.startTime"))
    last = int(source.instants(end, 1e3, "$.endTime"))
    return time, int(time.min(initial=first)), int(time.max(initial=last))


def _places(source: Source, ids: Int64, samples: Int64) -> Int64:
    """Return the index of each sample's node."""
    if not len(ids) and len(samples):
        raise source.malformed("$.samples[0]", f"there is no node {samples[0]}")
    order = np.argsort(ids)
    place = np.minimum(np.searchsorted(ids[order], samples), len(ids) - 1)
    node = order[place] if len(samples) else samples
    wrong = np.flatnonzero(ids[node] != samples)
    if len(wrong):
        at = int(wrong[0])
        raise source.malformed(f"$.samples[{at}]", f"there is no node {samples[at]}")
    return node


def _whole(source: Source, numbers: Sequence[int], where: str) -> Int64:
    try:
        return np.array(numbers, dtype=np.int64)
    except OverflowError as error:
        raise source.malformed(where, "a node's number beyond 63 bits") from error


def _frame(frame: _CallFrame, builder: ProfileBuilder) -> int:
    name, line = frame.functionName, frame.lineNumber + 1
    file = frame.url
    if file.startswith("file://"):
        file = unquote(file.removeprefix("file://"))
    line = line if 0 < line < 2**31 else 0
    if not name:
        # Functions without a name are many, and not the same.
        at = f" {file.rpartition('/')[2]}:{line}" if file else ""
        name = f"(anonymous{at})"
    elif name.startswith("(") and not file:
        kind = "wait" if name == _IDLE else "synthetic"
        return builder.frame(name, kind=kind)
    return builder.frame(name, file, line, kind="native")
