"""What a page keeps of a thousand things that a reader did in it."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from browser import WATCH
from explore_profiles import OWN_FILE, walk
from measure import ROOT, Goal, progress, table
from playwright.sync_api import Browser, CDPSession, Locator

from perfnb.views.flame import FlameView

sys.path.append(str(ROOT / "tests/browser"))
from hands import Picture

SAMPLES = 10_000
LOOKS = 5
"""How often memory is looked at: the growth is from the first time to the last."""
GROWTH = 0.05
SPARE_MB = 2.0
SET = """
(properties) => {
  const documents = window.Bokeh.documents;
  documents.at(-1).roots()[0].setv(properties);
}
"""


COUNT = """
() => {
  const count = (root) => {
    let sum = 0;
    for (const element of root.querySelectorAll("*"))
      sum += 1 + (element.shadowRoot ? count(element.shadowRoot) : 0);
    return sum;
  };
  return count(document);
}
"""


class Reader:
    """Does one thing after the other, in rounds that end as they began."""

    def __init__(self, picture: Picture) -> None:
        self.picture, self.page, self.host = picture, picture.page, picture.host
        self.chance = random.Random(8)
        self.rounds: list[Callable[[], Any]] = [
            self.search, self.brush, self.zoom, self.sort, self.choose, self.zoom,
            self.tab("Flame chart"), self.brush, self.zoom, self.tab("Sandwich"), self.sort,
            self.choose, self.tab("Source"), self.theme("dark"), self.choose, self.add_filter,
            self.tab("Flame graph"), self.undo, self.redo, self.invert, self.hover,
            self.lane, self.merge("function"), self.colour, self.theme("light"), self.toggle,
            self.invert, self.merge("cell"), self.toggle, self.lane, self.clear_filters,
            self.clear_search,
        ]  # fmt: skip
        self.done = 0

    def act(self, count: int) -> None:
        """Do so many things, and end the round."""
        until = self.done + count
        while self.done < until or self.done % len(self.rounds):
            self.rounds[self.done % len(self.rounds)]()
            self.done += 1
        # What is looked at has to show the same each time.
        main = {"name": "main", "file": OWN_FILE, "module": "job", "kind": "python"}
        self.page.evaluate(SET, {"function": main, "color_by": "name", "focus": []})
        for name in ("Flame chart", "Sandwich", "Source", "Flame graph"):
            self.tab(name)()
        self.picture.press("Escape")

    def find(self, selector: str) -> Locator:
        return self.host.locator(selector)

    # The things.

    def tab(self, name: str) -> Callable[[], Any]:
        return lambda: self.find(f"[role=tab]:text-is('{name}')").click()

    def theme(self, name: str) -> Callable[[], Any]:
        return lambda: self.page.evaluate(SET, {"theme": name})

    def merge(self, name: str) -> Callable[[], Any]:
        return lambda: self.page.evaluate(SET, {"merge": name})

    def colour(self) -> None:
        name = self.chance.choice(["name", "kind", "module", "self", "thread"])
        self.page.evaluate(SET, {"color_by": name})

    def brush(self) -> None:
        box = self.find(".tl-canvas").bounding_box()
        assert box is not None
        begin, end = sorted(self.chance.sample(range(5, 95), 2))
        y = box["y"] + 12
        self.page.mouse.move(box["x"] + box["width"] * begin / 100, y)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] * (begin + end) / 200, y)
        self.page.mouse.move(box["x"] + box["width"] * end / 100, y)
        self.page.mouse.up()

    def lane(self) -> None:
        labels = self.find(".tl-label")
        labels.nth(0 if self.done % len(self.rounds) > 25 else 1).click()

    def canvas(self) -> dict[str, float] | None:
        """Where the picture is, if the filters leave one."""
        return self.picture.stage.bounding_box()  # type: ignore[return-value]

    def zoom(self) -> None:
        canvas = self.canvas()
        if canvas is None:
            return
        x, y = self.chance.random() * canvas["width"], 9 + 18 * self.chance.randrange(20)
        self.page.mouse.click(canvas["x"] + x, canvas["y"] + min(y, canvas["height"] - 4))

    def hover(self) -> None:
        canvas = self.canvas()
        if canvas is None:
            return
        for step in range(10):
            x, y = self.chance.random() * canvas["width"], 9 + 18 * step
            self.page.mouse.move(canvas["x"] + x, canvas["y"] + min(y, canvas["height"] - 4))

    def sort(self) -> None:
        heads = self.find(".tb-sort:visible")
        if (count := heads.count()) > 0:
            heads.nth(self.chance.randrange(count)).click()

    def choose(self) -> None:
        rows = self.find(".tb-body [role=row]:visible")
        if (count := rows.count()) > 0:
            rows.nth(self.chance.randrange(min(5, count))).click()

    def search(self) -> None:
        self.picture.search_box.fill(f"function_{self.chance.randrange(10)}")
        self.picture.search_box.press("Enter")

    def clear_search(self) -> None:
        self.picture.search_box.fill("")
        self.picture.search_box.press("Enter")

    def add_filter(self) -> None:
        kind = self.chance.choice(["hide", "drop", "show"])
        pattern = f"function_{self.chance.randrange(100):02}"
        self.host.get_by_role("button", name="Filter", exact=True).click()
        self.host.get_by_label("What to do with matching functions").select_option(kind)
        field = self.host.get_by_label("Regular expression for names, modules and files")
        field.fill(pattern)
        field.press("Enter")
        field.press("Escape")

    def clear_filters(self) -> None:
        while (remove := self.find(".filter button:visible")).count() > 0:
            remove.first.click()

    def undo(self) -> None:
        self.page.keyboard.press("Control+z")

    def redo(self) -> None:
        self.page.keyboard.press("Control+Shift+z")

    def invert(self) -> None:
        self.host.get_by_role("button", name="Invert").click()

    def toggle(self) -> None:
        self.host.get_by_role("button", name="Table", exact=True).click()


def measure(browser: Browser, folder: Path, count: int) -> dict[str, Any]:
    file = folder / "memory.html"
    view = FlameView(walk(SAMPLES), timeline=True, table=True, source="all")
    view.save(file)
    context = browser.new_context(
        viewport={"width": 1280, "height": 1200}, bypass_csp=True, reduced_motion="reduce"
    )
    context.add_init_script(WATCH)
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_function("window.painted.length > 0", timeout=120_000)
    session = context.new_cdp_session(page)
    for domain in ("Performance", "HeapProfiler"):
        session.send(f"{domain}.enable")
    reader = Reader(Picture(page))
    found = [{"done": 0, **used(session), "elements": page.evaluate(COUNT)}]
    for _ in range(LOOKS):
        reader.act(count // LOOKS)
        elements = page.evaluate(COUNT)
        found.append({"done": reader.done, **used(session), "elements": elements})
        progress(f"{reader.done} interactions: {found[-1]['heap'] / 1e6:.1f} MB")
    context.close()
    if troubles:
        raise SystemExit(f"the page complained: {troubles[0]}")
    return {"samples": len(view.shown), "looks": found}


def used(session: CDPSession) -> dict[str, float]:
    """Return what is still there when nothing is left to be thrown away."""
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")
    counts = session.send("Performance.getMetrics")["metrics"]
    metrics = {metric["name"]: metric["value"] for metric in counts}
    return {
        "heap": heap["usedSize"],
        # Typed arrays are beside the heap.
        "arrays": heap.get("backingStorageSize", 0),
        "nodes": metrics["Nodes"],
        "listeners": metrics["JSEventListeners"],
    }


def text(found: dict[str, Any]) -> str:
    rows = [
        [
            f"{look['done']:,}",
            f"{look['heap'] / 1e6:.2f}", f"{look['arrays'] / 1e6:.2f}",
            f"{look['elements']:,}", f"{look['nodes']:,.0f}", f"{look['listeners']:,.0f}",
        ]
        for look in found["looks"]
    ]  # fmt: skip
    head = (
        "interactions", "JS heap, MB", "typed arrays, MB", "elements", "nodes, detached too",
        "listeners",
    )  # fmt: skip
    return table(head, rows)


def goals(found: dict[str, Any]) -> list[Goal]:
    """From the first fifth to the end: caches are full by then."""
    before, after = found["looks"][1], found["looks"][-1]
    what = f"after {after['done']:,} interactions more than after {before['done']:,}"
    goals = []
    for name, words in (("heap", "JS heap"), ("arrays", "typed arrays")):
        least, most = (look[name] / 1e6 for look in (before, after))
        limit = max(SPARE_MB, GROWTH * least)
        goals.append(Goal(f"{words} {what}", most - least, limit, "MB"))
    # Detached nodes are told, not promised: those that drive the page hold some of them.
    for name in ("elements", "listeners"):
        extra = after[name] - before[name]
        goals.append(Goal(f"{name} {what}", extra, GROWTH * before[name]))
    return goals
