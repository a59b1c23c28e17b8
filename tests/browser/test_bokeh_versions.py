"""The newest Bokeh beside this one: its pages, and its documents in another BokehJS."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import bokeh
import pytest
from bokeh.embed import file_html
from bokeh.models import Column, Div, TabPanel, Tabs
from bokeh.resources import INLINE
from hands import LIVE, Picture
from helpers.kernels import TESTS, python_for
from packaging.version import Version
from profiles import JOB, assert_sound, expected, shown

from perfnb.views.output import inline_scripts, output_html

WRITE = """
import sys
from pathlib import Path
from profiles import JOB
from perfnb.views.output import inline_scripts, output_html
folder = Path(sys.argv[1])
JOB.flame().save(folder / "page.html")
(folder / "output.html").write_text(output_html(JOB.flame()))
(folder / "scripts.html").write_text(inline_scripts())
import bokeh
(folder / "version").write_text(bokeh.__version__)
"""


@pytest.fixture(scope="module")
def newest(tmp_path_factory) -> Path:
    """What the newest Bokeh makes of a profile, in the newest Python."""
    folder = tmp_path_factory.mktemp("newest")
    path = os.pathsep.join((str(TESTS), str(TESTS / "browser")))
    subprocess.run(
        [python_for("3.13"), "-c", WRITE, folder],
        env={**os.environ, "PYTHONPATH": path},
        check=True,
    )
    return folder


def works(page):
    """Whether the picture is Python's, and zooms."""
    page.wait_for_selector(LIVE)
    picture = Picture(page)
    seen = picture.probe()
    assert shown(seen, picture.canvas()["width"]) == expected(JOB)
    seen = picture.click("In [4]:7 load")
    assert seen["zoom"] == [0, 30e6]
    assert_sound(seen)
    picture.choose("Threads", "Threads apart")
    assert picture.boxes("loader")


def test_a_page_of_the_newest_bokeh(visiting, newest):
    version = (newest / "version").read_text()
    assert Version(version) >= Version("3.10")
    page, _ = visiting()
    page.goto((newest / "page.html").as_uri())
    works(page)
    assert page.evaluate("() => Bokeh.version") == version


def test_a_newer_document_in_this_bokehjs(show_html, newest):
    output = (newest / "output.html").read_text()
    page = show_html(f"<!DOCTYPE html><meta charset=utf-8>{inline_scripts()}<body>{output}")
    works(page)
    assert page.evaluate("() => Bokeh.version") == bokeh.__version__


def test_a_document_of_this_bokeh_in_a_newer_bokehjs(show_html, newest):
    scripts = (newest / "scripts.html").read_text()
    page = show_html(
        f"<!DOCTYPE html><meta charset=utf-8>{scripts}<body>{output_html(JOB.flame())}"
    )
    works(page)


def test_bokehs_own_page_and_layouts_take_the_picture(show_html):
    tabs = Tabs(
        tabs=[
            TabPanel(title="first", child=Div(text="not this one")),
            TabPanel(
                title="second",
                child=Column(JOB.flame().figure, Div(text="below"), sizing_mode="stretch_width"),
            ),
        ],
        sizing_mode="stretch_width",
    )
    page = show_html(file_html(tabs, INLINE, title="tabs"))
    page.get_by_text("second").click()
    picture = Picture(page)
    picture.until("seen.boxes.length > 0 && seen.boxes[0].width > 900")
    assert_sound(picture.probe())
    # As high as its content: nothing is cut off, nothing left blank.
    below = page.get_by_text("below").bounding_box()
    host = picture.host.bounding_box()
    footer = picture.host.locator(".footer").bounding_box()
    assert footer["y"] + footer["height"] <= host["y"] + host["height"] + 1
    assert host["y"] + host["height"] <= below["y"] + 1 <= host["y"] + host["height"] + 30
