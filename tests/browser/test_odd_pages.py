"""Names that mean harm, tables that cannot be read, places without room, and very many boxes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hands import LIVE, Picture
from helpers.strategies import HOSTILE
from profiles import CPU, JOB, assert_sound, huge

from perfnb.layout.flame import layout
from perfnb.model import CallTree, Metadata, ProfileBuilder, Thread
from perfnb.views.output import output_html

ATTACKS = (
    "<img src=x onerror=window.__pwned=1>",
    "</script><script>window.__pwned=1</script>",
    "<!--<script>window.__pwned=1//",
    "javascript:window.__pwned=1",
    "${window.__pwned=1}{{window.__pwned=1}}",
)


def everywhere(text):
    """A profile that says `text` wherever a profile can say something."""
    builder = ProfileBuilder(CPU)
    for number in range(2):
        thread = builder.thread(Thread(1, number, f"{text}{number}", text, text))
        frames = [
            builder.frame(text, text, 3, text, "python"),
            builder.frame(f"inner {text}", f"In [{text}]", 4, text, "native"),
        ]
        builder.sample(builder.stack(frames), thread, 10, state="on-CPU")
    return builder.build(
        Metadata(title=text, backend=text, backend_version=text, reason=text, notes=(text,))
    )


def touch_everything(picture):
    """Make the picture say all that it can say."""
    picture.choose("Threads", "Threads apart")
    picture.choose("Colour", "Colour: module")
    for label in {box["label"] for box in picture.probe()["boxes"]}:
        picture.hover(label)
    for chip in picture.host.locator(".chip").all():
        chip.hover()
    picture.press("Home", *["ArrowDown"] * 3, "Enter")


@pytest.mark.parametrize("attack", ATTACKS)
def test_names_run_nothing(show, attack):
    picture = show(everywhere(attack))
    assert picture.boxes(attack)
    assert attack in picture.hover(attack)
    touch_everything(picture)
    picture.search("pwned")
    assert picture.probe()["matched"] == 1
    assert attack in picture.texts(".title")[0]
    assert any(attack in text for text in picture.texts(".chip"))
    assert any(attack in text for text in picture.texts("[aria-label=Threads] option"))
    assert attack in picture.page.title()
    assert picture.page.evaluate("window.__pwned") is None
    assert picture.host.locator("img, script").count() == 0


def test_names_run_nothing_in_a_notebooks_output(show_html, monkeypatch):
    monkeypatch.setenv("PERFNB_SCRIPTS", "inline")
    outputs = [output_html(everywhere(attack).flame()) for attack in ATTACKS]
    page = show_html(f"<!DOCTYPE html><meta charset=utf-8><body>{''.join(outputs)}")
    page.wait_for_function(
        "count => document.querySelectorAll('[data-perfnb=live]').length === count",
        arg=len(ATTACKS),
    )
    assert page.evaluate("window.__pwned") is None
    for attack, image in zip(ATTACKS, page.locator("img").all(), strict=True):
        assert image.get_attribute("alt").startswith(f"Flame graph: {attack}")


def test_odd_names_are_shown(show):
    builder = ProfileBuilder(CPU)
    for name in HOSTILE:
        builder.sample(builder.stack([builder.frame(name, name, 1, name)]))
    picture = show(builder.build())
    assert {box["label"] for box in picture.probe()["boxes"]} == {"all", *HOSTILE}
    for name in HOSTILE:
        picture.hover(name)
        assert picture.tip.locator(".details-name").evaluate("name => name.textContent") == name


def live_or_static(view, monkeypatch):
    """A page with a view as a notebook's output has it, its scripts inside."""
    monkeypatch.setenv("PERFNB_SCRIPTS", "inline")
    return f"<!DOCTYPE html><meta charset=utf-8><body>{output_html(view)}"


def test_the_static_picture_gives_way_to_the_live_one(show_html, monkeypatch):
    page = show_html(live_or_static(JOB.flame(), monkeypatch))
    page.wait_for_selector(LIVE)
    assert not page.locator("img").is_visible()
    assert_sound(Picture(page).probe())


