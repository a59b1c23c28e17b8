"""The views beside the flame graph: table, sandwich, source."""

from __future__ import annotations

import re

import pytest
from hands import plain
from profiles import assert_sound
from views import (
    CELL_4,
    CELL_5,
    DAY,
    rows_of,
    says,
    says_half,
    says_lines,
    told,
)

from perfnb.model import CallTree
from perfnb.units import format_percent

FILTERS = [
    {"kind": "state", "states": ["on-CPU"]},
    {"kind": "hide", "pattern": "^run$"},
    {"kind": "recursion"},
]
FILTERED = DAY.where(state="on-CPU").hide("^run$").collapse_recursion()


def texts(picture):
    """All rows of the function table, from its cells by their roles."""
    grid = picture.host.get_by_role("grid", name="Functions")
    return [
        tuple(plain(cell) for cell in row.get_by_role("gridcell").all_inner_texts())
        for row in grid.get_by_role("row").all()[1:]
    ]


def lit(picture):
    """The places of the boxes that are marked."""
    return {box["node"] for box in picture.probe()["boxes"] if box["lit"]}


def boxes_of(profile, name, file):
    """The nodes of a function in the tree that Python makes."""
    tree = CallTree.of(profile)
    functions = tree.tables.functions
    return {
        node
        for node, row in enumerate(tree.function.tolist())
        if row >= 0 and (functions.name[row], functions.file[row]) == (name, file)
    }


# The table.


@pytest.mark.parametrize("filters, profile", [([], DAY), (FILTERS, FILTERED)], ids=["all", "some"])
def test_the_table_has_the_functions_that_python_has(show, filters, profile):
    picture = show(profile=DAY, table=True, filters=filters)
    table = picture.views["table"]
    wanted = rows_of(profile)
    assert sorted(map(told, table["rows"])) == sorted(wanted)
    # Functions that have as much as each other may come in another order.
    selves = [row[2:4] for row in map(told, table["rows"])]
    assert selves == [row[2:4] for row in wanted]
    value = profile.value.format(profile.functions()["self"].sum())
    assert plain(table["status"]) == f"{len(wanted)} functions · self adds up to {plain(value)}"
    shares = [*map(plain, map(format_percent, profile.functions()["self_share"]))]
    cells = texts(picture)
    assert [row[0] for row in cells] == [
        f"{self} {share}" for (*_, self, _, _), share in zip(wanted, shares, strict=True)
    ]
    # What does not fit is left out: the samples.
    assert {len(row) for row in cells} == {3}
    picture.page.set_viewport_size({"width": 890, "height": 1200})
    samples = [row[2] for row in texts(picture)]
    assert sorted(samples) == sorted(row[4] for row in wanted)


def test_the_table_is_sorted_by_its_headers(show):
    picture = show(DAY, table=True)
    numbers = DAY.functions().rows(named=True)
    sums = {row[:2]: sums for row, sums in zip(rows_of(DAY), numbers, strict=True)}

    def order():
        return [sums[told(row)[:2]] for row in picture.views["table"]["rows"]]

    def header(name):
        return picture.host.get_by_role("columnheader", name=name)

    for name, key in (("Total", "total"), ("Self", "self"), ("Samples", "self_samples")):
        if not header(name).is_visible():
            continue
        header(name).click()
        values = [row[key] for row in order()]
        assert values == sorted(values, reverse=True)
        assert header(name).get_attribute("aria-sort") == "descending"
        header(name).click()
        values = [row[key] for row in order()]
        assert values == sorted(values)
        assert header(name).get_attribute("aria-sort") == "ascending"
    header("Function").click()
    names = [told(row)[0].lower() for row in picture.views["table"]["rows"]]
    assert names == sorted(names)
    sorted_ = picture.host.locator(".tb [aria-sort]")
    assert sorted_.count() == 1


def test_the_table_is_filtered_by_a_pattern(show):
    picture = show(DAY, table=True)
    field = picture.host.get_by_label("Filter functions by regular expression")
    for pattern in ("^load$", "PANDAS", r"\.so$", "nothing like it"):
        field.fill(pattern)
        # Down into the rows at once.
        field.press("Enter")
        found = re.compile(pattern, re.IGNORECASE)
        wanted = DAY.functions().filter(
            [
                any(map(found.search, row))
                for row in DAY.functions()["name", "module", "file"].rows()
            ]
        )
        table = picture.views["table"]
        assert [row["index"] for row in table["rows"]] == [*range(wanted.height)]
        selves = [plain(DAY.value.format(value)) for value in wanted["self"]]
        assert [plain(row["self"]) for row in table["rows"]] == selves
    assert picture.texts(".tb-nothing:visible") == ["No function matches"]
    field.fill("([")
    field.press("Enter")
    assert picture.texts(".tb-problem") == ["not a valid pattern"]
    assert field.get_attribute("aria-invalid") == "true"
    assert picture.views["table"]["count"] == 0
    # The flame graph is not filtered by it.
    says(picture, DAY)


