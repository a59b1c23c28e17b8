"""From the end of a profiled cell to the picture, in a real JupyterLab."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from browser import WATCH
from kernels import CELL
from measure import ROOT, Goal, Series, progress, table
from playwright.sync_api import Browser, Page

sys.path.append(str(ROOT / "tests"))
from helpers.jupyter import JupyterServer, jupyter_server

# Notes when the steps begin and end. Nothing is imported that `%load_ext` has not imported.
SETUP = """
%load_ext perfnb
import json, time
from perfnb.capture.record import Recorder
from perfnb.notebook import session
instants = {}

def end_of_cell():
    instants["cell"] = time.time()

def timed(owner, name):
    inner = getattr(owner, name)
    def outer(*args, **kwargs):
        instants[name + " begins"] = time.time()
        try:
            return inner(*args, **kwargs)
        finally:
            instants[name + " ends"] = time.time()
            if name == "finish":
                with open("instants", "a") as file:
                    file.write(json.dumps(instants) + "\\n")
    setattr(owner, name, outer)

timed(session.FlameSession, "begin"); timed(Recorder, "stop")
timed(session, "show_profile"); timed(session.FlameSession, "finish")
"""
FLAME = "%%flame\n" + CELL + "\nend_of_cell()"
BOKEH_SETUP = """
from bokeh.io import output_notebook, show
from bokeh.plotting import figure
from bokeh.resources import INLINE
output_notebook(INLINE, hide_banner=True)
plot = figure(height=300)
plot.scatter(list(range(20)), list(range(20)));
"""
DONE = "open('instants', 'a').write(json.dumps(instants) + '\\n');"
BASELINES = {
    "html": "end_of_cell()\nfrom IPython.display import HTML, display\n"
    "display(HTML('<p data-bench>a paragraph</p>'))\n" + DONE,
    "bokeh": "end_of_cell()\nshow(plot)\n" + DONE,
}
STEPS = ("stop", "clean", "build", "browser", "whole")
Steps = dict[str, float]


def measure(browser: Browser, home: Path, rounds: int, seconds: float) -> dict[str, list[Steps]]:
    """Return ms of each step: of the first picture of a page and a kernel, of a later one."""
    with jupyter_server(home / "server") as server:
        return _measure(browser, server, rounds, seconds)


def _measure(
    browser: Browser, server: JupyterServer, rounds: int, seconds: float
) -> dict[str, list[Steps]]:
    flame = FLAME.format(seconds=seconds)
    found: dict[str, list[Steps]] = {"cold": [], "warm": [], "html": [], "bokeh": []}
    for number in range(rounds):
        cells = (SETUP, flame, flame, BASELINES["html"], BOKEH_SETUP, BASELINES["bokeh"])
        server.notebook(f"round{number}.ipynb", *cells)
        (server.work / "instants").unlink(missing_ok=True)
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(server.address(f"round{number}.ipynb"))
        page.wait_for_selector(".jp-Notebook .jp-Cell .cm-content")
        page.wait_for_function(
            "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=60_000,
        )
        page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex = 0")
        run_cell(page)
        for name in ("cold", "warm"):
            steps = picture(page, server.work / "instants", "perfnb")
            found[name].append(steps)
            progress(f"JupyterLab, round {number + 1}/{rounds}, {name}: {steps['whole']:.0f} ms")
        found["html"].append(picture(page, server.work / "instants", "html"))
        run_cell(page)
        found["bokeh"].append(picture(page, server.work / "instants", "bokeh"))
        page.evaluate("jupyterapp.shell.currentWidget.context.save()")
        page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        context.close()
    return found


def run_cell(page: Page) -> None:
    page.evaluate("jupyterapp.commands.execute('notebook:run-cell-and-select-next')")


def picture(page: Page, file: Path, what: str) -> Steps:
    """Run the next cell and return how long its picture took, in ms."""
    before = page.evaluate("window.painted.length")
    lines = len(file.read_text().splitlines()) if file.exists() else 0
    run_cell(page)
    page.wait_for_function("before => window.painted.length > before", arg=before, timeout=60_000)
    painted = page.evaluate("window.painted.at(-1)")
    if painted["what"] != what:
        raise SystemExit(f"expected {what} to be painted, not {painted['what']}")
    instants = json.loads(file.read_text().splitlines()[lines])
    end = instants["cell"]
    steps = {"whole": painted["at"] / 1000 - end}
    if what == "perfnb":
        at = instants
        steps["attach"] = at["begin ends"] - at["begin begins"]
        steps["stop"] = at["stop ends"] - end
        steps["clean"] = at["show_profile begins"] - at["stop ends"]
        steps["build"] = at["show_profile ends"] - at["show_profile begins"]
        steps["browser"] = painted["at"] / 1000 - at["show_profile ends"]
    return {step: 1000 * seconds for step, seconds in steps.items()}


def text(found: dict[str, list[Steps]]) -> str:
    named = {
        "cold": "perfnb, first of kernel and page",
        "warm": "perfnb, later",
        "html": "a paragraph of HTML",
        "bokeh": "a Bokeh figure of 20 points",
    }
    rows = []
    for name, rounds in found.items():
        row = [named[name]]
        for step in STEPS:
            values = [steps[step] for steps in rounds if step in steps]
            row.append(Series.of(values).text(".0f") if values else "—")
        rows.append(row)
    head = (f"end of cell → painted, ms ({len(found['cold'])} rounds)", *STEPS)
    return table(head, rows) + (
        "\nstop: until there is a profile; clean: names of cells, IPython's own frames;\n"
        "build: until the output is sent; browser: server and page, until it is painted.\n"
        "Attaching, before the cell runs: "
        + "; ".join(
            f"{name} {Series.of(steps['attach'] for steps in found[name]).text('.0f')} ms"
            for name in ("cold", "warm")
        )
    )


def goals(found: dict[str, list[Steps]]) -> list[Goal]:
    return [
        Goal.of(
            f"end of cell → picture painted, {name}",
            Series.of(steps["whole"] for steps in found[name]), 300, "ms",
        )
        for name in ("cold", "warm")
    ]  # fmt: skip
