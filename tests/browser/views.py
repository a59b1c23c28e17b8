"""A profile that every view has something of, and what Python says that the views show."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hands import plain
from profiles import CPU, drawn, shown

from perfnb.layout.chart import chart
from perfnb.model import CallTree, Metadata, Profile, ProfileBuilder, Thread
from perfnb.model.calltree import thread_label
from perfnb.model.sources import SourceText
from perfnb.views.flame import FlameView

CELL_4 = """\
import pandas


def load(path):
    frame = pandas.read_csv(path)
    return clean(frame)  # "<b>clean</b>"


def clean(frame):
    if frame.depth:
        return clean(frame.rest)
    return frame.dropna()
"""
CELL_5 = """\
data = load("sales.csv")
fit(data)
"""

LENGTH = 500_000_000
"""Of the recording, in nanoseconds."""

_START = 7_000_000_000
_PERIOD = 10_000_000


def _day(rounds: int = 49, seed: int = 11) -> Profile:
    """Half a second of four threads in two processes, as a notebook's cell may take it."""
    rng = random.Random(seed)
    builder = ProfileBuilder(CPU)

    def frame(name: str, file: str, line: int = 0, module: str = "", kind: str = "python") -> int:
        return builder.frame(name, file, line, module, kind)

    first, second = (frame("<module>", "In [5]", line) for line in (1, 2))
    load = [frame("load", "In [4]", line) for line in (5, 6)]
    clean = [frame("clean", "In [4]", line) for line in (10, 11, 12)]
    read = [frame("read_csv", "pandas/io.py", line, "pandas.io") for line in (30, 31)]
    parse = frame("parse", "_parser.so", kind="native")
    dropna = frame("dropna", "pandas/frame.py", 80, "pandas.frame")
    fit = [frame("fit", "app/model.py", line, "app.model") for line in (20, 24)]
    # Another function of this name.
    load_too = frame("load", "app/model.py", 7, "app.model")
    split = frame("split", "_tree.so", kind="native")
    run, wait = frame("run", "pool.py", 9, "pool"), frame("wait", "pool.py", 14, "pool")
    stacks = {
        "main": [
            ([first, load[0], read[0], parse], "on-CPU"),
            ([first, load[0], read[1]], "off-CPU"),
            ([first, load[1], clean[2], dropna], "on-CPU"),
            ([first, load[1], clean[1], clean[1], clean[2]], "on-CPU"),
            ([first, load[1], clean[1], clean[0]], "on-CPU"),
            ([second, fit[0], split], "on-CPU"),
            ([second, fit[1], load_too], "off-CPU"),
        ],
        "pool": [
            ([run, read[0], parse], "on-CPU"),
            ([run, load_too], "on-CPU"),
            ([run, wait], "off-CPU"),
            ([], "off-CPU"),
        ],
    }
    threads = [
        (builder.thread(Thread(1, 11, "MainThread", "app")), "main"),
        (builder.thread(Thread(1, 12, "worker", "app")), "pool"),
        (builder.thread(Thread(2, 12, "worker", "child")), "pool"),
        (builder.thread(Thread(2, 14, "loader", "child")), "pool"),
    ]
    for number in range(rounds):
        for row, what in threads:
            # The last one has little to do, and the others now and then nothing.
            if rng.random() < (0.7 if row == 3 else 0.1):
                continue
            frames, state = rng.choice(stacks[what])
            time = _START + number * _PERIOD + rng.randrange(_PERIOD // 2)
            weight = rng.randrange(2, 10) * 1_000_000
            builder.sample(builder.stack(frames), row, weight, time=time, state=state)
    about = Metadata(
        title="In [5]",
        start_monotonic_ns=_START,
        end_monotonic_ns=_START + LENGTH,
        rate_asked=1e9 / _PERIOD,
    )
    sources = {"In [4]": SourceText(CELL_4), "In [5]": SourceText(CELL_5)}
    return replace(builder.build(about), sources=sources)


DAY = _day()


def width(picture: Any) -> float:
    return float(picture.canvas()["width"])


def says(picture: Any, profile: Profile, **how: Any) -> bool:
    """Whether a flame graph shows exactly what Python makes of a profile."""
    return says_tree(picture, CallTree.of(profile, **how))


def says_tree(picture: Any, tree: CallTree, root: str = "all") -> bool:
    seen = picture.probe()
    assert seen["runs"] == 0, "boxes too narrow to be told apart"
    (depth, _, *numbers), *others = drawn(tree)
    assert shown(seen, width(picture)) == [(depth, root, *numbers), *others]
    return True


def says_half(pane: Any, profile: Profile, root: str, **how: Any) -> bool:
    """The same of one half of a sandwich."""
    return says_tree(pane, CallTree.of(profile, **how), root)


def says_chart(picture: Any, profile: Profile, row: int, span: tuple[int, int]) -> bool:
    """Whether a flame chart shows a thread's stacks in a range of time where Python does."""
    charted = chart(profile, row, "cell", *span)
    tree, boxes = charted.tree, charted.boxes
    seen = picture.probe()
    assert seen["runs"] == 0
    assert shown(seen, width(picture)) == [
        (
            int(boxes.depth[node]),
            tree.label(node) if node else thread_label(profile.threads, row),
            int(boxes.x[node]) - span[0],
            int(tree.total[node]),
            int(tree.self[node]),
            int(tree.total_samples[node]),
        )
        for node in range(len(tree))
    ]
    return True


def evaluated(text: str, profile: Profile) -> CallTree:
    """Return the tree that a copied expression gives."""
    value = eval(text, {"profile": profile})
    return value.tree if isinstance(value, FlameView) else CallTree.of(value)


def says_python(picture: Any, profile: Profile = DAY) -> str:
    """Copy as Python, assert that it gives what is shown, and return it."""
    text: str = picture.python()
    says_tree(picture, evaluated(text, profile))
    return text


def _function_rows(profile: Profile) -> Iterator[tuple[str, ...]]:
    """Yield them in the order of `Profile.functions`: by self."""
    value = profile.value
    for row in profile.functions().iter_rows(named=True):
        in_cell = row["file"].startswith("In [")
        name = row["name"]
        if in_cell:
            name = row["file"] if name == "<module>" else f"{row['file']} {name}"
        yield (
            name,
            "" if in_cell else row["module"] or row["file"],
            value.format(row["self"]),
            value.format(row["total"]),
            f"{row['self_samples']} / {row['total_samples']}",
        )


def rows_of(profile: Profile) -> list[tuple[str, ...]]:
    """Return name, detail, self, total and samples of each row of the function table."""
    return [tuple(map(plain, row)) for row in _function_rows(profile)]


def told(row: dict[str, Any]) -> tuple[str, ...]:
    """Return a probed row of the function table as `rows_of` does."""
    return tuple(plain(row[key]) for key in ("name", "detail", "self", "total", "samples"))


def says_lines(picture: Any, profile: Profile, file: str, text: str) -> bool:
    """Whether the source view shows a file's lines as Python has them, and their text."""
    source = picture.views["source"]
    numbers = {
        row["line"]: row for row in profile.lines().iter_rows(named=True) if row["file"] == file
    }
    wanted = text.splitlines()
    assert [row["line"] for row in source["rows"]] == [*range(1, len(wanted) + 1)]

    def value(number: int) -> str:
        return plain(profile.value.format(number)) if number else ""

    for row, words in zip(source["rows"], wanted, strict=True):
        here = numbers.get(row["line"], {"self": 0, "total": 0})
        assert row["text"] == words
        assert (plain(row["self"]), plain(row["total"])) == (
            value(here["self"]),
            value(here["total"]),
        )
    hottest = max(numbers.values(), key=lambda row: (row["self"], row["total"]))
    assert source["hottest"] == hottest["line"]
    assert [row["line"] for row in source["rows"] if row["hottest"]] == [hottest["line"]]
    return True
