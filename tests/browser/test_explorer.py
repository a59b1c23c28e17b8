"""The explorer in a real JupyterLab: what stays in the kernel, and the way there and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hands import Picture, Visit, plain
from helpers.jupyter import JupyterServer, jupyter_server
from helpers.kernels import TESTS
from lab import Notebook
from profiles import JOB, assert_sound

SMALL = """
from perfnb.views.explore.app import explore
from profiles import JOB
explorer = explore(JOB)
explorer
"""
LARGE = """
from helpers.large import paths
from perfnb.views.explore.app import explore
explorer = explore(paths())
explorer
"""
LIVE = ".jp-OutputArea [data-perfnb=live]"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[JupyterServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{TESTS}:{TESTS / 'browser'}")
        with jupyter_server(tmp_path_factory.mktemp("jupyter")) as server:
            server.kernelspec("inline", PERFNB_SCRIPTS="inline")
            yield server
            server.shut_down_kernels()


@pytest.fixture
def notebook(server, visiting) -> Callable[..., tuple[Notebook, Visit]]:
    """Open a notebook of these cells."""

    def notebook(name: str, *cells: str, kernel: str = "python3") -> tuple[Notebook, Visit]:
        server.notebook(name, *cells, kernel=kernel)
        # Three floors of widgets, and the picture below them.
        page, seen = visiting(home=server.url, viewport={"width": 1200, "height": 1400})
        return Notebook(page, server).open(name), seen

    return notebook


def run(lab: Notebook, cell: int = 0) -> None:
    """Run a cell, and do not wait for its end."""
    lab.page.evaluate(
        "cell => { jupyterapp.shell.currentWidget.content.activeCellIndex = cell;"
        " void jupyterapp.commands.execute('notebook:run-cell'); }",
        cell,
    )


def live(lab: Notebook, number: int = 0) -> Picture:
    lab.page.wait_for_function(
        "([selector, number]) => document.querySelectorAll(selector).length > number",
        arg=[LIVE, number],
    )
    return Picture(lab.page, number, ".jp-OutputArea")


def printed(lab: Notebook, cell: int) -> str:
    """Run a cell, and return what it printed."""
    run(lab, cell)
    lab.page.wait_for_function(
        "cell => jupyterapp.shell.currentWidget.content.widgets[cell].model.sharedModel"
        ".execution_count != null",
        arg=cell,
    )
    outputs = lab.cells()[cell]["outputs"]
    return "".join("".join(output.get("text", "")) for output in outputs).strip()


def rest_of(seen: dict[str, Any]) -> dict[str, Any]:
    """Return the widest box that sums others."""
    return max(
        (box for box in seen["boxes"] if box["label"].startswith("… ")),
        key=lambda box: (box["width"], box["depth"]),
    )


def zoom(picture: Picture, box: dict[str, Any]) -> None:
    canvas = picture.canvas()
    left, right = max(0, box["x"]), min(canvas["width"], box["x"] + box["width"])
    picture.page.mouse.click(
        canvas["x"] + (left + right) / 2, canvas["y"] + box["y"] + box["height"] / 2
    )


def test_a_small_profile_is_explored_without_asking(notebook):
    lab, _ = notebook("small.ipynb", SMALL)
    run(lab)
    picture = live(lab)
    seen = picture.probe()
    assert_sound(seen)
    assert seen["extent"] == JOB.total
    assert not lab.page.locator("[data-perfnb-still]").is_visible()
    assert lab.page.get_by_label("Profile").input_value() == "In [5]"


def test_the_notebook_stays_small_and_says_what_was_there(server, notebook, visiting):
    lab, _ = notebook("saved.ipynb", LARGE)
    run(lab)
    live(lab)
    lab.save()
    lab.page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    assert (server.work / "saved.ipynb").stat().st_size < 100_000
    server.shut_down_kernels()
    page, seen = visiting(home=server.url)
    # This is what Jupyter itself says of a widget whose kernel is gone.
    seen.expect_complaints("widget model not found", "Could not instantiate widget", "not found")
    Notebook(page, server).open("saved.ipynb")
    still = page.locator("[data-perfnb-still]")
    still.locator("img").wait_for()
    assert "Run this cell again" in plain(still.inner_text())
    assert page.evaluate("() => document.querySelector('[data-perfnb-still] img').naturalWidth > 0")
    page.get_by_text("Error displaying widget").wait_for()


def test_zooming_into_what_was_summed_shows_it(notebook):
    lab, _ = notebook("large.ipynb", LARGE)
    run(lab)
    picture = live(lab)
    seen = picture.until("seen.nodes > 1")
    assert_sound(seen)
    assert seen["extent"] == 48_000 + 2 * 47_999
    rest = rest_of(seen)
    # Two thousand functions, and not one of them as wide as half a pixel.
    assert rest["total"] == 2 * 2_000
    for _ in range(2):
        zoom(picture, rest)
        seen = picture.until(
            "seen.nodes > value[0] && seen.focus.startsWith('… ') "
            "&& seen.boxes.some(box => box.parent === value[1] || box.depth > value[2])",
            [seen["nodes"], rest["node"], rest["depth"]],
        )
        assert_sound(seen)
        below = [box for box in seen["boxes"] if box["depth"] == rest["depth"] + 1]
        assert abs(sum(box["total"] for box in below) - rest["total"]) <= rest["total"] / 100
        rest = max(below, key=lambda box: (box["label"].startswith("… "), box["width"]))
    picture.press("Escape")
    assert picture.until("seen.focus === 'all'")["extent"] == 48_000 + 2 * 47_999


def test_filters_go_there_and_back(notebook):
    lab, _ = notebook(
        "filters.ipynb",
        LARGE,
        "pane = explorer.panes[0]\npane.filters = [{'kind': 'time', 'from': 0, 'to': 10**9},"
        " {'kind': 'focus', 'pattern': '^function_0002$', }]\nprint(pane.selection.total)",
        "print(pane.expression)",
    )
    run(lab)
    picture = live(lab)
    picture.until("seen.nodes > 1")
    total = int(printed(lab, 1))
    assert 0 < total < 48_000 + 2 * 1_000
    picture.until("seen.extent === value", total)
    picture.host.get_by_label("Remove filter", exact=False).first.click()
    picture.until("seen.extent !== value", total)
    assert printed(lab, 2) == 'profile.focus("^function_0002$")'
    lab.page.get_by_text("0.000 – 47.999 s").wait_for()


def test_an_answer_that_cannot_be_given_is_said_in_place(notebook):
    lab, _ = notebook(
        "errors.ipynb",
        LARGE,
        "explorer.panes[0].bridge.change(filters=[{'kind': 'focus', 'pattern': '('}])",
    )
    run(lab)
    picture = live(lab)
    before = picture.until("seen.nodes > 1")
    run(lab, 1)
    picture.host.get_by_role("alert").filter(has_text="(").wait_for()
    # What was shown stays.
    assert picture.probe()["nodes"] == before["nodes"]
    lab.page.get_by_placeholder("path of a profile file").fill("/nowhere/<b>file</b>")
    lab.page.get_by_placeholder("path of a profile file").press("Tab")
    lab.page.get_by_role("button", name="Open file").click()
    alert = lab.page.get_by_role("alert").filter(has_text="/nowhere/<b>file</b>")
    alert.wait_for()
    assert alert.locator("b").count() == 0


def test_it_answers_while_a_cell_is_running(notebook):
    waiting = (
        "import time\n"
        "while explorer.panes[0].bridge.model.inverted is False:\n    time.sleep(0.01)\n"
        "print('seen')"
    )
    lab, _ = notebook("busy.ipynb", LARGE, waiting)
    run(lab)
    picture = live(lab)
    seen = picture.until("seen.nodes > 1")
    run(lab, 1)
    lab.page.wait_for_function(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"
    )
    zoom(picture, rest_of(seen))
    picture.until("seen.nodes > value", seen["nodes"])
    assert lab.cells()[1]["execution_count"] is None
    picture.host.get_by_title("Leaves first").first.click()
    lab.page.get_by_text("seen", exact=True).wait_for()


def test_two_panes_have_linked_filters(notebook):
    chosen = (
        "explorer.panes[0].filters = [{'kind': 'focus', 'pattern': 'load'}]\n"
        "print([pane.expression for pane in explorer.panes])"
    )
    lab, _ = notebook("panes.ipynb", SMALL, chosen)
    run(lab)
    live(lab)
    lab.page.get_by_role("button", name="Add pane").click()
    right = live(lab, 1)
    lab.page.get_by_label("Link filters").check()
    right.until("seen.nodes > 1")
    lab.page.get_by_label("Profile").nth(1).wait_for()
    boxes = [lab.page.locator(".bk-perfnb-FlameGraph").nth(at).bounding_box() for at in (0, 1)]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    lab.page.get_by_role("button", name="stacked").click()
    lab.page.wait_for_function(
        "() => { const [a, b] = [...document.querySelectorAll('.bk-perfnb-FlameGraph')]"
        ".map(e => e.getBoundingClientRect()); return a.bottom <= b.top && a.left === b.left; }"
    )
    assert printed(lab, 1) == """['profile.focus("load")', 'profile.focus("load")']"""
    right.until("seen.extent < value", JOB.total)


def test_without_jupyters_files_the_scripts_come_from_the_kernel(notebook):
    lab, seen = notebook("inline.ipynb", SMALL, kernel="inline")
    run(lab)
    assert_sound(live(lab).probe())
    assert seen.asked("perfnb/static") == []
