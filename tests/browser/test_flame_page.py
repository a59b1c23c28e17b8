"""What a reader sees and does in a picture on a page of its own."""

from __future__ import annotations

import pytest
from hands import plain
from profiles import JOB, assert_sound, busy, expected, shown, tall

from perfnb.layout.palette import color
from perfnb.layout.search import search
from perfnb.model import CallTree
from perfnb.transform.frames import matching_functions
from perfnb.units import format_percent

MERGES = {"cell": "cell lines", "line": "lines", "function": "functions"}
MERGE = "What makes one box"


def says(picture, profile=JOB, merge="cell", **how):
    """Whether the picture shows exactly what Python lays out."""
    seen = picture.probe()
    assert_sound(seen)
    assert shown(seen, picture.canvas()["width"]) == expected(profile, merge, **how)


@pytest.mark.parametrize("orientation", ["icicle", "flame"])
def test_boxes_lie_in_their_callers_and_are_as_wide_as_their_totals(show, orientation):
    seen = show(busy(), orientation=orientation).probe()
    assert len(seen["boxes"]) > 100
    assert_sound(seen)


def test_the_picture_is_the_one_that_python_lays_out(show):
    picture = show(JOB)
    says(picture)
    assert picture.texts(".title") == ["In [5] · 100 ms on-CPU"]
    assert picture.texts(".amount") == ["100 ms on-CPU · 6 samples"]


def test_icicles_hang_and_flames_rise(show):
    picture = show(JOB)
    tops = [picture.box(label)["y"] for label in ("all", "In [5]:2", "In [4]:7 load")]
    assert tops == [0, 18, 36]
    picture.button("Root at the bottom")
    tops = [picture.box(label)["y"] for label in ("all", "In [5]:2", "In [4]:7 load")]
    assert tops == [72, 54, 36]
    assert_sound(picture.probe())


# Zoom.


def test_a_click_zooms_into_a_box(show):
    picture = show(JOB)
    seen = picture.click("In [4]:7 load")
    assert seen["zoom"] == [0, 30e6]
    assert seen["focus"] == "In [4]:7 load"
    assert picture.texts(".crumb") == ["all", "In [5]:2", "In [4]:7 load"]
    assert picture.texts(".amount") == ["30.0 ms on-CPU · 30.0 % of all · 2 samples"]
    box, canvas = picture.box("In [4]:7 load"), picture.canvas()
    assert (box["x"], box["width"]) == pytest.approx((0, canvas["width"]))
    assert_sound(seen)


def test_a_click_on_a_caller_zooms_out_to_it(show):
    picture = show(JOB)
    picture.click("copy", 1)
    assert picture.click("In [5]:2")["zoom"] == [0, 55e6]
    assert picture.click("all")["zoom"] == [0, 100e6]


def test_four_ways_to_see_all_again(show):
    picture = show(JOB)
    reset = picture.host.get_by_label("Reset zoom")
    # Elsewhere each time: two clicks at one place are a double click.
    for place, back in (
        ("In [4]:7 load", lambda: picture.press("Escape")),
        ("In [4]:8 load", lambda: picture.page.mouse.dblclick(*picture.place("parse"))),
        ("In [5]:3", lambda: picture.host.locator(".crumb").first.click()),
        ("split", lambda: reset.click()),
    ):
        assert reset.is_disabled()
        picture.click(place)
        assert reset.is_enabled()
        back()
        seen = picture.probe()
        assert (seen["zoom"], seen["focus"]) == ([0, 100e6], "all")


def test_the_path_leads_back_step_by_step(show):
    picture = show(JOB)
    picture.click("copy", 1)
    assert picture.texts(".crumb") == ["all", "In [5]:2", "In [4]:7 load", "read", "copy"]
    picture.host.locator(".crumb").nth(2).click()
    assert picture.probe()["focus"] == "In [4]:7 load"


def test_a_long_path_leaves_out_its_middle(show):
    picture = show(tall(), context={"viewport": {"width": 500, "height": 700}})
    picture.press("End", *["ArrowDown"] * 60, "Enter")
    crumbs = picture.texts(".crumb")
    assert (crumbs[0], crumbs[1], crumbs[-1]) == ("all", "…", "level_059")
    picture.host.locator(".crumb").nth(1).click()
    assert picture.texts(".crumb")[1] == "…"
    assert picture.probe()["focus"] < "level_059"


