"""A profile of a million call paths: drawn, small, exact where it is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from perfnb.model import (
    KINDS,
    Frames,
    Functions,
    Profile,
    Samples,
    Tables,
    Thread,
)
from perfnb.model.prefix import prefix_tree
from perfnb.model.tables import frozen
from perfnb.units import ValueType
from perfnb.views.flame import FlameView

NATIVE = KINDS.index("native")


@pytest.fixture(scope="module")
def million() -> Profile:
    """One wide path, and 60,000 that part from it after three frames and go 20 deep."""
    rng = np.random.default_rng(7)
    names, stacks, depth = 60_003, 60_000, 23
    rows = rng.integers(3, names, (stacks, depth), dtype=np.int32)
    rows[:, :3] = [0, 1, 2]
    rows[:, 3] = np.arange(3, names)
    tree, leaf = prefix_tree(rows.ravel(), np.arange(stacks + 1) * depth)
    weight = np.full(stacks, 2)
    weight[0] = 50_000
    functions = Functions(
        tuple(f"std::vector<int>::method_{i}(unsigned long)" for i in range(names)),
        ("",) * names,
        ("libwork.so",) * names,
        frozen(np.full(names, NATIVE), np.uint8),
    )
    frames = Frames(frozen(np.arange(names), np.int32), frozen(np.zeros(names), np.int32))
    return Profile(
        ValueType("samples", "count"),
        Tables(functions, frames, tree, (Thread(1, 1, "main"),)),
        Samples(frozen(leaf, np.int32), frozen(np.zeros(stacks), np.int32), frozen(weight, int)),
    )


def test_the_output_is_small_and_what_is_drawn_is_exact(show, million):
    assert len(million.tables.stacks) > 1_000_000
    view = FlameView(million, max_boxes=50_000)
    for stored in (view, FlameView(million)):
        assert sum(map(len, stored._repr_mimebundle_().values())) < 2_000_000
    picture = show(million, max_boxes=50_000)
    seen = picture.probe()
    wide = [box for box in seen["boxes"] if box["total"] == 50_000]
    assert len(wide) == 20
    assert seen["extent"] == million.total == 169_998
    (rest,) = [box for box in seen["boxes"] if box["label"].startswith("… ")]
    hidden = len(million.tables.stacks) - len(view.shown.tables.stacks) + 1
    assert rest["label"] == f"… {hidden:,} more"
    assert rest["total"] == 2 * 59_999
    assert f"{hidden:,} narrower are summed" in " ".join(picture.texts(".chip-text"))


def test_what_is_summed_is_summed_in_the_inverted_picture_too(show, million):
    seen = show(million, max_boxes=50_000, inverted=True).probe()
    assert seen["extent"] == million.total
    roots = {box["label"]: box["total"] for box in seen["boxes"] if box["depth"] == 1}
    assert sorted(roots.values()) == [50_000, 2 * 59_999]
    assert [label for label in roots if label.startswith("… ")]
