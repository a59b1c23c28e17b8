"""Colours of nodes and states: told apart by everybody, readable, and in step with the numbers."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from ts_module import Module

from perfnb.model import KINDS

THEMES = ("light", "dark")
STATES = ("on-CPU", "runnable", "gil", "off-CPU", "unknown")
# Machado, Oliveira and Fernandes (2009), in full: no red, no green, no blue cones.
SIGHTS = {
    "normal": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.fixture(scope="module")
def palette(core, tmp_path_factory):
    module = Module("core/palette", tmp_path_factory.mktemp("palette"))
    yield module
    module.close()


@pytest.fixture(scope="module")
def states(core, tmp_path_factory):
    module = Module("core/states", tmp_path_factory.mktemp("states"))
    yield module
    module.close()


def linear(css):
    bytes_ = np.array([int(part) for part in css[4:-1].split(",")]) / 255
    return np.where(bytes_ <= 0.04045, bytes_ / 12.92, ((bytes_ + 0.055) / 1.055) ** 2.4)


def oklab(css, sight="normal"):
    seen = np.clip(np.array(SIGHTS[sight]) @ linear(css), 0, 1)
    cones = np.cbrt(
        np.array(
            [
                [0.4122214708, 0.5363325363, 0.0514459929],
                [0.2119034982, 0.6806995451, 0.1073969566],
                [0.0883024619, 0.2817188376, 0.6299787005],
            ]
        )
        @ seen
    )
    return (
        np.array(
            [
                [0.2104542553, 0.7936177850, -0.0040720468],
                [1.9779984951, -2.4285922050, 0.4505937099],
                [0.0259040371, 0.7827717662, -0.8086757660],
            ]
        )
        @ cones
    )


def apart(a, b, sight="normal"):
    return float(np.linalg.norm(oklab(a, sight) - oklab(b, sight)))


def contrast(a, b):
    weights = [0.2126, 0.7152, 0.0722]
    light, dark = sorted((float(weights @ linear(css)) for css in (a, b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def profile(threads=("main", "worker")):
    """Return tables of `main` in the first thread, and `main` > `work` in every other."""
    rows = range(len(threads))
    return {
        "value": {"kind": "on-CPU", "unit": "ns"},
        "strings": ["main", "work", ""],
        "kinds": ["python"],
        "threads": [
            {"host": "", "pid": 1, "tid": row, "name": threads[row], "process": ""} for row in rows
        ],
        "functions": {"name": [0, 1], "file": [2, 2], "module": [2, 2], "kind": [0, 0]},
        "frames": {"function": [0, 1], "line": [0, 0]},
        "stacks": {"parent": [-1, 0], "frame": [0, 1], "hidden": None},
        "samples": {
            "stack": [min(row, 1) for row in rows],
            "thread": [*rows],
            "weight": [10 + row for row in rows],
            "time": None,
            "duration": None,
            "state": None,
            "count": None,
        },
    }


def tree(self, parent=(-1, 0, 1), thread=(-1, -1, -1)):
    total = [*self]
    for node in range(len(self) - 1, 0, -1):
        total[parent[node]] += total[node]
    return {
        "parent": [*parent],
        "function": [-1, 0, 1],
        "line": [0, 0, 0],
        "thread": [*thread],
        "self": [*self],
        "total": total,
    }


def options(**changed):
    return {"merge": "function", "inverted": False, "splitThreads": False, **changed}


def colored(palette, by, theme, tables, tree, **changed):
    made = palette.call(
        "makePalette", tables, by, theme, {"tree": tree, "options": options(**changed)}
    )
    return made, [made["paints"][0][color]["fill"] for color in made["ofNode"]]


@pytest.mark.parametrize("theme", THEMES)
def test_heat_goes_evenly_away_from_the_ground(palette, theme):
    made, _ = colored(palette, "self", theme, profile(), tree([0, 1, 1]))
    fills = [paint["fill"] for paint in made["paints"][0][:-1]]
    lightness = [oklab(fill)[0] for fill in fills]
    steps = [after - before for before, after in pairwise(lightness)]
    assert all(step < 0 for step in steps) if theme == "light" else all(step > 0 for step in steps)
    distances = [apart(*pair) for pair in pairwise(fills)]
    assert max(distances) / min(distances) < 2
    for sight in SIGHTS:
        assert all(apart(*pair, sight) > 0.01 for pair in pairwise(fills))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("by", ["self", "thread"])
def test_every_label_can_be_read(palette, by, theme):
    tables = profile([f"thread {row}" for row in range(16)])
    made, _ = colored(palette, by, theme, tables, tree([0, 10, 120]))
    for paint in made["paints"][0]:
        assert contrast(paint["fill"], paint["text"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_heat_is_a_share_of_the_whole(palette, theme):
    made, fills = colored(palette, "self", theme, profile(), tree([55, 0, 45]))
    scale = [paint["fill"] for paint in made["paints"][0]]
    # The next of 1, 2, 5, 10 … per cent; the root is no function's.
    assert made["heat"]["top"] == 0.5
    assert fills == [scale[-1], scale[0], scale[22]]
    _, hottest = colored(palette, "self", theme, profile(), tree([50, 0, 50]))
    assert hottest[2] == scale[23]


def test_leaf_first_heat_is_what_came_that_way(palette):
    made, fills = colored(palette, "self", "light", profile(), tree([0, 30, 20]), inverted=True)
    scale = [paint["fill"] for paint in made["paints"][0]]
    assert made["heat"]["top"] == 1
    assert fills[1] == scale[23]
    assert scale[0] != fills[2] != scale[23]


@pytest.mark.parametrize("theme", THEMES)
def test_threads_are_told_apart_by_everybody(palette, theme):
    tables = profile([f"thread {row}" for row in range(8)])
    made, _ = colored(palette, "thread", theme, tables, tree([0, 10, 91]))
    fills = [paint["fill"] for paint in made["paints"][0]]
    eight, several = fills[:8], made["owners"]["several"]
    for sight in SIGHTS:
        for a, b in combinations([*eight, fills[several]], 2):
            assert apart(a, b, sight) > 0.065
        assert all(apart(fill, made["match"]["fill"], sight) > 0.065 for fill in eight)


def test_a_node_has_the_color_of_its_thread(palette):
    made, fills = colored(palette, "thread", "light", profile(), tree([0, 10, 11]))
    scale = [paint["fill"] for paint in made["paints"][0]]
    assert fills == [scale[-1], scale[made["owners"]["several"]], scale[1]]
    # A thread with no box of its own needs no place in the legend.
    assert made["owners"]["threads"] == [{"thread": 1, "color": 1, "share": 11 / 21}]
    _, chart = colored(palette, "thread", "light", profile(), tree([0, 1, 1], thread=(0, -1, -1)))
    assert chart == [scale[0]] * 3


def fan(weights):
    """Return tables with a function for each thread, and their tree."""
    count = len(weights)
    rows = [*range(count)]
    tables = profile([f"thread {row}" for row in rows])
    tables["strings"] = [f"{row:02}" for row in rows] + [""]
    tables["functions"] = {"name": rows, "file": [count] * count, "module": [count] * count}
    tables["functions"]["kind"] = [0] * count
    tables["frames"] = {"function": rows, "line": [0] * count}
    tables["stacks"] = {"parent": [-1] * count, "frame": rows, "hidden": None}
    tables["samples"] |= {"stack": rows, "weight": [*weights]}
    drawn = tree([0, *weights], [-1] + [0] * count, [-1] * (count + 1))
    return tables, drawn | {"function": [-1, *rows], "line": [0] * (count + 1)}


def thread_colors(palette, weights):
    owners = colored(palette, "thread", "dark", *fan(weights))[0]["owners"]
    assert owners["several"] == -1
    return {entry["thread"]: entry["color"] for entry in owners["threads"]}


def test_threads_keep_their_colors_while_there_are_enough(palette):
    assert thread_colors(palette, [1, 5, 3, 2]) == {1: 1, 2: 2, 3: 3, 0: 0}
    assert [*thread_colors(palette, [1, 5, 3, 2])] == [1, 2, 3, 0]
    for heavy in range(12):
        weights = [100 - row for row in range(12)]
        weights[heavy] = 1000
        colors = thread_colors(palette, weights)
        # The eight heaviest have the eight colours, the others paler ones.
        assert {*[*colors.values()][:8]} == {*range(8)}
        assert {*[*colors.values()][8:]} < {*range(8, 16)}
        assert len({*colors.values()}) == 12
        assert next(iter(colors.items())) == (heavy, heavy % 8)


def kinds(palette, measured, theme):
    """Return the flat colours of kinds, by their names."""
    names = [*KINDS]
    tables = profile() | {
        "value": {"kind": measured, "unit": "ns"},
        "kinds": names,
        "strings": [""],
    }
    rows = [*range(len(names))]
    zeros = [0] * len(names)
    tables["functions"] = {"name": zeros, "file": zeros, "module": zeros, "kind": rows}
    made = palette.call("makePalette", tables, "kind", theme)
    fills = [made["paints"][0][color] for color in made["ofFunction"]]
    assert all(contrast(paint["fill"], paint["text"]) >= 4.5 for paint in fills)
    return dict(zip(names, (paint["fill"] for paint in fills), strict=True))


@pytest.mark.parametrize("theme", THEMES)
def test_time_off_the_cpu_is_cool(palette, theme):
    warm, cool = (kinds(palette, measured, theme) for measured in ("on-CPU", "off-CPU"))
    assert kinds(palette, "wall", theme) == warm
    for kind in ("python", "native"):
        # From green-blue to blue, and nothing like what runs.
        assert oklab(cool[kind])[2] < -0.03
        assert oklab(cool[kind])[1] < 0
    assert all(apart(warm["python"], cool["python"], sight) > 0.1 for sight in SIGHTS)
    # What is waited for stands out, whoever looks.
    for sight in SIGHTS:
        assert all(apart(cool["wait"], cool[kind], sight) > 0.08 for kind in ("python", "native"))
        assert all(apart(a, b, sight) > 0.025 for a, b in combinations(cool.values(), 2))


@pytest.mark.parametrize("theme", THEMES)
def test_states_differ_in_lightness(states, theme):
    fills = [states.call("stateColor", state, theme) for state in STATES]
    for a, b in combinations(fills, 2):
        assert abs(oklab(a)[0] - oklab(b)[0]) > 0.06
        assert all(apart(a, b, sight) > 0.08 for sight in SIGHTS)
    assert states.call("stateColor", "no such state", theme) == fills[-1]
    assert [states.call("stateRank", state) for state in STATES] == [0, 1, 2, 3, 4]