@pytest.mark.parametrize("filters, profile", [([], DAY), (FILTERS, FILTERED)], ids=["all", "some"])
def test_table_and_flame_graph_mark_the_same_function(show, filters, profile):
    picture = show(DAY, table=True, filters=filters)
    assert lit(picture) == set()
    picture.row("read_csv").click()
    assert lit(picture) == boxes_of(profile, "read_csv", "pandas/io.py") != set()
    # Of two functions of one name only the one that was meant.
    picture.row("load").click()
    assert lit(picture) == boxes_of(profile, "load", "app/model.py")
    picture.row("In [4] load").click()
    assert lit(picture) == boxes_of(profile, "load", "In [4]")
    seen = picture.click("parse")
    marked = [row["name"] for row in seen["views"]["table"]["rows"] if row["marked"]]
    assert marked == ["parse"]
    assert picture.row("parse").get_attribute("aria-selected") == "true"
    assert seen["focus"] == "parse"
    assert lit(picture) == boxes_of(profile, "parse", "_parser.so") & {
        box["node"] for box in seen["boxes"]
    }
    # Escape shows all, and once more marks nothing.
    picture.press("Escape", "Escape")
    assert lit(picture) == set()
    assert picture.views["table"]["marked"] is None


def test_a_search_marks_rows_and_can_leave_the_others_out(show):
    picture = show(DAY, table=True)
    picture.search("load|read")
    table = picture.views["table"]
    matched = {told(row)[:2] for row in table["rows"] if row["matched"]}
    assert matched == {row[:2] for row in rows_of(DAY) if re.search("load|read", row[0])}
    only = picture.host.get_by_role("button", name="Only matches (3)")
    only.click()
    table = picture.views["table"]
    assert {told(row)[:2] for row in table["rows"]} == matched
    assert table["status"].startswith("3 of 11 functions")


# The sandwich.


def says_sandwich(picture, profile, name, **how):
    """Whether both halves are what Python says; `how`: which function is meant."""
    says_half(picture.pane("Callers"), profile.callers(name, **how), f"callers of {name}")
    says_half(picture.pane("Callees"), profile.callees(name, **how), f"callees of {name}")
    total = plain(profile.value.format(profile.focus(name, **how).total))
    head = picture.texts(".sandwich .pane-head")[0]
    assert f"{total} on-CPU in {name} and what it calls" in head


def test_the_sandwich_has_callers_above_and_callees_below(show):
    picture = show(DAY, view="sandwich", function="read_csv")
    says_sandwich(picture, DAY, "read_csv", exact=True)
    callers, callees = picture.pane("Callers"), picture.pane("Callees")
    assert callers.canvas()["y"] + callers.canvas()["height"] <= callees.canvas()["y"]
    # The function is the bottom row of its callers, and the top row of its callees.
    rows = callers.probe()["boxes"]
    assert max(box["y"] for box in rows) == callers.box("callers of read_csv")["y"]
    assert callers.box("read_csv")["y"] > callers.box("In [4]:5 load")["y"]
    assert callees.box("callees of read_csv")["y"] == 0 < callees.box("parse")["y"]
    for pane in (callers, callees):
        assert_sound(pane.probe())
    # A click zooms within a half, and the function in the middle stays.
    callers.click("In [4]:5 load")
    assert callers.probe()["focus"] == "In [4]:5 load"
    assert callees.probe()["focus"] == "callees of read_csv"
    assert "read_csv" in picture.texts(".sandwich .pane-head")[0]


def test_recursion_counts_once_in_a_sandwich(show):
    picture = show(DAY, view="sandwich", function="clean")
    says_sandwich(picture, DAY, "clean", exact=True, file="In [4]")
    # Two levels of it lie below each other.
    assert len(picture.pane("Callees").boxes("In [4]:12 clean")) == 2


def test_three_ways_into_the_sandwich(show):
    picture = show(DAY, table=True)
    # From a box, by the right button.
    items = picture.right_click("In [4]:5 load")
    assert items[:2] == ["Zoom in", "Only this subtree"]
    assert picture.active()["name"].startswith("Zoom in")
    assert picture.host.get_by_role("menu").get_attribute("aria-label") == "In [4]:5 load"
    picture.act("Callers and callees")
    selected = picture.host.get_by_role("tab", name="Sandwich")
    assert selected.get_attribute("aria-selected") == "true"
    how = {"exact": True, "file": "In [4]"}
    says_sandwich(picture, DAY, "load", **how)
    # By the key of the menu, on the marked box.
    picture.tab("Flame graph")
    picture.press("Home", "ArrowDown", "m")
    assert picture.probe()["selected"] == "run"
    picture.act("Callers and callees")
    says_sandwich(picture, DAY, "run")
    # From the table.
    grid = picture.host.get_by_role("grid", name="Functions")
    picture.row("parse").click()
    says_sandwich(picture, DAY, "parse")
    grid.press("Home")
    grid.press("Enter")
    says_sandwich(picture, DAY, "load", exact=True, file="app/model.py")
    # There the filters are in force too.
    picture.choose("States", "off-CPU")
    says_sandwich(picture, DAY.where(state="off-CPU"), "load", exact=True, file="app/model.py")
    picture.row("wait").dblclick()
    says_sandwich(picture, DAY.where(state="off-CPU"), "wait")


