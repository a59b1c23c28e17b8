"""Profiles as pictures: drawn by a test as ASCII columns, printed back as a tree.

Each column is one sample, the root on top. Cells stand two or more spaces apart and
begin under each other; a cell may tell file, line and kind, and ``pkg/mod.py`` is the
file of the module ``pkg.mod``. Rows that begin with ``thread:``, ``state:``, ``weight:``
or ``time:`` tell those of the samples.

>>> profile = draw('''
...             main    main    main <app.py:3>
...             load    load    work
...             read            memcpy (native)
...     weight: 2       1       4
... ''')
>>> print(show(profile.call_tree()))
all 0/7
  main 0/3
    load 1/3
      read 2/2
  main 0/4
    work 0/4
      memcpy 4/4

(The two ``main`` are functions of different files.) A column of nothing but a weight is
a sample of the empty stack:

>>> print(show(draw('''
...             main
...     thread: worker  idle
...     weight: 1       5
... ''').call_tree(split_threads=True)))
all 0/6
  worker 0/1
    main 1/1
  idle 5/5
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from perfnb.model import KINDS, STATES, CallTree, Metadata, Profile, ProfileBuilder, Thread
from perfnb.units import ValueType

COUNT = ValueType("samples", "count")
_FACTS = ("thread", "state", "weight", "time")
_CELL = re.compile(r"\S+(?: \S+)*")
_FRAME = re.compile(
    rf"(?P<name>.+?)(?: <(?P<file>.*?)(?::(?P<line>\d+))?>)?(?: \((?P<kind>{'|'.join(KINDS)})\))?"
)


def draw(picture: str, value: ValueType = COUNT, **metadata: Any) -> Profile:
    """Return the profile that a picture shows."""
    stacks: dict[int, list[str]] = {}
    facts: dict[int, dict[str, str]] = {}
    for line in picture.splitlines():
        label, colon, _ = line.strip().partition(":")
        fact = label if colon and label in _FACTS else ""
        begin = line.index(":") + 1 if fact else 0
        for cell in _CELL.finditer(line, begin):
            stack = stacks.setdefault(cell.start(), [])
            if fact:
                facts.setdefault(cell.start(), {})[fact] = cell[0]
            else:
                stack.append(cell[0])
    for fact in set().union(*facts.values()):
        assert all(fact in facts.get(column, ()) for column in stacks), f"{fact}: not aligned"
    builder = ProfileBuilder(value)
    threads: dict[str, int] = {}
    for column in sorted(stacks):
        told = facts.get(column, {})
        name = told.get("thread", "")
        if name not in threads:
            threads[name] = builder.thread(Thread(1, len(threads) + 1, name))
        builder.sample(
            builder.stack([_frame(builder, cell) for cell in stacks[column]]),
            threads[name],
            int(told.get("weight", 1)),
            time=int(told["time"]) if "time" in told else None,
            state=told.get("state"),
        )
    return builder.build(Metadata(**metadata))


def _frame(builder: ProfileBuilder, cell: str) -> int:
    match = _FRAME.fullmatch(cell)
    assert match is not None, cell
    file = match["file"] or ""
    module = file.removesuffix(".py").replace("/", ".") if file.endswith(".py") else ""
    line, kind = int(match["line"] or 0), match["kind"] or "python"
    return builder.frame(match["name"], file, line, module, kind)


def show(tree: CallTree) -> str:
    """Return a call tree as indented text: ``name self/total``."""
    return "\n".join(
        f"{'  ' * int(tree.depth[node])}{_label(tree, node)} {tree.self[node]}/{tree.total[node]}"
        for node in _depth_first(tree)
    )


def _label(tree: CallTree, node: int) -> str:
    label, line = tree.label(node), int(tree.line[node])
    return f"{label}:{line}" if line and f":{line}" not in label else label


def _depth_first(tree: CallTree) -> Iterator[int]:
    waiting = [0]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed([*tree.children(node)])


class Function(NamedTuple):
    name: str
    file: str
    module: str
    kind: str


class Row(NamedTuple):
    """One sample, told without tables."""

    stack: tuple[tuple[Function, int], ...]
    thread: Thread
    weight: int
    time: int | None
    state: str | None

    def functions(self) -> list[Function]:
        return [function for function, _ in self.stack]


def rows(profile: Profile) -> list[Row]:
    """Return what a profile says, sample by sample."""
    t, s = profile.tables, profile.samples
    f = t.functions
    functions = [
        Function(*row[:3], KINDS[row[3]])
        for row in zip(f.name, f.file, f.module, f.kind.tolist(), strict=True)
    ]
    stacks: list[tuple[tuple[Function, int], ...]] = []
    pairs = zip(t.stacks.parent.tolist(), t.stacks.frame.tolist(), strict=True)
    for parent, frame in pairs:
        here = functions[t.frames.function[frame]], int(t.frames.line[frame])
        stacks.append((*(stacks[parent] if parent >= 0 else ()), here))
    return [
        Row(
            stacks[s.stack[i]] if s.stack[i] >= 0 else (),
            t.threads[s.thread[i]],
            int(s.weight[i]),
            None if s.time is None else int(s.time[i]),
            None if s.state is None else STATES[s.state[i]],
        )
        for i in range(len(s))
    ]


def nodes(tree: CallTree) -> Mapping[tuple[Any, ...], tuple[int, int, int, int]]:
    """Return (self, total, self samples, total samples) by path, comparable across profiles."""
    f = tree.tables.functions
    paths: list[tuple[Any, ...]] = []
    for node, (parent, function, thread) in enumerate(
        zip(tree.parent.tolist(), tree.function.tolist(), tree.thread.tolist(), strict=True)
    ):
        if parent < 0:
            paths.append(())
            continue
        here: tuple[Any, ...] = (tree.tables.threads[thread],)
        if function >= 0:
            identity = f.name[function], f.file[function], f.module[function], f.kind[function]
            here = *identity, int(tree.line[node])
        paths.append((*paths[parent], here))
    columns = (tree.self, tree.total, tree.self_samples, tree.total_samples)
    return dict(zip(paths, zip(*(c.tolist() for c in columns), strict=True), strict=True))
