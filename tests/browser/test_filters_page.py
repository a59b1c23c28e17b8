"""Filters on a page of its own: what each does, its chip, its Python, and the way back."""

from __future__ import annotations

import pytest
from profiles import tall
from views import (
    CELL_4,
    DAY,
    LENGTH,
    rows_of,
    says,
    says_chart,
    says_lines,
    says_python,
    told,
)

MERGE = "What makes one box"

MENUS = [
    ("Threads", "loader", "Thread loader · child 2", DAY.where(thread="loader")),
    ("Threads", "worker · child 2", "Thread worker · child 2", DAY.where(thread=12, process=2)),
    ("Processes", "child 2", "Process child 2", DAY.where(process=2)),
    ("States", "off-CPU", "State off-CPU", DAY.where(state="off-CPU")),
    (MERGE, "Merge: files", "Merged by file", DAY.by("file")),
    (MERGE, "Merge: modules", "Merged by module", DAY.by("module")),
]


def test_each_menu_gives_a_filter(show):
    picture = show(DAY, table=True)
    undo = picture.host.get_by_role("button", name="Undo", exact=True)
    for menu, choice, chip, profile in MENUS:
        picture.choose(menu, choice)
        assert picture.chips() == [chip]
        says(picture, profile)
        says_python(picture)
        assert sorted(map(told, picture.views["table"]["rows"])) == sorted(rows_of(profile))
        undo.click()
        assert picture.chips() == []
    says(picture, DAY)


def test_how_frames_are_merged_has_a_chip_too(show):
    picture = show(DAY)
    for merge in ("line", "function"):
        picture.choose(MERGE, f"Merge: {merge}s")
        assert picture.chips() == [f"Merge {merge}s"]
        says(picture, DAY, merge=merge)
        assert says_python(picture) == f'profile.flame(merge="{merge}")'
    picture.host.get_by_role("button", name="Remove filter: Merge functions").click()
    says(picture, DAY)
    assert picture.chips() == []
    # With the direction, and the threads apart.
    picture.choose("States", "on-CPU")
    picture.button("Leaves first")
    picture.choose("Threads", "Threads apart")
    text = says_python(picture)
    assert text == 'profile.where(state="on-CPU").flame(inverted=True, split_threads=True)'


EXACT = {"exact": True, "file": "In [4]"}
SUBTREE = DAY.subtree("In [5]:1", "In [4]:6 load")
BOXES = [
    ("In [4]:6 load", "Only this subtree", "Subtree In [4]:6 load", SUBTREE),
    ("In [4]:6 load", "Focus on load", "Focus load", DAY.focus("load", **EXACT)),
    ("In [4]:6 load", "Only samples with load", "Only with load", DAY.keep("load", **EXACT)),
    ("In [4]:6 load", "Drop samples with load", "Without load", DAY.drop("load", **EXACT)),
    ("In [4]:6 load", "Hide load", "Hide load", DAY.hide("load", **EXACT)),
    ("read_csv", "Only samples in pandas", "Module pandas", DAY.where(module="pandas")),
]  # fmt: skip


def test_what_can_be_done_with_a_box(show):
    picture = show(DAY)
    for label, item, chip, profile in BOXES:
        items = picture.right_click(label)
        assert item in items
        picture.act(item)
        assert picture.chips() == [chip]
        says(picture, profile)
        says_python(picture)
        picture.host.get_by_role("button", name=f"Remove filter: {chip}").click()
        says(picture, DAY)
    # Of a cell there is no package.
    assert "Only samples in In [4]" not in picture.right_click("In [4]:6 load")
    picture.act("Zoom in")
    assert picture.probe()["focus"] == "In [4]:6 load"
    assert picture.chips() == []


def test_a_subtree_of_what_is_turned_round_or_apart(show):
    picture = show(DAY, inverted=True)
    picture.right_click("In [4]:5 load")
    picture.act("Only this subtree")
    assert picture.chips() == ["Called as In [4]:5 load"]
    says(picture, DAY.inverted().subtree("read_csv", "In [4]:5 load"))
    says_python(picture)
    picture = show(DAY, split_threads=True)
    picture.right_click("loader · child 2")
    picture.act("Only this thread")
    assert picture.chips() == ["Thread loader · child 2"]
    says(picture, DAY.where(thread="loader"), split_threads=True)
    says_python(picture)
    picture.right_click("run")
    picture.act("Only this subtree")
    assert [one["kind"] for one in picture.views["filters"]] == ["thread", "subtree"]
    says(picture, DAY.where(thread="loader").subtree("run"), split_threads=True)


