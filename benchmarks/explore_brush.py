"""Brushing the timeline: from a movement of the mouse to the picture and table of that range."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

from browser import WATCH
from explore_profiles import walk
from measure import ROOT, Goal, Series, progress, table
from playwright.sync_api import Browser, CDPSession, Page

from perfnb.units import ValueType
from perfnb.views.flame import FlameView

sys.path.append(str(ROOT / "tests/browser"))
from hands import Picture, plain

CPU = ValueType("on-CPU", "ns")
SAMPLES = 100_000
SOON_MS = 50.0
# The view does its work in the next frame. What is asked for after the view has asked comes after
# it in that frame; the message comes when the frame has been styled, laid out and painted.
MOVED = """
(() => {
  window.moves = [];
  let move = null;
  let told = null;
  addEventListener("pointermove", ({buttons, timeStamp}) => {
    if (buttons === 1 && move === null) move = {event: timeStamp, begin: performance.now()};
  }, true);
  addEventListener("pointermove", () => {
    if (move === null || move.asked) return;
    move.asked = true;
    requestAnimationFrame((frame) => {
      move.frame = frame;
      move.computed = performance.now();
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        move.painted = performance.now();
        window.moves.push(move);
        move = null;
        told?.();
      };
      channel.port2.postMessage(0);
    });
  });
  window.moved = (count) => new Promise((done) => {
    told = () => { if (window.moves.length >= count) done(); };
    told();
  });
})();
"""


def measure(browser: Browser, folder: Path, samples: int, moves: int) -> list[dict[str, Any]]:
    profile = walk(samples)
    found = []
    for name, boxes in (("all of it", 10**9), ("as it is stored", None)):
        options = {} if boxes is None else {"max_boxes": boxes}
        view = FlameView(profile, timeline=True, table=True, **options)
        file = folder / "brush.html"
        view.save(file)
        shown = view.shown
        moved, processor = gestures(browser, file, moves)
        found.append(
            {
                "what": name,
                "samples": len(shown),
                "stacks": len(shown.tables.stacks),
                "moves": moved,
                "processor": processor,
            }
        )
        whole = Series.of(times(found[-1], "event", "painted"))
        progress(f"brushing, {name}: {whole.median:.0f} ms from a movement to the picture")
    return found


def gestures(browser: Browser, file: Path, moves: int) -> tuple[list[dict[str, float]], float]:
    """Choose a range, move it, and move its end, with a real mouse."""
    context = browser.new_context(viewport={"width": 1280, "height": 1100}, bypass_csp=True)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.add_init_script(MOVED)
    page.goto(file.as_uri())
    page.wait_for_function("window.painted.length > 0", timeout=120_000)
    picture = Picture(page)
    lanes = picture.host.locator(".tl-canvas").bounding_box()
    assert lanes is not None
    left, width, y = lanes["x"], lanes["width"], lanes["y"] + 12
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = busy(session)
    # A range grows to nearly the whole; its end comes back to a quarter; that quarter moves.
    for start, end in ((0.02, 0.98), (0.98, 0.27), (0.14, 0.86)):
        drag(page, left + start * width, left + end * width, y, moves)
        check(picture)
    found: list[dict[str, float]] = page.evaluate("window.moves")
    processor = (busy(session) - before) / len(found)
    context.close()
    return found, processor


def busy(session: CDPSession) -> float:
    """Return for how many ms a processor has worked for the page's thread."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    taken: float = next(one["value"] for one in metrics if one["name"] == "TaskDuration")
    return 1000 * taken


def drag(page: Page, start: float, end: float, y: float, moves: int) -> None:
    page.mouse.move(start, y)
    page.mouse.down()
    before = page.evaluate("window.moves.length")
    for step in range(1, moves + 1):
        page.mouse.move(start + (end - start) * step / moves, y)
        page.evaluate("count => window.moved(count)", before + step)
    page.mouse.up()


def check(picture: Picture) -> None:
    """Raise if picture, table and range do not tell the same."""
    seen = picture.probe()
    views = seen["views"]
    (chosen,) = [one for one in views["filters"] if one["kind"] == "time"]
    if [chosen["from"], chosen["to"]] != [round(at) for at in views["timeline"]["range"]]:
        raise SystemExit(f"the range is {views['timeline']['range']}, the filter {chosen}")
    sum_of_selfs = views["table"]["status"].rpartition("adds up to ")[2]
    if plain(sum_of_selfs) != plain(CPU.format(seen["extent"])):
        raise SystemExit(f"the table has {sum_of_selfs}, the picture {seen['extent']} ns")


def times(found: dict[str, Any], begin: str, end: str) -> list[float]:
    return [move[end] - move[begin] for move in found["moves"]]


def text(found: list[dict[str, Any]]) -> str:
    steps = {
        "movement → painted": ("event", "painted"),
        "waiting for the frame": ("event", "begin"),
        "computing and drawing": ("begin", "computed"),
        "style, layout, paint": ("computed", "painted"),
    }
    rows = []
    for one, (step, ends) in itertools.product(found, steps.items()):
        series = Series.of(times(one, *ends))
        name = f"{one['what']}: {one['samples']:,} samples, {one['stacks']:,} call paths"
        last = [series.text(".1f"), f"{series.quantile(0.95):.1f}", f"{max(series.values):.1f}"]
        rows.append([name if step == "movement → painted" else "", step, *last])
    for one, at in zip(found, (len(steps), len(rows) + 1), strict=True):
        used = ["", "processor time of the page's thread, mean", f"{one['processor']:.1f}", "", ""]
        rows.insert(at, used)
    moves = len(found[0]["moves"])
    return table((f"ms ({moves} movements)", "", "median", "95 %", "most"), rows)


def goals(found: list[dict[str, Any]]) -> list[Goal]:
    result = []
    for one in found:
        series = Series.of(times(one, "event", "painted"))
        what = f"brush → repaint, {one['what']}"
        result.append(Goal.of(f"{what}, median", series, SOON_MS, "ms"))
        result.append(Goal(f"{what}, 19 of 20", series.quantile(0.95), SOON_MS, "ms"))
    return result
