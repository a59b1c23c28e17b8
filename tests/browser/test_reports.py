"""Notebooks as pages of their own: small ones, and every example."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from hands import HOST, LIVE, Picture
from helpers.kernels import ROOT, TESTS
from profiles import assert_sound

from perfnb.report.__main__ import main
from perfnb.report.notebook import execute, page
from perfnb.views import assets

EXAMPLES = sorted((ROOT / "example_notebooks").glob("*.ipynb"))


def write_notebook(folder: Path, *cells: str) -> Path:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    path = folder / "small.ipynb"
    nbformat.write(book, path)
    return path


def look(shown, count):
    """Whether so many pictures live on an open page."""
    shown.wait_for_function(
        "count => document.querySelectorAll('[data-perfnb=live]').length === count", arg=count
    )
    for number in range(count):
        seen = Picture(shown, number).probe()
        source = seen["views"]["source"]
        if source is not None:
            assert any(row["total"] and row["text"] for row in source["rows"])
            continue
        assert len(seen["boxes"]) >= 3
        assert_sound(seen)


def test_a_notebook_becomes_a_page_that_asks_for_nothing(show_html, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    path = write_notebook(
        tmp_path,
        "%load_ext perfnb\nfrom helpers.workloads import *",
        "%%flame -r 200\nshares(0.3)",
        "%%flame -r 200 --inverted\nhashing(0.2)",
        r"from IPython.display import Latex; Latex('$\\frac{1}{2}$')",
        "from IPython.display import HTML; HTML('</script><b>bold</b>')",
    )
    before = path.read_bytes()
    text = page(execute(path), "a <title>")
    assert path.read_bytes() == before
    # BokehJS is in it once, though there are two pictures.
    assert text.count(assets.bokehjs().text()[2000:2200]) == 1
    assert text.count(assets.extension().text()[2000:2200]) == 1
    shown = show_html(text)
    look(shown, 2)
    picture = Picture(shown)
    assert picture.click("sixty")["focus"] == "sixty"
    assert picture.press("Escape")["focus"] == "all"
    assert shown.locator("b", has_text="bold").is_visible()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_runs_and_its_pictures_live(visiting, tmp_path, example, capsys):
    target = tmp_path / "pages" / f"{example.stem}.html"
    assert main([str(example), str(target)]) == 0
    assert str(target) in capsys.readouterr().out
    shown, _ = visiting()
    shown.goto(target.as_uri())
    shown.wait_for_selector(LIVE)
    flames = shown.locator(".perfnb-output").count()
    assert flames >= 1
    look(shown, flames)
    assert shown.locator(HOST).count() == flames
