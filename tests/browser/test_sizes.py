"""Wide and narrow, near and far, without motion, and names that mean harm, in every view."""

from __future__ import annotations

import pytest
from hands import plain
from helpers.strategies import HOSTILE
from profiles import CPU, assert_sound
from views import DAY, says

from perfnb.model import Metadata, ProfileBuilder, Thread

VIEWS = ("Flame graph", "Flame chart", "Sandwich", "Source")
FILTERS = [
    {"kind": "state", "states": ["on-CPU"]},
    {"kind": "focus", "pattern": "a_rather_long_pattern|" * 9 + "load|read|fit|run"},
    {"kind": "recursion"},
]

SIZES = {
    "320": {"viewport": {"width": 320, "height": 800}},
    "768": {"viewport": {"width": 768, "height": 900}},
    "1200": {"viewport": {"width": 1200, "height": 900}},
    "3840": {"viewport": {"width": 3840, "height": 2100}},
    # As a browser zooms: fewer, larger pixels.
    "200 %": {"viewport": {"width": 600, "height": 450}, "device_scale_factor": 2},
}

_OVERFLOWS = """host => {
    const root = host.shadowRoot.querySelector(".root");
    const box = root.getBoundingClientRect();
    const found = [];
    // Within these, what is too wide is scrolled to or cut off; handles reach over their ends.
    const cuts = ".tabs, .scroller, .tl-scroller, .tb-grid, .sc-grid, .path, .tl-axis, .tl-over";
    const floats = ".live, .tip, .popup";
    for (const each of root.querySelectorAll("*")) {
        const {left, right, width} = each.getBoundingClientRect();
        const isOut = right > box.right + 1 || left < box.left - 1;
        const isCut = each.parentElement.closest(cuts) !== null || each.closest(floats) !== null;
        if (width > 0 && isOut && !isCut && each.closest("svg") === null) {
            found.push(`${each.tagName}.${each.getAttribute("class")} ${left}..${right}`);
        }
    }
    const page = document.documentElement;
    if (page.scrollWidth > page.clientWidth) {
        found.push(`the page: ${page.scrollWidth} of ${page.clientWidth}`);
    }
    return found;
}"""

_SEEN = """host => {
    const at = host.shadowRoot.activeElement;
    if (at === null) {
        return null;
    }
    const name = at.getAttribute("aria-label") ?? at.textContent;
    const {left, right, top, bottom} = at.getBoundingClientRect();
    const inView = left >= -1 && right <= innerWidth + 1 && bottom > 0 && top < innerHeight;
    // What is seen of it, and whether anything lies over it.
    const x = (Math.max(0, left) + Math.min(innerWidth, right)) / 2;
    const y = (Math.max(0, top) + Math.min(innerHeight, bottom)) / 2;
    const over = host.shadowRoot.elementFromPoint(x, y);
    const isHit = over !== null && (at.contains(over) || over.contains(at));
    const isThrough = getComputedStyle(at).pointerEvents === "none";
    return {name, inView, isHit: isHit || isThrough, over: over?.outerHTML.slice(0, 120)};
}"""

# Buttons and tabs tell what they do: all of it.
_CLIPPED = """host => [...host.shadowRoot.querySelectorAll(
    "button:not(.crumb, .tl-label, .tb-menu), .legend-item, .filter-what, .tb-status, .sc-status"
)].filter(each => {
    const style = getComputedStyle(each);
    return each.getClientRects().length > 0 && style.overflow !== "visible"
        && (each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1);
}).map(each => each.outerHTML.slice(0, 150))"""


@pytest.mark.parametrize("size", SIZES)
def test_all_views_fit(show, size):
    picture = show(DAY, context=SIZES[size], timeline=True, table=True, filters=FILTERS)
    host, page = picture.host, picture.page
    host.get_by_role("button", name="Filter", exact=True).click()
    for view in VIEWS:
        picture.tab(view)
        assert host.evaluate(_OVERFLOWS) == []
        assert host.evaluate(_CLIPPED) == []
    # Where there is room the table stands beside the views, else below them.
    middle = host.get_by_role("tabpanel").bounding_box()
    table = host.locator(".side").bounding_box()
    if page.viewport_size["width"] >= 1000:
        assert table["x"] >= middle["x"] + middle["width"]
        assert abs(table["y"] - middle["y"]) < 2
    else:
        assert table["y"] >= middle["y"] + middle["height"]
    picture.tab("Flame graph")
    assert_sound(picture.probe())


@pytest.mark.parametrize("size", ["320", "200 %"])
def test_all_controls_are_in_view_when_they_have_the_keyboard(show, size):
    picture = show(DAY, context=SIZES[size], timeline=True, table=True, filters=FILTERS)
    host, page = picture.host, picture.page
    host.get_by_role("button", name="Filter", exact=True).click()
    for view in ("Flame graph", "Sandwich", "Source"):
        picture.tab(view)
        picture.host.get_by_role("tab", name=view).focus()
        reached = []
        while (seen := host.evaluate(_SEEN)) is not None:
            assert seen["inView"], (view, seen)
            assert seen["isHit"], (view, seen)
            reached.append(seen["name"])
            assert len(reached) < 90
            page.keyboard.press("Tab")
        assert len(reached) > 20