def test_zooming_glides_for_those_who_like_motion(show):
    picture = show(JOB, context={"reduced_motion": "no-preference"})
    picture.host.evaluate(
        """host => {
            const zooms = window.zooms = [];
            const look = () => {
                zooms.push(host.perfnb.probe().zoom);
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    picture.click("In [5]:3")
    picture.until("seen.zoom[0] === 55e6 && seen.zoom[1] === 85e6")
    zooms = picture.page.evaluate("window.zooms")
    assert zooms == sorted(zooms, key=lambda zoom: (zoom[0], -zoom[1]))


def test_control_and_wheel_zoom_at_the_pointer(show):
    picture = show(JOB)
    x, y = picture.place("In [5]:3")
    before = picture.box("In [5]:3")
    picture.page.mouse.move(x, y)
    picture.page.keyboard.down("Control")
    picture.page.mouse.wheel(0, -300)
    picture.page.keyboard.up("Control")
    seen = picture.until("seen.zoom[0] > 0")
    after = picture.box("In [5]:3")
    assert after["width"] > 1.5 * before["width"]
    middle = before["x"] + before["width"] / 2
    assert after["x"] + after["width"] / 2 == pytest.approx(middle, abs=1)
    assert seen["focus"] == "all"


def test_the_plain_wheel_is_the_pages(show):
    picture = show(JOB, context={"viewport": {"width": 800, "height": 200}})
    page = picture.page
    page.mouse.move(*picture.place("In [5]:3"))
    page.evaluate("window.scrollTo(0, 0)")
    page.mouse.wheel(0, 60)
    page.wait_for_function("() => window.scrollY > 0")
    assert picture.probe()["zoom"] == [0, 100e6]


def test_dragging_moves_what_is_zoomed(show):
    picture = show(JOB)
    picture.click("In [5]:3")
    mouse = picture.page.mouse
    x, y = picture.place("In [5]:3")
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 50, y, steps=5)
    mouse.move(x + 200, y, steps=5)
    mouse.up()
    seen = picture.probe()
    moved = 200 / picture.canvas()["width"] * 30e6
    assert seen["zoom"] == pytest.approx([55e6 - moved, 85e6 - moved])
    # What is beyond the zoomed frame is in view.
    assert seen["focus"] == "all"


def test_a_small_slip_of_the_hand_is_still_a_click(show):
    picture = show(JOB)
    mouse = picture.page.mouse
    x, y = picture.place("In [5]:3")
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 2, y + 1)
    mouse.up()
    assert picture.probe()["focus"] == "In [5]:3"


# What is said about a box.


def test_the_tooltip_tells_all_about_a_box(show):
    picture = show(JOB)
    assert picture.hover("In [4]:7 load") == (
        "In [4]:7 load In [4]:7 python on-CPU of all samples total 30.0 ms 30.0 % 2 self 0 0 % 0"
    )
    assert picture.hover("read", 1) == (
        "read pandas/io.py python · pandas.io on-CPU of all samples "
        "total 30.0 ms 30.0 % 2 self 0 0 % 0"
    )
    picture.choose(MERGE, "Merge: lines")
    assert "pandas/io.py:10" in picture.hover("read", 1)


def test_zoomed_the_tooltip_tells_shares_of_the_zoomed_box_too(show):
    picture = show(JOB)
    picture.click("In [5]:3")
    assert picture.hover("fit") == (
        "fit sklearn/tree.py python · sklearn.tree on-CPU of all of zoomed samples "
        "total 30.0 ms 30.0 % 100 % 2 self 12.0 ms 12.0 % 40.0 % 1"
    )
    assert "total 100 ms 100 % – 6" in picture.hover("all")


def test_the_tooltip_goes_when_the_pointer_goes(show):
    picture = show(JOB)
    picture.hover("fit")
    assert picture.tip.is_visible()
    picture.page.mouse.move(5, 5)
    assert not picture.tip.is_visible()


def test_the_tooltip_stays_on_the_page(show):
    picture = show(JOB, context={"viewport": {"width": 420, "height": 420}})
    picture.hover("run")
    box = picture.tip.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 420
    assert box["y"] >= 0 and box["y"] + box["height"] <= 420


def test_colours_are_those_of_the_static_picture(show):
    picture = show(JOB)
    for name, kind in (("read", "python"), ("copy", "native")):
        picture.hover(name)
        swatch = picture.tip.locator(".swatch")
        fill = swatch.evaluate("swatch => getComputedStyle(swatch).backgroundColor")
        assert fill.replace(" ", "") == color(name, kind)


# Search.


PATTERNS = [
    "read", "READ", "^read$", "pandas", r"io\.py", "read|copy", r"In \[4\]", "load|read|split",
    "<module>", r"libc\.so", "no such thing", ".",
]  # fmt: skip


def test_search_counts_as_python_counts(show):
    picture = show(JOB)
    tree = CallTree.of(JOB)
    for pattern in PATTERNS:
        hit = search(tree, matching_functions(JOB, pattern))
        seen = picture.search(pattern)
        assert seen["matched"] == pytest.approx(hit.fraction, abs=1e-12)
        marked = {box["node"] for box in seen["boxes"] if box["matched"]}
        assert marked == set(hit.matched.nonzero()[0].tolist())
        found = f"{format_percent(hit.fraction)} · 1/{len(marked)}" if marked else "no match"
        assert picture.texts(".search-result") == [found]


def test_nested_matches_count_once(show):
    # `read` calls itself in 10 of the 45 ms.
    seen = show(JOB).search("^read$")
    assert seen["matched"] == pytest.approx(0.45)
    assert sum(box["total"] for box in seen["boxes"] if box["matched"]) == 55e6


def test_search_follows_the_typing(show):
    picture = show(JOB)
    picture.search_box.press_sequentially("split")
    seen = picture.until("seen.matched !== null && Math.abs(seen.matched - .18) < 1e-9")
    assert seen["selected"] is None
    assert picture.texts(".search-result") == ["18.0 % · 1"]


def test_a_pattern_that_is_none_is_called_so(show):
    picture = show(JOB)
    before = picture.probe()["boxes"]
    for pattern in ("([", "*", "a{2,1}"):
        seen = picture.search(pattern)
        assert seen["matched"] is None
        assert seen["boxes"] == before
        assert picture.texts(".search-result") == ["not a valid pattern"]
        assert picture.search_box.get_attribute("aria-invalid") == "true"
        assert "regular expression" in picture.found.get_attribute("title")
    assert picture.search("copy")["matched"] == pytest.approx(0.35)
    assert picture.search_box.get_attribute("aria-invalid") == "false"


def test_enter_goes_from_match_to_match_the_heaviest_first(show):
    picture = show(JOB)
    picture.search("^(fit|split|parse)$")
    order = ["fit", "parse", "split", "fit"]
    selected = []
    for _ in order:
        selected.append(picture.probe()["selected"])
        picture.search_box.press("Enter")
    assert selected == order
    picture.search_box.press("Shift+Enter")
    assert picture.probe()["selected"] == "fit"
    assert picture.texts(".search-result")[0].endswith("1/3")


def test_a_match_out_of_view_is_brought_into_view(show):
    picture = show(JOB)
    picture.click("In [4]:7 load")
    seen = picture.search("split")
    assert seen["selected"] == "split"
    box = picture.box("split")
    assert box["x"] >= 0 and box["x"] + box["width"] <= picture.canvas()["width"] + 1e-3


def test_the_search_is_cleared_by_escape_and_by_its_button(show):
    picture = show(JOB)
    picture.search("read")
    picture.search_box.press("Escape")
    assert (picture.search_box.input_value(), picture.probe()["matched"]) == ("", None)
    picture.search_box.press("Escape")
    assert picture.focused() == "CANVAS"
    picture.search("read")
    picture.host.get_by_label("Clear the search").click()
    assert (picture.search_box.input_value(), picture.probe()["matched"]) == ("", None)


# Folding.


@pytest.mark.parametrize("inverted", [False, True], ids=["", "inverted"])
def test_every_way_to_fold_is_pythons(show, inverted):
    picture = show(JOB)
    if inverted:
        picture.button("Leaves first")
    for merge, label in MERGES.items():
        picture.choose(MERGE, f"Merge: {label}")
        says(picture, merge=merge, inverted=inverted)
    picture.choose("Threads", "Threads apart")
    says(picture, merge="function", inverted=inverted, split=True)


def test_a_view_opens_as_python_asked_for_it(show):
    picture = show(JOB, merge="line", inverted=True, split_threads=True, orientation="flame")
    says(picture, merge="line", inverted=True, split=True)
    assert picture.box("all")["y"] > 0
    pressed = picture.host.locator("button[aria-pressed=true]")
    assert pressed.evaluate_all("all => all.map(each => each.title)") == [
        "Root at the bottom",
        "Leaves first: who called what is hot",
    ]


def test_one_thread_of_several(show):
    picture = show(JOB)
    assert picture.texts("[aria-label=Threads] option") == [
        "All threads", "Threads apart", "MainThread — 85.0 %", "loader — 15.0 %",
    ]  # fmt: skip
    picture.choose("Threads", "loader")
    says(picture, JOB.where(thread="loader"))
    picture.choose("Threads", "All threads")
    says(picture)


def test_one_state_of_several(show):
    picture = show(JOB)
    picture.choose("States", "off-CPU")
    says(picture, JOB.where(state="off-CPU"))
    picture.choose("Threads", "loader")
    assert picture.texts(".message:visible") == ["No samples in this selection"]
    picture.choose("States", "All states")
    says(picture, JOB.where(thread="loader"))


def test_menus_without_a_choice_are_left_out(show):
    picture = show(tall())
    menus = picture.host.locator(".menus select").evaluate_all("all => all.map(each => each.title)")
    assert menus == [MERGE, "Colour"]
    # Nothing here is from a cell.
    assert picture.texts(f'.menus select[aria-label="{MERGE}"] option') == [
        f"Merge: {what}" for what in ("lines", "functions", "files", "modules")
    ]


def test_a_zoomed_frame_stays_zoomed_when_the_selection_changes(show):
    picture = show(JOB)
    picture.click("In [5]:3")
    picture.choose("Threads", "MainThread")
    assert picture.probe()["focus"] == "In [5]:3"
    picture.choose("Threads", "loader")
    assert picture.probe()["focus"] == "all"


# Colours and legend.


def test_the_legend_tells_what_colours_mean(show):
    picture = show(JOB)
    note = "shade by function name, the same in every profile"
    assert picture.texts(".legend > *") == ["python", "native", note]
    picture.choose("Colour", "Colour: kind")
    assert picture.texts(".legend > *") == ["python", "native"]
    picture.choose("Colour", "Colour: module")
    assert picture.texts(".legend > *") == ["pandas 35.0 %", "sklearn 12.0 %"]
    picture.search("copy")
    assert picture.texts(".legend > *")[-1] == "match 35.0 %"


def test_colour_modes_paint_differently(show):
    picture = show(JOB)
    fills = set()
    for mode in ("name", "kind", "module"):
        picture.choose("Colour", f"Colour: {mode}")
        picture.hover("read")
        fills.add(picture.tip.locator(".swatch").get_attribute("style"))
    assert len(fills) == 3


# The footer.


def measured(samples=300, **facts):
    """Some samples, and what is known about how they were taken."""
    known = {
        "backend": "py-spy",
        "backend_version": "0.4.1",
        "reason": "it is permitted",
        "start_monotonic_ns": 0,
        "end_monotonic_ns": 3_000_000_000,
        "rate_asked": 100.0,
        "rate_achieved": 99.0,
        "ticks": 297,
        "missed": 0,
        "clock_error_ns": 1_000_000,
    }
    return busy(samples).with_metadata(**{**known, **facts})


def test_the_footer_tells_how_the_samples_were_taken(show):
    picture = show(measured())
    assert picture.texts(".chip") == [
        "backend py-spy 0.4.1",
        "rate 100 Hz asked, 99 Hz achieved",
        "samples 300",
        "missed 0",
        "clock ±1.00 ms",
    ]
    assert not picture.host.locator(".summary").count()


def test_warnings_come_first_and_are_said_once(show):
    picture = show(measured(missed=30, paused_s=0.1, truncated="half of it"))
    assert picture.texts(".summary") == [
        "missed: 30. Instants at which the stacks could not be read."
    ]
    levels = [chip.get_attribute("class") for chip in picture.host.locator(".chip").all()]
    assert levels == ["chip warn", "chip note", *["chip ok"] * 4]
    assert picture.texts(".chip")[:2] == ["left out half of it", "stood still 3.3 %"]


def test_the_only_warning_has_no_chip_beside_its_sentence(show):
    picture = show(measured(12))
    assert picture.texts(".summary")[0].startswith("Too thin to trust: 12 samples.")
    assert not any(text.startswith("samples") for text in picture.texts(".chip"))


def test_chips_explain_themselves(show):
    picture = show(measured())
    chip = picture.host.locator(".chip").first
    for reach in (chip.hover, chip.focus):
        reach()
        assert picture.texts(".tip") == ["Chosen: it is permitted."]
        picture.page.mouse.move(1, 1)
        chip.blur()
        assert not picture.tip.is_visible()
    assert chip.get_attribute("aria-label") == "backend: py-spy 0.4.1. Chosen: it is permitted."


# Keys.


def test_arrows_go_from_box_to_box(show):
    picture = show(JOB)
    for key, selected in (
        ("Home", "all"),
        ("ArrowDown", "In [5]:2"),
        ("ArrowRight", "In [5]:3"),
        ("ArrowRight", "run"),
        ("ArrowRight", "run"),
        ("ArrowLeft", "In [5]:3"),
        ("ArrowDown", "fit"),
        ("ArrowDown", "split"),
        ("ArrowDown", "split"),
        ("ArrowUp", "fit"),
        ("Home", "all"),
        ("ArrowUp", "all"),
    ):
        assert picture.press(key)["selected"] == selected
    picture.button("Root at the bottom")
    assert picture.press("Home", "ArrowUp")["selected"] == "In [5]:2"


def test_enter_zooms_and_escape_shows_all(show):
    picture = show(JOB)
    seen = picture.press("ArrowDown", "Enter")
    assert (seen["focus"], seen["zoom"]) == ("In [5]:2", [0, 55e6])
    seen = picture.press("Escape")
    assert (seen["focus"], seen["selected"]) == ("all", None)


def test_what_is_selected_is_told_in_words(show):
    picture = show(JOB)
    picture.press("ArrowDown")
    assert picture.spoken.get_attribute("aria-live") == "polite"
    assert picture.texts(".live") == [
        "In [5]:2; total 55.0 ms, 55.0 % of all; self 0; 3 samples; depth 1"
    ]
    assert "total 55.0 ms 55.0 % 3" in picture.texts(".tip")[0]
    picture.search("no such thing")
    assert picture.texts(".live") == ["No match"]
    label = plain(picture.stage.get_attribute("aria-label"))
    assert label.startswith("In [5] · 100 ms on-CPU: 100 ms on-CPU. Arrow keys")


def test_a_slash_goes_to_the_search(show):
    picture = show(JOB)
    picture.press("/")
    assert picture.focused() == "INPUT"
    assert picture.search_box.input_value() == ""


def test_keys_stay_in_the_picture(show):
    picture = show(JOB)
    picture.page.evaluate(
        "window.keys = []; document.addEventListener('keydown', event => keys.push(event.key))"
    )
    picture.press("a", "ArrowDown", "Enter", "Escape")
    picture.search_box.press_sequentially("dd")
    picture.search_box.press("Control+s")
    assert picture.page.evaluate("window.keys") == ["Control", "s"]


def test_all_can_be_reached_with_the_tabulator(show):
    picture = show(JOB)
    picture.search_box.focus()
    reached = []
    while (tag := picture.focused()) and len(reached) < 30:
        reached.append(tag)
        picture.page.keyboard.press("Tab")
    assert reached[0] == "INPUT"
    assert reached.count("SELECT") == 4
    assert "CANVAS" in reached
    # The chips explain themselves to those who go by keys.
    assert reached[-1] == "LI"


# The place it stands in.


def test_it_takes_the_width_it_gets(show):
    picture = show(busy())
    for width in (500, 1400):
        picture.page.set_viewport_size({"width": width, "height": 700})
        picture.until("Math.abs(seen.boxes[0].width - value) < 60", width - 38)
        assert_sound(picture.probe())
        assert picture.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_rows_beyond_the_height_are_scrolled_to(show):
    picture = show(tall(), max_height=180)
    assert picture.canvas()["height"] == 180
    seen = picture.probe()
    assert max(box["depth"] for box in seen["boxes"]) == 9
    seen = picture.press("Home", *["ArrowDown"] * 30)
    assert seen["selected"] == "level_029"
    box = picture.box("level_029")
    assert 0 <= box["y"] <= 180 - box["height"]
    assert seen["zoom"] == [0, 200]
    assert_sound(seen)


def test_a_shadow_tells_of_rows_below_and_only_then(show):
    picture = show(JOB)
    stage = picture.host.locator(".stage")
    assert stage.get_attribute("class") == "stage"
    picture.choose("Threads", "loader")
    assert stage.get_attribute("class") == "stage"
    picture = show(tall(), max_height=180)
    assert picture.host.locator(".stage.more-below").count() == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_the_readers(show, theme):
    picture = show(JOB, context={"color_scheme": theme})
    assert picture.probe()["theme"] == theme
    other = "light" if theme == "dark" else "dark"
    picture.page.emulate_media(color_scheme=other, reduced_motion="reduce")
    picture.until("seen.theme === value", other)


def test_a_theme_of_its_own_has_a_ground_of_its_own(show):
    picture = show(JOB, theme="dark")
    assert picture.probe()["theme"] == "dark"
    ground = picture.host.locator(".root").evaluate(
        "root => getComputedStyle(root).backgroundColor"
    )
    assert ground == "rgb(22, 24, 29)"


def test_an_empty_profile_says_so(show):
    picture = show(JOB.focus("no such thing"))
    assert picture.texts(".message:visible") == ["No samples in this selection"]
    assert picture.probe()["boxes"] == []
