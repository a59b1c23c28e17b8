"""What the colours of boxes tell, and whether texts on them can be read."""

from __future__ import annotations

import re

import pytest
from hands import plain
from profiles import CPU
from views import DAY

from perfnb.model import ProfileBuilder, Thread


def channels(colour):
    found = re.findall(r"[\d.]+", colour)
    return [float(part) / 255 for part in found[:3]]


def contrast(first, second):
    """The contrast of two colours as WCAG 2 defines it."""

    def luminance(colour):
        parts = [
            c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour)
        ]
        return sum(
            weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
        )

    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


COLOURS = ("name", "kind", "module", "self", "thread")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_labels_can_be_read_on_every_colour(show, theme):
    picture = show(DAY, theme=theme)
    legend = picture.host.locator(".legend")
    for colour in COLOURS:
        picture.choose("Colour", f"Colour: {colour}")
        for pattern in ("", "load"):
            for box in picture.search(pattern)["boxes"]:
                assert contrast(box["fill"], box["ink"]) >= 4.5, (colour, box)
        assert legend.is_visible()
        assert plain(legend.inner_text())


def split_profile():
    """Half in one function, an eighth in another; two threads, of which one has `only` alone."""
    builder = ProfileBuilder(CPU)
    main, also, only = (builder.frame(name) for name in ("main", "also", "only"))
    one, two = (builder.thread(Thread(1, tid, name)) for tid, name in ((1, "one"), (2, "two")))
    builder.sample(builder.stack([main, also]), one, 10)
    builder.sample(builder.stack([main]), two, 40)
    builder.sample(builder.stack([main, only]), two, 30)
    return builder.build()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_own_time_is_told_by_heat(show, theme):
    picture = show(split_profile(), color_by="self", theme=theme)
    fills = {box["label"]: box["fill"] for box in picture.probe()["boxes"]}
    ground = {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 24, 29)"}[theme]
    # The hotter, the further from the ground.
    heats = [contrast(fills[name], ground) for name in ("also", "only", "main")]
    assert heats == sorted(heats) and len(set(heats)) == 3
    scale = picture.host.get_by_role("img", name="from 0 to 50")
    assert scale.is_visible()
    assert picture.texts(".legend .legend-item")[0] == "self"
    assert "a box's own part of all" in picture.texts(".legend")[0]


def test_threads_have_their_colours(show):
    picture = show(split_profile(), color_by="thread")
    legend = dict(
        zip(
            [text.split(" ")[0] for text in picture.texts(".legend-item")],
            picture.host.locator(".legend .swatch").evaluate_all(
                "all => all.map(each => getComputedStyle(each).backgroundColor)"
            ),
            strict=True,
        )
    )
    assert picture.texts(".legend-item") == ["two 87.5 %", "one 12.5 %", "several threads"]
    fills = {box["label"]: channels(box["fill"]) for box in picture.probe()["boxes"]}
    assert fills["also"] == channels(legend["one"])
    assert fills["only"] == channels(legend["two"])
    assert fills["main"] == channels(legend["several"])
    assert len({legend[name] for name in legend}) == 3
    # A thread keeps its colour when it is alone.
    picture.choose("Threads", "one")
    alone = {box["label"]: channels(box["fill"]) for box in picture.probe()["boxes"]}
    assert alone["main"] == alone["also"] == fills["also"]
