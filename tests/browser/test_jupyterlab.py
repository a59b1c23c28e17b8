"""Cells under %%flame in a real JupyterLab and a real Notebook 7, with real kernels."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from hands import Picture, Visit, visit
from helpers.jupyter import JupyterServer, jupyter_server
from helpers.kernels import ROOT, TESTS, python_for
from helpers.workloads import SHARES
from lab import Notebook
from profiles import assert_sound

LOAD = "%load_ext perfnb\nfrom helpers.workloads import *"
KNOWN = "%%flame -r 200\nshares(0.8)\n'the result'"
THREADS = "%%flame -r 200\ntwo_threads(0.4)"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[JupyterServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(TESTS))
        with jupyter_server(tmp_path_factory.mktemp("jupyter")) as server:
            server.kernelspec("inline", PERFNB_SCRIPTS="inline")
            yield server


@pytest.fixture(scope="module", autouse=True)
def served_files_are_those_built_here(server):
    for name in ("bokeh.min.js", "perfnb.min.js"):
        served = server.read(f"lab/extensions/perfnb/static/{name}")
        built = (ROOT / "perfnb" / "dist" / name).read_bytes()
        assert served == built, f"{name} is of an older installation: `make` installs it anew"


@pytest.fixture
def notebook(server, visiting) -> Callable[..., tuple[Notebook, Visit]]:
    """Open a page with nothing on it yet."""

    def notebook(**context):
        page, seen = visiting(home=server.url, **context)
        return Notebook(page, server), seen

    return notebook


@pytest.fixture(scope="module")
def ran(server, browser) -> str:
    """The name of a notebook with two pictures, run in JupyterLab and saved there."""
    server.notebook("ran.ipynb", LOAD, KNOWN, THREADS)
    with visit(browser, server.url) as (page, _):
        lab = Notebook(page, server).open("ran.ipynb").run()
        lab.live(2)
        lab.save()
    server.shut_down_kernels()
    return "ran.ipynb"


def copy(server: JupyterServer, name: str, target: str, change: Callable) -> str:
    """Write a changed copy of a notebook: its signature is unknown."""
    book = nbformat.read(server.work / name, as_version=4)
    change(book)
    nbformat.write(book, server.work / target)
    return target


@pytest.fixture(scope="module")
def kernelless(server, ran) -> str:
    """The same notebook, trusted, for a kernel that this machine does not have."""

    def change(book):
        book.metadata.kernelspec = {"name": "elsewhere", "display_name": "Elsewhere"}

    copy(server, ran, "kernelless.ipynb", change)
    server.trust("kernelless.ipynb")
    return "kernelless.ipynb"


def test_a_cell_runs_and_its_picture_is_live(server, notebook):
    server.notebook("first.ipynb", LOAD, KNOWN, "6 * 7")
    lab, _ = notebook()
    lab.open("first.ipynb").run()
    picture = lab.live()
    assert_sound(picture.probe())
    whole = picture.box("all")
    for name, share in SHARES.items():
        part = sum(box["samples"] for box in picture.boxes(name)) / whole["samples"]
        chance = 4.5 * math.sqrt(share * (1 - share) / whole["samples"])
        assert abs(part - share) < chance + 0.05
    # The cell is as any other: its result, and the count of the next.
    assert lab.cells()[1]["execution_count"] == 2
    texts = [output["data"]["text/plain"] for output in lab.cells()[1]["outputs"]]
    assert "'the result'" in texts
    assert picture.boxes("In [2]:2")
    assert not lab.page.locator(".perfnb-static").first.is_visible()


def test_two_pictures_load_bokehjs_once(notebook, server, ran):
    lab, _ = notebook()
    lab.open(ran)
    lab.live(2)
    scripts = lab.page.evaluate(
        "() => [...document.querySelectorAll('script[src*=\"perfnb/static\"]')].map(e => e.src)"
    )
    assert [Path(script.split("?")[0]).name for script in scripts] == [
        "bokeh.min.js",
        "perfnb.min.js",
    ]


def test_reopened_with_no_kernel_it_lives_on(notebook, server, ran, kernelless):
    lab, _ = notebook()
    lab.open(ran)
    lab.live(2)
    before = [Picture(lab.page, number).probe() for number in (0, 1)]
    lab.page.close()
    server.shut_down_kernels()
    lab, _ = notebook()
    lab.open(kernelless, kernel=False)
    lab.live(2)
    assert server.api("api/kernels") == []
    for number in (0, 1):
        assert Picture(lab.page, number).probe()["boxes"] == before[number]["boxes"]
    picture = Picture(lab.page)
    seen = picture.click("sixty")
    assert seen["focus"] == "sixty"
    assert_sound(seen)
    assert server.api("api/kernels") == []


def test_reading_a_picture_in_jupyterlab(notebook, kernelless):
    lab, _ = notebook()
    lab.open(kernelless, kernel=False)
    picture = lab.live(2)
    assert_sound(picture.probe())
    # Hover and zoom.
    tip = picture.hover("thirty")
    assert "helpers/workloads.py python · helpers.workloads on-CPU of all samples" in tip
    seen = picture.click("thirty")
    assert seen["focus"] == "thirty"
    assert picture.texts(".crumb")[-1] == "thirty"
    assert picture.press("Escape")["focus"] == "all"
    # Search, and turn round.
    assert picture.search("^(sixty|thirty|ten)$")["matched"] > 0.95
    picture.button("Leaves first")
    assert any(box["label"] == "burn" and box["depth"] == 1 for box in picture.probe()["boxes"])
    # Threads.
    threads = Picture(lab.page, 1)
    before = threads.box("all")["total"]
    threads.choose("Threads", "the left one")
    assert 0.3 * before < threads.box("all")["total"] < 0.7 * before
    assert threads.boxes("left") and not threads.boxes("right")


def test_the_theme_is_jupyterlabs(notebook, kernelless):
    lab, _ = notebook()
    lab.open(kernelless, kernel=False)
    picture = lab.live(2)
    assert picture.probe()["theme"] == "light"
    lab.command("apputils:change-theme", theme="JupyterLab Dark")
    picture.until("seen.theme === 'dark'")
    lab.command("apputils:change-theme", theme="JupyterLab Light")
    picture.until("seen.theme === 'light'")


def test_keys_in_the_picture_are_not_the_notebooks(notebook, kernelless):
    lab, _ = notebook()
    lab.open(kernelless, kernel=False)
    picture = lab.live(2)
    picture.click("all")
    before = lab.state()
    # In command mode these delete, insert, cut, change to Markdown, run.
    picture.press("d", "d", "a", "b", "x", "m", "0", "0", "ArrowDown", "ArrowDown", "Enter")
    picture.press("/")
    picture.search_box.press_sequentially("ddabxzmy read")
    picture.search_box.press("Shift+Enter")
    picture.search_box.press("Control+a")
    picture.search_box.press("Backspace")
    assert picture.search_box.input_value() == ""
    assert lab.state() == before
    # And those that are the notebook's are left to it.
    assert not lab.page.locator(".jp-mod-dirty").count()


def test_untrusted_the_static_picture_is_shown(notebook, server, ran):
    def change(book):
        book.cells[0].source += "\n# from somebody else"
        book.metadata.kernelspec = {"name": "elsewhere", "display_name": "Elsewhere"}

    name = copy(server, ran, "untrusted.ipynb", change)
    lab, seen = notebook()
    lab.open(name, kernel=False)
    pictures = lab.page.locator(".jp-OutputArea img")
    pictures.nth(1).wait_for()
    for picture in pictures.all():
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        assert picture.bounding_box()["width"] > 300
    assert "the notebook is trusted" in lab.page.locator(".jp-OutputArea").last.inner_text()
    assert lab.page.locator("[data-perfnb]").count() == 0
    assert lab.page.evaluate("() => [globalThis.Bokeh, globalThis.perfnbShow]") == [None, None]
    assert seen.asked("perfnb/static") == []


# Notebook 7 says this of itself, the second where JupyterLab has been used before.
OWN_COMPLAINTS = ("(reading 'schema')", "Command 'filebrowser:open-path' not registered")


def test_notebook_7_shows_what_was_saved(notebook, kernelless):
    lab, seen = notebook()
    seen.expect_complaints(*OWN_COMPLAINTS)
    lab.page.goto(lab.server.address(kernelless, "notebooks"))
    lab.choose_no_kernel()
    picture = lab.live(2)
    assert_sound(picture.probe())
    assert picture.click("sixty")["focus"] == "sixty"


def test_notebook_7_runs_cells_too(notebook, server):
    server.notebook("seven.ipynb", LOAD, KNOWN)
    lab, seen = notebook()
    seen.expect_complaints(*OWN_COMPLAINTS)
    page = lab.page
    page.goto(server.address("seven.ipynb", "notebooks"))
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    for number in (0, 1):
        page.locator(".jp-Cell .cm-content").nth(number).click()
        page.keyboard.press("Shift+Enter")
        page.locator(".jp-InputPrompt").nth(number).get_by_text(f"[{number + 1}]:").wait_for()
    assert_sound(lab.live().probe())


def test_a_cell_that_raises_shows_both(notebook, server):
    server.notebook("raises.ipynb", LOAD, "%%flame -r 200\nburn(0.3)\n1 / 0")
    lab, _ = notebook()
    lab.open("raises.ipynb").run()
    picture = lab.live()
    error = lab.page.locator("[data-mime-type='application/vnd.jupyter.stderr']")
    assert "ZeroDivisionError" in error.inner_text()
    above, below = error.bounding_box(), picture.host.bounding_box()
    assert above["y"] + above["height"] <= below["y"]
    assert picture.boxes("burn")


def test_after_another_bokehjs_it_still_lives(notebook, server):
    """What `output_notebook` brings knows nothing of perfnb."""
    first = "from bokeh.io import output_notebook\nfrom bokeh.resources import INLINE\n"
    server.notebook("bokeh.ipynb", f"{first}output_notebook(INLINE, hide_banner=True)", LOAD, KNOWN)
    lab, seen = notebook()
    lab.open("bokeh.ipynb").run()
    assert_sound(lab.live().probe())
    assert seen.asked("perfnb/static/bokeh.min.js") == []
    assert len(seen.asked("perfnb/static/perfnb.min.js")) >= 1


def test_a_kernel_with_the_newest_bokeh(notebook, server):
    server.kernelspec("newest", python_for("3.13"))
    server.notebook(
        "newest.ipynb", "import bokeh\nprint(bokeh.__version__)", LOAD, KNOWN, kernel="newest"
    )
    lab, _ = notebook()
    lab.open("newest.ipynb").run()
    picture = lab.live()
    assert_sound(picture.probe())
    assert picture.click("sixty")["focus"] == "sixty"
    versions = lab.cells()[0]["outputs"][0]["text"], lab.page.evaluate("() => Bokeh.version")
    assert "".join(versions[0]).startswith("3.10") and versions[1].startswith("3.9")


def test_scripts_in_the_output_need_no_server(notebook, server):
    server.notebook("inline.ipynb", LOAD, KNOWN, kernel="inline")
    lab, seen = notebook()
    lab.open("inline.ipynb").run()
    assert_sound(lab.live().probe())
    assert seen.asked("perfnb/static") == []


def test_a_server_without_perfnb_says_what_to_do(notebook, kernelless):
    lab, seen = notebook()
    seen.expect_complaints("404")
    lab.page.route("**/perfnb/static/**", lambda route: route.fulfill(status=404))
    lab.open(kernelless, kernel=False)
    lab.page.wait_for_function(
        "() => document.querySelectorAll('[data-perfnb=static]').length === 2"
    )
    assert lab.page.locator(".jp-OutputArea img").first.is_visible()
    why = lab.page.locator(".perfnb-why").first.inner_text()
    assert "this Jupyter does not serve perfnb" in why
    assert "PERFNB_SCRIPTS=inline" in why


def test_a_picture_far_below_is_live_when_it_is_reached(notebook, server, kernelless):
    """With full windowing, JupyterLab takes cells off the page that cannot be seen."""

    def change(book):
        book.cells[1:1] = [nbformat.v4.new_code_cell("x = 1\n" * 30) for _ in range(40)]

    name = copy(server, kernelless, "long.ipynb", change)
    server.trust(name)
    tracker = "lab/api/settings/@jupyterlab/notebook-extension:tracker"
    server.api(tracker, "PUT", {"raw": json.dumps({"windowingMode": "full"})})
    try:
        lab, _ = notebook()
        lab.open(name, kernel=False)
        lab.page.wait_for_selector(".jp-Cell .cm-editor")
        assert lab.page.locator(".jp-Cell .cm-editor").count() < 40
        for cell in (41, 0, 42):
            lab.page.evaluate(
                "cell => jupyterapp.shell.currentWidget.content.scrollToItem(cell, 'start')", cell
            )
            if cell:
                picture = Picture(lab.page, 0, f".jp-Cell[data-windowed-list-index='{cell}']")
                picture.host.wait_for()
                picture.until("seen.boxes.length > 3")
                assert_sound(picture.probe())
    finally:
        server.api(tracker, "PUT", {"raw": "{}"})