PATTERNS = [
    ("Focus on", "Focus", DAY.focus("pandas|fit")),
    ("Only samples with", "Only with", DAY.keep("pandas|fit")),
    ("Drop samples with", "Without", DAY.drop("pandas|fit")),
    ("Hide frames", "Hide", DAY.hide("pandas|fit")),
    ("Show only frames", "Show only", DAY.show("pandas|fit")),
]


def opened(picture):
    """The form for new filters, open."""
    button = picture.host.get_by_role("button", name="Filter", exact=True)
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    return picture.host.get_by_role("form", name="New filter")


def test_a_filter_by_a_pattern(show):
    picture = show(DAY)
    form = opened(picture)
    # Straight to the field.
    field = form.get_by_role("textbox")
    assert picture.active()["name"] == field.get_attribute("aria-label")
    kind = form.get_by_label("What to do with matching functions")
    for what, chip, profile in PATTERNS:
        kind.select_option(label=what)
        field.fill("pandas|fit")
        field.press("Enter")
        assert picture.chips() == [f"{chip} pandas|fit"]
        says(picture, profile)
        says_python(picture)
        assert field.input_value() == ""
        picture.host.get_by_role("button", name="Undo", exact=True).click()
    # Several of them work one after the other.
    kind.select_option(label="Hide frames")
    for pattern in ("^run$", "^load$"):
        field.fill(pattern)
        form.get_by_role("button", name="Add").click()
    assert picture.chips() == ["Hide ^run$", "Hide ^load$"]
    says(picture, DAY.hide("^run$").hide("^load$"))
    field.press("Escape")
    assert not form.is_visible()
    assert picture.active()["name"] == "Filter"


def test_a_pattern_that_is_none_makes_no_filter(show):
    picture = show(DAY)
    field = opened(picture).get_by_role("textbox")
    for pattern in ("([", "*"):
        field.fill(pattern)
        assert field.get_attribute("aria-invalid") == "true"
        assert "regular expression" in field.get_attribute("title")
        field.press("Enter")
        assert picture.chips() == []
        assert field.input_value() == pattern
    field.fill("")
    field.press("Enter")
    assert picture.chips() == []
    says(picture, DAY)


def test_my_code_recursion_and_packages(show):
    picture = show(DAY)
    form = opened(picture)
    mine = form.get_by_role("button", name="Only my code")
    recursion = form.get_by_role("button", name="Collapse recursion")
    mine.click()
    says(picture, DAY.only_my_code())
    assert {box["label"] for box in picture.probe()["boxes"]} >= {"[pandas]", "In [4]:5 load"}
    recursion.click()
    assert picture.chips() == ["Only my code", "Recursion collapsed"]
    text = says_python(picture)
    assert text == "profile.only_my_code().collapse_recursion()"
    assert mine.get_attribute("aria-pressed") == recursion.get_attribute("aria-pressed") == "true"
    mine.click()
    says(picture, DAY.collapse_recursion())
    recursion.click()
    packages = form.get_by_label("Only samples in a package")
    assert packages.locator("option").all_inner_texts() == ["All packages", "app", "pandas", "pool"]
    for package in ("app", "pandas"):
        packages.select_option(label=package)
        assert picture.chips() == [f"Module {package}"]
        says(picture, DAY.where(module=package))
        says_python(picture)
    packages.select_option(label="All packages")
    assert picture.chips() == []


def test_filters_hold_in_every_view(show):
    picture = show(DAY, timeline=True, table=True)
    picture.choose("Processes", "app 1")
    picture.choose("States", "on-CPU")
    slider = picture.host.get_by_role("slider", name="Start of the time range")
    slider.press("PageUp")
    assert picture.chips() == ["Process app 1", "State on-CPU", "Time 50.0 ms – 500.0 ms"]
    some = DAY.where(process=1, state="on-CPU", time=(0.05, 0.5))
    text = says_python(picture)
    assert text == 'profile.where(process=1).where(state="on-CPU").where(time=(0.05, 0.5))'
    picture.tab("Flame chart")
    label = "MainThread · app 1"
    picture.host.get_by_label("Thread of the flame chart").select_option(label=label)
    says_chart(picture, some, 0, (50_000_000, LENGTH))
    picture.tab("Source")
    says_lines(picture, some, "In [4]", CELL_4)
    # The lanes are of the others too, but of these states and this process alone.
    lanes = picture.views["timeline"]["lanes"]
    assert sorted(lane["label"] for lane in lanes) == [label, "worker · app 1"]
    assert {state for lane in lanes for bar in lane["bars"] for state in bar["counts"]} == {
        "on-CPU"
    }


