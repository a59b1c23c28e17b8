"""The views for people who go by keys, and for those who listen to the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from hands import LIVE, Picture, plain
from views import CELL_4, DAY, says, says_half

from perfnb.views.output import output_html

AXE = Path(__file__).parents[1] / "peers/node_modules/axe-core/axe.min.js"

HOTTEST = 10
"""The line of the cell with the largest self."""


class Keyboard:
    """Hands that never leave the keyboard. After each key, the eye finds where it is."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.at = picture.active()

    def press(self, *keys: str) -> Keyboard:
        for key in keys:
            self.picture.page.keyboard.press(key)
            self.at = self.picture.active()
            assert self.at["inside"], f"the keyboard is lost after {key}"
            assert self.at["ring"], f"nobody sees the keyboard at {self.at}"
        return self

    def to(self, role: str, name: str, key: str = "Tab") -> Keyboard:
        """Go on by one key until something of a role has the keyboard."""
        passed = []
        while not (self.at["role"] == role and self.at["name"].startswith(name)):
            assert len(passed) < 80, f"no {role} {name!r} among {passed}"
            self.press(key)
            passed.append(f"{self.at['role']} {self.at['name']}"[:30])
        return self

    def heard(self) -> str:
        """What is said of the option that is active within a grid."""
        text = self.picture.host.evaluate(
            """host => {
                const root = host.shadowRoot;
                const id = root.activeElement.getAttribute("aria-activedescendant");
                return root.getElementById(id).getAttribute("aria-label");
            }"""
        )
        return plain(text)


@pytest.fixture
def output(show_html, monkeypatch):
    """The output of a cell, on a page with something to leave behind."""
    monkeypatch.setenv("PERFNB_SCRIPTS", "inline")

    def output(profile, **options):
        html = output_html(profile.flame(**options))
        page = show_html(f"<!DOCTYPE html><html lang=en><title>Notebook</title><body>{html}")
        page.wait_for_selector(LIVE)
        return Picture(page)

    return output


def assert_at_hottest_line(keys):
    picture = keys.picture
    assert keys.at["role"] == "grid"
    lines = [row for row in DAY.lines().rows(named=True) if row["file"] == "In [4]"]
    row = max(lines, key=lambda row: row["self"])
    assert row["line"] == HOTTEST
    told = plain(DAY.value.format(row["self"]))
    assert keys.heard().startswith(f"line {HOTTEST}; self {told}, ")
    assert keys.heard().endswith(CELL_4.splitlines()[HOTTEST - 1].strip())
    source = picture.views["source"]
    assert (source["active"], source["hottest"]) == (HOTTEST, HOTTEST)
    status = picture.texts(".sc-status")[0]
    assert f"line {HOTTEST} is the hottest" in status
    selected = picture.host.locator(".sc-grid [aria-selected=true]")
    assert selected.count() == 1 and selected.is_visible()


def test_by_keys_from_the_top_of_the_page_to_the_hottest_line(output):
    picture = output(DAY)
    picture.page.keyboard.press("Tab")
    keys = Keyboard(picture)
    keys.to("tab", "Flame graph").to("tab", "Source", "ArrowRight")
    assert picture.host.get_by_role("tab", selected=True).inner_text() == "Source"
    keys.to("grid", "Source of clean")
    assert_at_hottest_line(keys)
    # From there on by heat, and line by line.
    keys.press("n")
    assert "number 2 by self" in picture.texts(".sc-status")[0]
    keys.press("p", "ArrowDown")
    assert keys.heard().startswith(f"line {HOTTEST + 1}; ")


def test_by_keys_through_the_table_to_the_sandwich_and_the_line(output):
    picture = output(DAY)
    picture.page.keyboard.press("Tab")
    keys = Keyboard(picture)
    keys.to("button", "Table").press("Enter")
    assert keys.at["name"] == "Table"
    keys.to("grid", "Functions").press("ArrowDown")
    while not keys.heard().startswith("In [4] clean; self"):
        keys.press("ArrowDown")
    assert picture.views["table"]["marked"]["name"] == "clean"
    keys.press("Enter")
    assert picture.host.get_by_role("tab", selected=True).inner_text() == "Sandwich"
    assert keys.at["name"] == "Functions"
    says_half(picture.pane("Callees"), DAY.callees("clean"), "callees of clean")
    # Back over the callees to one of the callers, and what can be done with it.
    keys.to("application", "Callers of clean", "Shift+Tab").press("Home", "ArrowUp", "ArrowUp")
    assert "In [4]:6 load" in picture.texts(".live")[0]
    keys.press("m").to("menuitem", "Source", "ArrowDown").press("Enter")
    assert picture.host.get_by_role("tab", selected=True).inner_text() == "Source"
    keys.to("grid", "Source of load")
    # Another function of the file, by its name.
    keys.to("combobox", "Functions of this file", "Shift+Tab").press("ArrowDown")
    keys.to("grid", "Source of clean")
    assert_at_hottest_line(keys)


