"""Profiles whose pictures are known, and what Python says their pictures are."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

from helpers.ascii import draw

from perfnb.layout.flame import layout
from perfnb.model import CallTree, Profile, ProfileBuilder, Thread
from perfnb.model.calltree import thread_label
from perfnb.units import ValueType

CPU = ValueType("on-CPU", "ns")

JOB = draw(
    """
            <module> <In [5]:2>     <module> <In [5]:2>     <module> <In [5]:2>      <module> <In [5]:3>        <module> <In [5]:3>        run <pool.py:9>
            load <In [4]:7>         load <In [4]:7>         load <In [4]:8>          fit <sklearn/tree.py:20>   fit <sklearn/tree.py:22>   read <pandas/io.py:12>
            read <pandas/io.py:10>  read <pandas/io.py:11>  parse <pandas/io.py:30>  split <_tree.so> (native)                             copy <libc.so> (native)
            read <pandas/io.py:12>  copy <libc.so> (native)
    thread: MainThread              MainThread              MainThread               MainThread                 MainThread                 loader
    state:  on-CPU                  on-CPU                  off-CPU                  on-CPU                     on-CPU                     on-CPU
    weight: 10000000                20000000                25000000                 18000000                   12000000                   15000000
    """,  # noqa: E501
    CPU,
    title="In [5]",
)  # fmt: skip
"""A hundred milliseconds."""


def tall(rows: int = 200) -> Profile:
    """One stack, too high to be seen at once, each function lighter than its caller."""
    builder = ProfileBuilder(ValueType("samples", "count"))
    stack = -1
    for depth in range(rows):
        stack = builder.push(stack, builder.frame(f"level_{depth:03}"))
        builder.sample(stack)
    return builder.build()


def busy(samples: int = 600, seed: int = 4) -> Profile:
    """Many stacks of all kinds, threads and states, as a real program has them."""
    rng = random.Random(seed)
    builder = ProfileBuilder(CPU)
    kinds = ["python"] * 4 + ["native", "kernel", "gpu", "wait"]
    frames = [
        builder.frame(f"work_{i % 17}", f"lib/part_{i % 7}.py", i % 5, f"lib.part_{i % 7}", kind)
        for i, kind in enumerate(kinds * 6)
    ]
    frames += [builder.frame("<module>", f"In [{n}]", line) for n in (1, 2) for line in (1, 2, 3)]
    threads = [builder.thread(Thread(7, 70 + i, name)) for i, name in enumerate(("main", "io"))]
    for _ in range(samples):
        # Few ways on from any frame, so that stacks share their callers.
        stack, at = -1, 0
        for _ in range(rng.randint(1, 14)):
            at = (at * 5 + rng.choice((1, 2, 2, 2, 7))) % len(frames)
            stack = builder.push(stack, frames[at])
        state = rng.choice(("on-CPU", "off-CPU"))
        builder.sample(stack, rng.choice(threads), rng.randint(1, 9) * 1_000_000, state=state)
    return builder.build()


def huge(nodes: int = 300_000, seed: int = 2) -> Profile:
    """A random tree with that many stacks; their weights differ by orders of magnitude."""
    rng = random.Random(seed)
    builder = ProfileBuilder(ValueType("samples", "count"))
    frames = [builder.frame(f"function_{i:03}", module=f"m{i % 9}") for i in range(500)]
    depth: list[int] = []
    while len(depth) < nodes:
        # Now a recent one, which makes it deep, and now any, which makes it broad.
        recent = max(0, len(depth) - int(rng.expovariate(0.004)) - 1)
        parent = recent if rng.random() < 0.6 else rng.randrange(len(depth) + 1) - 1
        if not depth or depth[parent] == 40:
            parent = -1
        row = builder.push(parent, rng.choice(frames))
        if row == len(depth):
            depth.append(0 if parent < 0 else depth[parent] + 1)
            builder.sample(row, weight=math.ceil(rng.lognormvariate(0, 3)))
    return builder.build()


def expected(
    profile: Profile, merge: str = "cell", *, inverted: bool = False, split: bool = False
) -> list[tuple[Any, ...]]:
    """Return (depth, label, x, total, self, samples) of the boxes that Python lays out."""
    return drawn(
        CallTree.of(profile.inverted() if inverted else profile, merge, split_threads=split)
    )


def drawn(tree: CallTree) -> list[tuple[Any, ...]]:
    """Return the same of a tree."""
    boxes = layout(tree)
    return [
        (
            int(boxes.depth[node]),
            name(tree, node),
            int(boxes.x[node]),
            int(tree.total[node]),
            int(tree.self[node]),
            int(tree.total_samples[node]),
        )
        for node in range(len(tree))
        if tree.total[node] > 0
    ]


def name(tree: CallTree, node: int) -> str:
    thread = int(tree.thread[node])
    return thread_label(tree.tables.threads, thread) if thread >= 0 else tree.label(node)


def shown(seen: dict[str, Any], width: float) -> list[tuple[Any, ...]]:
    """Return the same of the boxes that a picture shows; `width`: of its canvas."""
    x0, x1 = seen["zoom"]
    return [
        (
            box["depth"],
            box["label"],
            round(x0 + box["x"] * (x1 - x0) / width),
            box["total"],
            box["self"],
            box["samples"],
        )
        for box in seen["boxes"]
    ]


def assert_sound(seen: dict[str, Any]) -> None:
    """Assert what is true of every flame graph, whatever it shows."""
    by_node = {box["node"]: box for box in seen["boxes"]}
    x0, x1 = seen["zoom"]
    assert 0 <= x0 < x1 <= seen["extent"]
    scale = by_node[0]["width"] / seen["extent"] if 0 in by_node else None
    rows: dict[int, list[dict[str, Any]]] = {}
    for box in seen["boxes"]:
        rows.setdefault(box["depth"], []).append(box)
        if scale is not None:
            assert abs(box["width"] - box["total"] * scale) < 1e-3
        above = by_node.get(box["parent"])
        if above is not None:
            assert box["x"] >= above["x"] - 1e-3
            assert box["x"] + box["width"] <= above["x"] + above["width"] + 1e-3
            assert box["depth"] == above["depth"] + 1
            assert abs(box["y"] - above["y"]) == box["height"]
    for row in rows.values():
        assert [box["x"] for box in row] == sorted(box["x"] for box in row)
        for left, right in itertools.pairwise(row):
            assert left["x"] + left["width"] <= right["x"] + 1e-3
            assert left["y"] == right["y"]