def test_filters_are_taken_away_one_by_one_or_all(show):
    given = [
        {"kind": "state", "states": ["on-CPU"]},
        {"kind": "hide", "pattern": "^run$"},
        {"kind": "process", "pid": 1},
    ]
    picture = show(DAY, filters=given, merge="line")
    assert picture.chips() == ["State on-CPU", "Hide ^run$", "Process app 1", "Merge lines"]
    says(picture, DAY.where(state="on-CPU", process=1).hide("^run$"), merge="line")
    picture.host.get_by_role("button", name="Remove filter: Hide ^run$").click()
    says(picture, DAY.where(state="on-CPU", process=1), merge="line")
    # The keyboard stays where filters are.
    assert picture.active()["name"] == "Remove filter: State on-CPU"
    picture.host.get_by_role("button", name="Clear all filters").click()
    assert picture.chips() == []
    says(picture, DAY)


def test_undo_and_redo(show):
    picture = show(DAY)
    undo = picture.host.get_by_role("button", name="Undo", exact=True)
    redo = picture.host.get_by_role("button", name="Redo", exact=True)
    assert undo.is_disabled() and redo.is_disabled()
    picture.choose("States", "on-CPU")
    picture.button("Leaves first")
    picture.right_click("parse")
    picture.act("Focus on parse")
    picture.choose(MERGE, "Merge: functions")
    picture.host.get_by_role("button", name="Clear all filters").click()
    on = DAY.where(state="on-CPU")
    steps = [
        (on.focus("parse", exact=True).inverted(), "function"),
        (on.focus("parse", exact=True).inverted(), "cell"),
        (on.inverted(), "cell"),
        (on, "cell"),
        (DAY, "cell"),
    ]

    def shown_is(profile, merge):
        return says(picture, profile, merge=merge)

    for step in steps:
        undo.click()
        assert shown_is(*step)
    # It keeps the keyboard that it had.
    assert undo.get_attribute("aria-disabled") == "true"
    assert picture.active()["name"] == "Undo"
    for step in reversed(steps[:-1]):
        redo.click()
        assert shown_is(*step)
    redo.click()
    shown_is(DAY.inverted(), "cell")
    # By keys, from anywhere but a field of text.
    for keys, step in (
        ("Control+z", steps[0]),
        ("Control+z", steps[1]),
        ("Control+Shift+Z", steps[0]),
    ):
        picture.stage.press(keys)
        assert shown_is(*step)
    # What is done after an undo leaves nothing to redo.
    picture.choose("Processes", "child 2")
    assert redo.get_attribute("aria-disabled") == "true"
    picture.search_box.fill("abc")
    picture.search_box.press("Control+z")
    assert "Process child 2" in picture.chips()


def test_one_sweep_over_the_timeline_is_one_step_back(show):
    picture = show(DAY, timeline=True)
    slider = picture.host.get_by_role("slider", name="Start of the time range")
    slider.focus()
    # As a key that is held down.
    picture.host.evaluate(
        """host => {
            const slider = host.shadowRoot.activeElement;
            for (let times = 0; times < 9; times++) {
                const press = {key: "ArrowRight", bubbles: true};
                slider.dispatchEvent(new KeyboardEvent("keydown", press));
            }
        }"""
    )
    assert picture.chips() == ["Time 45.0 ms – 500.0 ms"]
    picture.page.keyboard.press("Control+z")
    assert picture.chips() == []
    picture.page.keyboard.press("Control+Shift+Z")
    assert picture.chips() == ["Time 45.0 ms – 500.0 ms"]


def set_filters(picture, *filters):
    """From the notebook, as it were: the model's own property."""
    picture.page.evaluate(
        "filters => { Bokeh.documents[0].roots()[0].filters = filters; }", filters
    )


BROKEN = [
    ({"kind": "state", "states": ["on-CPU"]}, "state"),
    ({"kind": "time", "from": 0, "to": 5}, "time"),
    ({"kind": "thread", "tid": 99, "pid": 1}, "99"),
    ({"kind": "focus", "pattern": "(["}, "regular expression"),
]


@pytest.mark.parametrize("view", ["Flame graph", "Sandwich", "Source"])
def test_a_filter_that_fails_says_so_and_what_was_shown_stays(show, view):
    picture = show(tall(20), table=True)
    picture.tab(view)
    before = picture.probe()
    for broken, why in BROKEN:
        set_filters(picture, broken)
        alert = picture.host.get_by_role("alert")
        assert why in alert.inner_text()
        seen = picture.probe()
        assert seen["boxes"] == before["boxes"]
        assert seen["views"]["source"] == before["views"]["source"]
        assert seen["views"]["table"] == before["views"]["table"]
        # It is still said when one comes back from another view.
        picture.tab("Sandwich" if view != "Sandwich" else "Source")
        picture.tab(view)
        assert why in alert.inner_text()
        assert len(picture.chips()) == 1
        picture.host.locator(".filter button").click()
        assert picture.host.get_by_role("alert").count() == 0
        assert picture.probe()["boxes"] == before["boxes"]