@pytest.mark.parametrize("tables", [b"", b"junk", "cut", "future"])
def test_tables_that_cannot_be_read_leave_the_static_picture(show_html, monkeypatch, tables):
    view = JOB.flame()
    source = view.figure.source
    if tables == "cut":
        tables = source.tables[: len(source.tables) // 2]
    elif tables == "future":
        monkeypatch.setattr("perfnb.views.tables.VERSION", 99)
        tables = JOB.flame().figure.source.tables
    source.tables = tables
    page = show_html(live_or_static(view, monkeypatch))
    page.wait_for_selector("[data-perfnb=static]")
    picture = page.locator("img")
    assert picture.is_visible()
    assert picture.evaluate("image => image.naturalWidth") > 0
    assert "The live picture could not be loaded" in page.locator(".perfnb-why").inner_text()
    alert = page.get_by_role("alert")
    assert alert.is_visible() and len(alert.inner_text()) > 10


def test_one_broken_picture_leaves_the_others_alone(show_html, monkeypatch):
    monkeypatch.setenv("PERFNB_SCRIPTS", "inline")
    broken = JOB.flame()
    broken.figure.source.tables = b"junk"
    page = show_html(f"<body>{output_html(broken)}{output_html(JOB.flame())}")
    page.wait_for_selector("[data-perfnb=static]")
    page.wait_for_selector(LIVE)
    assert_sound(Picture(page, 1).probe())


def test_scripts_that_are_not_there_leave_the_static_picture(show_html):
    """A page that is no Jupyter's serves nothing."""
    page = show_html(f"<!DOCTYPE html><meta charset=utf-8><body>{output_html(JOB.flame())}")
    page.wait_for_selector("[data-perfnb=static]")
    assert page.locator("img").is_visible()
    assert "serves no files of perfnb's" in page.locator(".perfnb-why").inner_text()


def test_without_scripts_the_static_picture_says_what_is_missing(show_html):
    text = f"<!DOCTYPE html><meta charset=utf-8><body>{output_html(JOB.flame())}"
    page = show_html(text, java_script_enabled=False)
    assert page.locator("img").is_visible()
    assert "where perfnb is installed" in page.locator(".perfnb-why").inner_text().lower()


def test_what_is_shown_later_is_painted_later(show_html, tmp_path):
    JOB.flame().save(tmp_path / "shown.html")
    text = (tmp_path / "shown.html").read_text()
    page = show_html(text.replace('<div id="perfnb-page"', '<div hidden id="perfnb-page"'))
    page.wait_for_selector(".perfnb-live > *", state="attached")
    picture = Picture(page)
    assert picture.until("seen.nodes > 0")["boxes"] == []
    assert page.locator(LIVE).count() == 0
    page.evaluate("document.getElementById('perfnb-page').hidden = false")
    page.wait_for_selector(LIVE)
    assert picture.box("all")["width"] == pytest.approx(picture.canvas()["width"])
    assert_sound(picture.probe())


def test_a_picture_that_is_removed_leaves_nothing_behind(show):
    picture = show(JOB)
    page = picture.page
    page.evaluate("() => { for (const view of Bokeh.index) view.remove(); }")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.keyboard.press("a")
    page.mouse.move(100, 100)
    assert page.locator("canvas").count() == 0


@pytest.fixture(scope="module")
def forest():
    return huge()


def test_very_many_boxes_are_all_there(show, forest):
    tree = CallTree.of(forest)
    boxes = layout(tree)
    picture = show(forest, max_boxes=1_000_000)
    width, height = picture.canvas()["width"], picture.canvas()["height"]
    for zoom in (False, True):
        if zoom:
            # Into the widest box of the fifth row: what was too narrow comes to light.
            row = np.flatnonzero(boxes.depth == 4)
            best = int(row[boxes.width[row].argmax()])
            here = next(box for box in picture.probe()["boxes"] if box["node"] == best)
            picture.page.mouse.click(
                picture.canvas()["x"] + here["x"] + here["width"] / 2,
                picture.canvas()["y"] + here["y"] + 9,
            )
        seen = picture.probe()
        assert seen["nodes"] == len(tree) > 300_000
        assert_sound(seen)
        x0, x1 = seen["zoom"]
        scale = width / (x1 - x0)
        wide = (boxes.width * scale >= 1) & (boxes.depth < height // 18)
        wide &= (boxes.x < x1) & (boxes.x + boxes.width > x0)
        missing = set(np.flatnonzero(wide).tolist()) - {box["node"] for box in seen["boxes"]}
        assert not missing
        assert seen["runs"] > 0
        # No more is painted than there are pixels.
        assert len(seen["boxes"]) + seen["runs"] < 2 * width * (height // 18 + 1)


def test_a_wide_box_among_narrow_ones_is_not_swallowed(show):
    builder = ProfileBuilder(CPU)
    wide = {10, 5_000, 5_001, 20_000, 29_990}
    for number in range(30_000):
        stack = builder.stack([builder.frame(f"f{number:05}")])
        builder.sample(stack, weight=2_000 if number in wide else 1)
    seen = show(builder.build()).probe()
    assert [box["label"] for box in seen["boxes"] if box["depth"] == 1] == [
        f"f{number:05}" for number in sorted(wide)
    ]


def test_the_page_is_plain_data_and_scripts(tmp_path):
    """What a page holds of a profile cannot end the script element it stands in."""
    everywhere("</script>").flame().save(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    data = text.split('class="perfnb-data">')[1].split("</script>")[0]
    assert json.loads(data)["item"]["root_id"]