def test_the_keyboard_stays_when_what_it_was_on_goes(output):
    nothing = {"kind": "keep", "pattern": "nothing like it"}
    picture = output(DAY, filters=[nothing, {"kind": "hide", "pattern": "^run$"}])
    picture.page.keyboard.press("Tab")
    keys = Keyboard(picture).to("button", "Remove filter: Only with").press("Enter")
    assert keys.at["name"] == "Remove filter: Hide ^run$"
    keys.press("Enter")
    assert picture.chips() == []
    says(picture, DAY)
    # A box turns into another view, and its canvas with it.
    keys.to("application", "In [5]").press("Home", "ArrowDown", "m")
    keys.to("menuitem", "Callers and callees", "ArrowDown").press("Enter")
    assert keys.at["name"].startswith("Callers of run")
    keys.to("tab", "Sandwich", "Shift+Tab").press("Home")
    # Nothing is left to be seen, and then something again.
    keys.to("application", "In [5]").press("Control+z", "Control+z")
    assert picture.texts(".message:visible") == ["No samples in this selection"]
    keys.to("button", "Redo")
    for _ in range(3):
        keys.press("Enter")
    assert keys.at["name"] == "Redo"
    says(picture, DAY)
    keys.to("button", "Undo", "Shift+Tab")
    for _ in range(3):
        keys.press("Enter")
    assert keys.at["name"] == "Undo"
    assert picture.chips() == ["Only with nothing like it", "Hide ^run$"]


def test_the_filter_box_and_the_timeline_by_keys(output):
    picture = output(DAY)
    picture.page.keyboard.press("Tab")
    keys = Keyboard(picture).to("button", "Timeline").press("Space")
    keys.to("button", "Filter").press("Enter")
    assert keys.at["role"] == "textbox"
    picture.page.keyboard.type("^load$")
    keys.press("Enter")
    assert picture.chips() == ["Focus ^load$"]
    keys.press("Escape")
    assert keys.at["name"] == "Filter"
    keys.to("slider", "Start of the time range").press("PageUp")
    keys.to("slider", "End of the time range").press("PageDown")
    says(picture, DAY.focus("^load$").where(time=(0.05, 0.45)))
    # The range in the middle goes away under the keyboard.
    keys.to("slider", "Time range", "Shift+Tab").press("Escape")
    assert keys.at["role"] == "slider"
    assert picture.chips() == ["Focus ^load$"]
    lane = keys.to("button", "worker · child 2", "Shift+Tab")
    lane.press("Enter")
    assert keys.at["name"].startswith("worker · child 2")
    says(picture, DAY.focus("^load$").where(thread=12, process=2))
    keys.press("Enter")
    assert picture.chips() == ["Focus ^load$"]


def test_every_control_has_a_name_and_is_in_the_tab_order(output):
    picture = output(DAY, timeline=True, table=True, filters=[{"kind": "mine"}])
    picture.page.keyboard.press("Tab")
    keys = Keyboard(picture)
    reached = []
    while picture.active()["inside"] and len(reached) < 80:
        reached.append((picture.active()["role"], picture.active()["name"]))
        picture.page.keyboard.press("Tab")
    assert len(reached) < 80
    assert [role for role, name in reached if not name] == []
    assert keys.at["inside"]
    roles = [role for role, _ in reached]
    # One stop for the tabs, one for the grid, one for each slider and lane.
    assert (roles.count("tab"), roles.count("grid"), roles.count("application")) == (1, 1, 1)
    # Without a range there is nothing to move as a whole.
    assert roles.count("slider") == 2
    assert sum("·" in name and role == "button" for role, name in reached) == 4
    names = [name for _, name in reached]
    for name in ("Remove filter: Only my code", "Copy as Python", "Timeline", "Table", "Filter"):
        assert name in names


# What a checker finds.

VIEWS = ("Flame graph", "Flame chart", "Sandwich", "Source")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


def violations(page):
    """What axe-core calls serious or critical: rule, place and what is wrong with it."""
    found = page.evaluate(
        """async tags => {
            const {violations} = await axe.run(document, {runOnly: {type: "tag", values: tags}});
            return violations.filter(({impact}) => impact === "serious" || impact === "critical")
                .flatMap(({id, nodes}) => nodes.map(node => [id, node.html, node.failureSummary]));
        }""",
        STANDARDS,
    )
    return [tuple(one) for one in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_checker_finds_nothing_serious(show, theme):
    filters = [{"kind": "state", "states": ["on-CPU"]}, {"kind": "hide", "pattern": "^run$"}]
    picture = show(DAY, context={"color_scheme": theme}, timeline=True, table=True, filters=filters)
    page = picture.page
    page.evaluate(AXE.read_text(encoding="utf-8"))
    picture.host.get_by_role("button", name="Filter", exact=True).click()
    for view in VIEWS:
        picture.tab(view)
        assert violations(page) == []
    for view in VIEWS[:3]:
        picture.tab(view)
        picture.stage.press("Home")
        picture.stage.press("ArrowDown" if view != "Sandwich" else "ArrowUp")
        picture.stage.press("m")
        assert picture.items()
        assert violations(page) == []
        page.keyboard.press("Escape")
    # What is said when something is wrong, or nothing is found.
    picture.host.get_by_role("form", name="New filter").get_by_role("textbox").fill("([")
    picture.search("([")
    picture.host.get_by_label("Filter functions by regular expression").fill("zzz")
    picture.host.get_by_label("Filter functions by regular expression").press("Enter")
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_checker_finds_nothing_serious_in_a_narrow_one(show, theme):
    picture = show(
        DAY,
        context={"color_scheme": theme, "viewport": {"width": 320, "height": 900}},
        timeline=True,
        table=True,
    )
    picture.page.evaluate(AXE.read_text(encoding="utf-8"))
    for view in ("Flame graph", "Source"):
        picture.tab(view)
        assert violations(picture.page) == []