@pytest.mark.parametrize("size", ["320", "200 %"])
def test_menus_and_notes_stay_on_the_page(show, size):
    picture = show(DAY, context=SIZES[size], timeline=True, table=True)
    width, height = (picture.page.viewport_size[key] for key in ("width", "height"))

    def fits(locator):
        box = locator.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["y"] >= 0 and box["y"] + box["height"] <= height

    for label in ("run", "In [5]:2"):
        assert picture.right_click(label)
        fits(picture.host.locator(".popup"))
        # All that it offers can be come to.
        last = picture.host.get_by_role("menuitem").last
        picture.page.keyboard.press("End")
        fits(last)
        picture.page.keyboard.press("Escape")
        picture.hover(label)
        fits(picture.tip)
    picture.row("run").scroll_into_view_if_needed()
    picture.row("run").click(button="right")
    fits(picture.host.locator(".popup"))


def test_nothing_moves_for_those_who_do_not_like_it(show):
    picture = show(DAY, timeline=True, table=True, context={"reduced_motion": "reduce"})
    picture.host.get_by_role("button", name="Filter", exact=True).click()

    def animations():
        return picture.host.evaluate(
            "host => [...document.getAnimations(), ...host.shadowRoot.getAnimations()].length"
        )

    seen = picture.click("In [4]:6 load")
    zoomed = picture.box("In [4]:6 load")
    assert seen["zoom"][1] - seen["zoom"][0] == zoomed["total"]
    assert (zoomed["x"], zoomed["width"]) == pytest.approx((0, picture.canvas()["width"]))
    assert animations() == 0
    for view in VIEWS:
        picture.tab(view)
        assert animations() == 0
    picture.tab("Flame graph")
    picture.press("Escape")
    assert picture.probe()["zoom"][0] == 0
    picture.right_click("parse")
    assert animations() == 0
    picture.act("Drop samples with parse")
    assert animations() == 0
    says(picture, DAY.drop("parse", exact=True))


def everywhere():
    """Every hostile name wherever a profile can say something, with times, states and source."""
    builder = ProfileBuilder(CPU)
    for number, name in enumerate(HOSTILE):
        thread = builder.thread(Thread(number % 2, number, name, name, name))
        frames = [
            builder.frame(name, f"{name}.py", 3, name, "python"),
            builder.frame("<module>", f"In [{number}]", 1, "", "python"),
            builder.frame(f"inner {name}", name, 4, f"{name}.{name}", "native"),
        ]
        stack = builder.stack(frames)
        for time in (number, 20 + number):
            builder.sample(stack, thread, 10, time=time * 1_000_000, state="on-CPU")
    return builder.build(Metadata(title=HOSTILE[0]))


def test_names_that_mean_harm_are_only_shown(show):
    profile = everywhere()
    picture = show(profile, timeline=True, table=True)
    picture.page.evaluate("() => { window.alert = () => { window.__pwned = 1; }; }")
    host = picture.host
    host.get_by_role("button", name="Filter", exact=True).click()
    rows = {plain(text) for text in host.locator(".tl-name").all_text_contents()}
    assert any("<img" in text for text in rows)
    assert {box["label"] for box in picture.probe()["boxes"]} >= set(HOSTILE)
    for name in HOSTILE:
        picture.hover(name)
    # What can be done with a function, and what becomes of it.
    for name in (name for name in HOSTILE if set("<&") & set(name)):
        picture.right_click(name)
        title = host.locator(".popup-title").evaluate("title => title.textContent")
        assert title == host.get_by_role("menu").get_attribute("aria-label") == name
        picture.host.get_by_role("menuitem", name="Callers and callees").click()
        assert host.locator(".sandwich strong").evaluate("name => name.textContent") == name
        assert picture.pane("Callees").probe()["nodes"] == 4
        picture.tab("Source")
        assert picture.views["source"]["note"]
        picture.tab("Flame graph")
        picture.right_click(name)
        host.get_by_role("menuitem").filter(has_text="Focus on").click()
        assert len(picture.chips()) == 1
        chip = host.locator(".filter-which").evaluate("which => which.textContent")
        assert chip == name
        assert {box["label"] for box in picture.probe()["boxes"]} >= {name}
        host.locator(".filter button").click()
        assert picture.views["filters"] == []
    picture.tab("Flame chart")
    options = host.locator("select[aria-label='Thread of the flame chart'] option")
    assert any("</script>" in text for text in options.all_text_contents())
    for theme_colour in ("module", "thread", "self"):
        picture.choose("Colour", f"Colour: {theme_colour}")
    assert picture.page.evaluate("window.__pwned") is None
    assert host.locator("img, script").count() == 0
    assert_sound(picture.probe())
