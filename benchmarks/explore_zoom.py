"""Zooming in an explorer whose profile stays in the kernel, in a real JupyterLab."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from browser import WATCH
from measure import ROOT, Goal, Series, progress, table
from playwright.sync_api import Browser, Page

sys.path += [str(ROOT / "tests"), str(ROOT / "tests/browser")]
from hands import Picture
from helpers.jupyter import jupyter_server

SOON_MS = 60.0
SETUP = """
from explore_kernel import explored, facts, large
profile = large()
print(facts(profile))
"""
SHOW = """
explorer = explored(profile, "answers")
explorer
"""
FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
IDLE = "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
# When questions are sent, answers come, and flame graphs are drawn. Each drawing begins with its
# canvas being cleared; the message comes when the frame has been laid out and painted.
CLOCKS = """
(() => {
  const at = window.clocks = {};
  const now = () => performance.now();
  const text = (data) => typeof data === "string" ? data : new TextDecoder().decode(data);
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({data}) => {
        const time = now();
        if (data.byteLength > 4000) at.came.push({time, bytes: data.byteLength});
      });
    }
    send(data) {
      super.send(data);
      const said = text(data);
      if (said.includes('"type":"ask"')) {
        at.sent.push({time: now(), what: /"kind":"(\\w+)"/.exec(said)?.[1]});
      }
    }
  };
  const {clearRect} = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (...given) {
    clearRect.apply(this, given);
    if (this.canvas.getAttribute("aria-roledescription") !== "flame graph") return;
    const drawing = {began: now()};
    at.drawn.push(drawing);
    queueMicrotask(() => { drawing.ended = now(); });
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => { drawing.painted = now(); };
      channel.port2.postMessage(0);
    });
  };
  addEventListener("pointerup", ({timeStamp}) => { at.event = timeStamp; }, true);
  // Whether the picture is there that the last question was about.
  window.answered = () => {
    const [asked, came] = [at.sent.at(-1)?.time, at.came.at(-1)?.time];
    return came > asked && at.drawn.some(({began, painted}) => began > came && painted > 0);
  };
  window.forget = () => Object.assign(at, {sent: [], came: [], drawn: []});
})();
"""


def measure(browser: Browser, home: Path, zooms: int) -> dict[str, Any]:
    with jupyter_server(home / "server") as server:
        server.kernelspec("bench", PYTHONPATH=str(ROOT / "benchmarks"))
        server.notebook("zoom.ipynb", SETUP, SHOW, kernel="bench")
        # Nothing glides: the picture that is painted is the one that stays.
        context = browser.new_context(
            viewport={"width": 1280, "height": 1200}, reduced_motion="reduce"
        )
        for script in (WATCH, CLOCKS):
            context.add_init_script(script)
        page = context.new_page()
        page.goto(server.address("zoom.ipynb"))
        page.wait_for_selector(".jp-Notebook .jp-Cell .cm-content")
        page.wait_for_function(IDLE, timeout=60_000)
        run(page, 0)
        about = json.loads(page.locator(".jp-OutputArea-output").inner_text(timeout=120_000))
        page.wait_for_function(IDLE, timeout=60_000)
        answers = Answers(server.work / "answers")
        page.evaluate("window.forget()")
        started = run(page, 1)
        page.wait_for_function("window.painted.length > 0", timeout=120_000)
        page.wait_for_function("window.answered()", timeout=120_000)
        first = {"whole": page.evaluate("window.painted[0].at") - started, **answers.new()[-1]}
        progress(f"explorer, {about['nodes']:,} nodes: first picture {first['whole']:.0f} ms")
        picture = Picture(page, 0, ".jp-OutputArea")
        found = {
            "about": about,
            "first": [first],
            "zoom": zoomed(picture, answers, zooms),
            "filter": filtered(picture, answers),
        }
        context.close()
        server.shut_down_kernels()
    return found


def run(page: Page, cell: int) -> float:
    """Run a cell, and return when, in ms."""
    started: float = page.evaluate(
        "cell => { jupyterapp.shell.currentWidget.content.activeCellIndex = cell;"
        " void jupyterapp.commands.execute('notebook:run-cell'); return Date.now(); }",
        cell,
    )
    return started


class Answers:
    """What the kernel wrote about its answers."""

    def __init__(self, file: Path) -> None:
        self.file, self.read = file, 0

    def new(self) -> list[dict[str, Any]]:
        """Return what was written since it was last asked for, in ms; wait for something."""
        for _ in range(200):
            lines = self.file.read_text().splitlines() if self.file.exists() else []
            if len(lines) > self.read:
                break
            time.sleep(0.01)
        new = [json.loads(line) for line in lines[self.read :]]
        self.read = len(lines)
        for note in new:
            for step in ("waiting", "computing", "sending"):
                note[step] *= 1000
        return new


def step(picture: Picture, answers: Answers, act: Callable[[], Any]) -> dict[str, float]:
    """Return ms of what the reader does until the answer is painted, and of its parts."""
    page = picture.page
    page.evaluate("window.forget()")
    act()
    page.wait_for_function("window.answered()", timeout=120_000)
    clocks, notes = page.evaluate("window.clocks"), answers.new()
    event, sent, came = clocks["event"], clocks["sent"][0]["time"], clocks["came"][0]
    drawn = next(each for each in clocks["drawn"] if each["began"] > came["time"])
    note = notes[0]
    kernel = note["waiting"] + note["computing"] + note["sending"]
    whole = drawn["painted"] - event
    browser = sent - event + drawn["painted"] - came["time"]
    return {
        **note,
        "whole": whole,
        "seen": next(one["painted"] for one in clocks["drawn"] if one["began"] > sent) - event,
        "kernel": kernel,
        "browser": browser,
        "transfer": whole - kernel - browser,
        "questions": len(clocks["sent"]),
        "asking": sent - event,
        "reading": drawn["began"] - came["time"],
        "drawing": drawn["ended"] - drawn["began"],
        "painting": drawn["painted"] - drawn["ended"],
    }


def zoomed(picture: Picture, answers: Answers, zooms: int) -> list[dict[str, float]]:
    """Click on boxes, each third time on one that sums others; from the root again if need be."""
    chance = random.Random(2)
    found: list[dict[str, float]] = []
    while len(found) < zooms:
        canvas, seen = picture.canvas(), picture.probe()
        rest = len(found) % 3 == 2
        boxes = [
            box
            for box in seen["boxes"]
            if box["x"] >= 0 and 6 < box["width"] < 0.7 * canvas["width"]
            and box["y"] >= 0 and box["y"] + box["height"] < canvas["height"]
            and box["label"].startswith("… ") == rest
        ]  # fmt: skip
        if not boxes:
            if seen["focus"] == "all":
                raise SystemExit("there is nothing to zoom into")
            step(picture, answers, lambda: picture.press("Escape"))
            continue
        box = chance.choice(boxes)
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        # Who clicks has pointed at the box before, and has seen its name.
        picture.page.mouse.move(canvas["x"] + x, canvas["y"] + y)
        picture.page.evaluate(FRAMES)
        result = step(picture, answers, lambda: press(picture.page))
        found.append({**result, "rest": rest, "nodes": picture.probe()["nodes"]})
        if len(found) % 10 == 0:
            progress(f"{len(found)} of {zooms} zooms: the last one {result['whole']:.0f} ms")
    return found


def press(page: Page) -> None:
    page.mouse.down()
    page.mouse.up()


def filtered(picture: Picture, answers: Answers) -> list[dict[str, float]]:
    """Choose each thread."""
    select = picture.host.locator('.menus select[aria-label="Threads"]')
    names = select.locator("option").all_inner_texts()
    # This event does not leave the component.
    select.evaluate(
        "select => select.addEventListener('change',"
        " ({timeStamp}) => { window.clocks.event = timeStamp; }, true)"
    )
    return [
        step(picture, answers, lambda at=at: select.select_option(index=at))
        for at, name in enumerate(names)
        if "worker-" in name
    ]


STEPS = ("whole", "kernel", "transfer", "browser", "seen")


def text(found: dict[str, Any]) -> str:
    zooms = found["zoom"]
    parts = {
        "zoom": zooms,
        "… into a box": [one for one in zooms if not one["rest"]],
        "… into a box of narrow ones": [one for one in zooms if one["rest"]],
        "filter: one thread": found["filter"],
    }
    rows = []
    for name, all_of in parts.items():
        series = (Series.of(one[key] for one in all_of) for key in STEPS)
        rows.append([f"{name} ({len(all_of)})", *(each.text(".0f") for each in series)])
    (first,) = found["first"]
    head = ("ms, click → painted", "whole", "kernel", "transfer", "page", "first drawn larger")
    asked, sizes = (Series.of(one[key] for one in zooms) for key in ("questions", "bytes"))
    nodes = Series.of(one["nodes"] for one in zooms)
    return (
        f"{found['about']['nodes']:,} nodes, {found['about']['samples']:,} samples\n"
        f"{table(head, rows)}\n"
        f"First picture, cell started → painted: {first['whole']:.0f} ms, of which the kernel "
        f"folded for {first['computing']:.0f} ms\n"
        f"An answer: {nodes.median:,.0f} boxes, {sizes.median / 1000:.0f} kB; "
        f"{asked.median:.0f} questions a zoom (at most {max(asked.values):.0f})"
    )


def goals(found: dict[str, Any]) -> list[Goal]:
    whole = Series.of(one["whole"] for one in found["zoom"])
    nodes = found["about"]["nodes"]
    return [Goal.of(f"explorer, {nodes:,} nodes: zoom, there and back", whole, SOON_MS, "ms")]
