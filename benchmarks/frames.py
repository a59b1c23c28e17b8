"""How smooth zooming and panning are with many boxes: perfnb's page and Bokeh's own quads."""

from __future__ import annotations

import itertools
import random
import time
from pathlib import Path
from typing import Any

from bokeh.embed import file_html
from bokeh.palettes import Category20_20
from bokeh.plotting import figure
from bokeh.resources import INLINE
from browser import WATCH
from measure import Goal, Series, progress, table
from playwright.sync_api import Browser, Page

from perfnb.layout.flame import layout
from perfnb.model import CallTree, Metadata, Profile, ProfileBuilder
from perfnb.units import ValueType

STEPS_OF_GESTURE = 40
LONGEST_GESTURE_S = 5.0
SMOOTH_MS = 17.0
"""60 frames a second, by a clock of 0.1 ms."""

RECORD = """
() => {
  const times = window.frames_seen = [];
  window.recording = true;
  const frame = (at) => { times.push(at); if (window.recording) requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}
"""
# The view's probe, from wherever in the shadow trees it is.
PAINT_MS = """
() => {
  const find = (root) => {
    for (const element of root.querySelectorAll("*")) {
      const found = element.perfnb ?? (element.shadowRoot && find(element.shadowRoot));
      if (found) return found;
    }
    return null;
  };
  return find(document).probe().paint_ms;
}
"""


def profile_of(boxes: int) -> Profile:
    """Return a profile whose flame graph has so many boxes, deep and shallow ones, the root aside.

    A random walk through calls: the stack loses a few frames and gains a few others.
    """
    chance = random.Random(boxes)
    builder = ProfileBuilder(ValueType("on-CPU", "ns"))
    frames = [
        builder.frame(f"function_{i}", file=f"/lib/module_{i % 40}.py", module=f"module_{i % 40}")
        for i in range(3000)
    ]
    path: list[int] = []
    known = 0
    while known < boxes:
        del path[max(1, len(path) - int(chance.expovariate(1 / 3))) :]
        for _ in range(chance.randint(1, 5)):
            if len(path) < 60 and known < boxes:
                path.append(builder.push(path[-1] if path else -1, chance.choice(frames)))
                known = max(known, path[-1] + 1)
        builder.sample(path[-1], weight=10_000_000)
    return builder.build(Metadata(title=f"{boxes} boxes"))


def quads(profile: Profile) -> str:
    """Return a page with the same boxes as Bokeh's quads, as plain as they can be."""
    tree = CallTree.of(profile)
    boxes = layout(tree)
    plot = figure(
        width=1200, height=560, tools="xwheel_zoom,pan", active_scroll="xwheel_zoom",
        active_drag="pan",
    )  # fmt: skip
    colors = [Category20_20[i % 20] for i in tree.function]
    # The 26 rows that perfnb shows at once.
    plot.y_range.start, plot.y_range.end = 26, 0
    plot.quad(
        left=boxes.x, right=boxes.x + boxes.width, top=boxes.depth + 0.95, bottom=boxes.depth,
        fill_color=colors, line_color=None,
    )  # fmt: skip
    return file_html(plot, INLINE, title="quads")


def measure(browser: Browser, folder: Path, sizes: list[int]) -> list[dict[str, Any]]:
    found = []
    for boxes in sizes:
        profile = profile_of(boxes)
        tree = CallTree.of(profile)
        if len(tree) != boxes + 1:
            raise SystemExit(f"{len(tree) - 1} boxes instead of {boxes}")
        ours, theirs = folder / f"perfnb-{boxes}.html", folder / f"quads-{boxes}.html"
        profile.flame(max_boxes=10**9).save(ours)
        theirs.write_text(quads(profile), encoding="utf-8")
        for name, page in (("perfnb", ours), ("bokeh", theirs)):
            result = gestures(browser, page, name)
            result |= {"what": name, "boxes": boxes, "bytes": page.stat().st_size}
            found.append(result)
            zoom = Series.of(result["zoom"]).median
            progress(f"{boxes} boxes, {name}: {zoom:.0f} ms a frame while zooming")
    return found


def gestures(browser: Browser, file: Path, what: str) -> dict[str, Any]:
    """Open a page, zoom in and out with the wheel and pan with the mouse; ms between frames."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_function("window.painted.length > 0", timeout=120_000)
    result: dict[str, Any] = {"first_ms": page.evaluate("window.painted[0].since_start")}
    place = page.locator("canvas").first.bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] * 0.4, place["y"] + place["height"] * 0.4
    page.mouse.move(x, y)
    if what == "perfnb":
        page.keyboard.down("Control")
    half = STEPS_OF_GESTURE // 2
    result["zoom"] = recorded(
        page, [(lambda way=way: page.mouse.wheel(0, way * 60)) for way in [-1] * half + [1] * half]
    )
    for _ in range(5):
        page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.mouse.down()
    way = [*range(half), *range(half, -half, -1)]
    result["pan"] = recorded(
        page, [(lambda step=step: page.mouse.move(x + 8 * step, y)) for step in way]
    )
    page.mouse.up()
    if what == "perfnb":
        result["paint"] = []
        for _ in range(10):
            page.mouse.wheel(20, 0)
            result["paint"].append(page.evaluate(PAINT_MS))
    context.close()
    return result


def recorded(page: Page, steps: list[Any]) -> list[float]:
    """Return the ms between the frames that were shown during a gesture."""
    page.evaluate(RECORD)
    until = time.monotonic() + LONGEST_GESTURE_S
    for step in steps:
        step()
        if time.monotonic() > until:
            break
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
    times = page.evaluate("() => { window.recording = false; return window.frames_seen; }")
    return [after - before for before, after in itertools.pairwise(times)]


def text(found: list[dict[str, Any]]) -> str:
    rows = []
    for result in found:
        row = [f"{result['boxes']:,} boxes, {result['what']}"]
        for gesture in ("zoom", "pan"):
            frames = Series.of(result[gesture])
            row.append(f"{frames.median:.1f} / {frames.quantile(0.95):.0f} ({len(frames)})")
        paint = Series.of(result["paint"]).text(".1f") if "paint" in result else "—"
        rows.append([*row, paint, f"{result['first_ms']:.0f}", f"{result['bytes'] / 1e6:.1f}"])
    head = (
        "ms a frame: median / 95 % (frames)", "zooming", "panning", "painting, ms",
        "open → painted, ms", "page, MB",
    )  # fmt: skip
    return table(head, rows)


def goals(found: list[dict[str, Any]]) -> list[Goal]:
    return [
        Goal(
            f"19 of 20 frames while you {gesture} {result['boxes']:,} boxes",
            Series.of(result[gesture]).quantile(0.95), SMOOTH_MS, "ms",
        )
        for result in found if result["what"] == "perfnb"
        for gesture in ("zoom", "pan")
    ]  # fmt: skip