def test_a_menu_closes_without_doing_anything(show):
    picture = show(DAY)
    for close in (
        lambda: picture.page.keyboard.press("Escape"),
        lambda: picture.page.keyboard.press("Tab"),
        lambda: picture.page.mouse.click(5, 5),
    ):
        assert picture.right_click("parse")
        close()
        assert not picture.host.locator(".popup").is_visible()
        assert picture.views["filters"] == []
    picture.press("Home", "ArrowDown", "m")
    assert picture.host.get_by_role("menu").is_visible()
    picture.page.keyboard.press("Escape")
    assert picture.active()["role"] == "application"
    # The browser's own menu is for where nothing is.
    assert picture.right_click("all") == []


def test_a_function_without_samples_here_says_so(show):
    picture = show(
        DAY, view="sandwich", function="split", filters=[{"kind": "drop", "pattern": "^fit$"}]
    )
    said = ["split has no samples in this selection"] * 2
    assert picture.texts(".sandwich .message:visible") == said
    picture.host.get_by_role("button", name="Remove filter: Without ^fit$").click()
    says_sandwich(picture, DAY, "split")


def test_a_view_that_was_not_seen_catches_up(show):
    picture = show(DAY, view="sandwich", function="parse", timeline=True)
    picture.tab("Flame chart")
    picture.tab("Flame graph")
    # Another function, colour and search.
    picture.click("In [4]:6 load")
    picture.choose("Colour", "Colour: kind")
    picture.search("read_csv")
    picture.press("Escape")
    fills = {box["label"]: box["fill"] for box in picture.probe()["boxes"]}
    picture.tab("Sandwich")
    says_sandwich(picture, DAY, "load", exact=True, file="In [4]")
    callees = picture.pane("Callees").probe()["boxes"]
    assert {box["label"] for box in callees if box["matched"]} == {"read_csv"}
    for box in callees:
        assert box["fill"] == fills.get(box["label"], box["fill"])
    picture.tab("Flame chart")
    picture.host.get_by_label("Thread of the flame chart").select_option(label="MainThread · app 1")
    boxes = picture.probe()["boxes"]
    assert {box["label"] for box in boxes if box["matched"]} == {"read_csv"}
    assert {box["label"] for box in boxes if box["lit"]} == {"In [4]:5 load", "In [4]:6 load"}
    assert {box["fill"] for box in boxes if box["label"] == "read_csv"} == {fills["read_csv"]}
    # The theme of the page too.
    picture.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    dark = picture.until("seen.theme === 'dark'")["boxes"][0]["fill"]
    picture.tab("Flame graph")
    assert picture.box("all")["fill"] != fills["all"]
    assert dark


# The source.


def test_lines_of_a_cell_have_their_times(show):
    # Without a choice: the hottest function that can be read.
    picture = show(DAY, view="source")
    says_lines(picture, DAY, "In [4]", CELL_4)
    assert "clean" in picture.views["source"]["header"]
    assert picture.views["source"]["active"] == 10
    grid = picture.host.get_by_role("grid", name="Source of clean, line by line")
    line = grid.get_by_role("row", selected=True)
    assert "line 10; self 67.0 ms, 7.9 %" in plain(line.get_attribute("aria-label"))
    # The next hottest ones, by key.
    ranking = DAY.lines().filter(DAY.lines()["file"] == "In [4]")["line"].to_list()
    visited = []
    for _ in ranking:
        visited.append(picture.views["source"]["active"])
        grid.press("n")
    assert visited == ranking
    # Filters hold here too.
    picture.choose("States", "off-CPU")
    assert picture.views["source"]["rows"]
    picture.choose("States", "All states")
    # Another function of the file.
    picture.tab("Flame graph")
    picture.right_click("In [5]:2")
    picture.act("Source")
    says_lines(picture, DAY, "In [5]", CELL_5)


def test_lines_follow_the_filters(show):
    picture = show(DAY, view="source", function="clean", filters=FILTERS[:1])
    says_lines(picture, DAY.where(state="on-CPU"), "In [4]", CELL_4)


def test_functions_of_libraries_have_no_text_and_say_so(show):
    picture = show(DAY, view="source", function="read_csv")
    source = picture.views["source"]
    assert "is not stored with the picture" in source["note"]
    assert picture.host.get_by_role("note").is_visible()
    # The lines have their numbers still.
    lines = {
        row["line"]: row
        for row in DAY.lines().iter_rows(named=True)
        if row["file"] == "pandas/io.py"
    }
    assert [row["line"] for row in source["rows"]] == sorted(lines)
    for row in source["rows"]:
        assert plain(row["total"]) == plain(DAY.value.format(lines[row["line"]]["total"]))
        assert row["text"] == "read_csv"
    picture = show(DAY, view="source", function="parse")
    assert picture.views["source"]["note"] == "There is no source text of compiled code here."
