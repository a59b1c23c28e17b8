"""The Python in the project's pages runs: one namespace for each page, from top to bottom."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"^```python[ \t]*\n(.*?)^```[ \t]*$", re.S | re.M)


def blocks(page):
    """Return (line, source) of every ```python block; ```python no-run is another fence."""
    text = page.read_text(encoding="utf-8")
    return [(text.count("\n", 0, match.start(1)), match[1]) for match in _BLOCK.finditer(text)]


def test_there_are_snippets():
    assert any(blocks(page) for page in PAGES)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page)], ids=lambda page: page.name
)
def test_snippets_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # What the pages write goes where `make demo` makes a folder for it.
    (tmp_path / "build").mkdir()
    namespace = {"__name__": "__main__"}
    for line, source in blocks(page):
        exec(compile("\n" * line + source, str(page), "exec"), namespace)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_other_python_block_says_that_it_is_not_run(page):
    fences = re.findall(r"^```(python.*)$", page.read_text(encoding="utf-8"), re.M)
    assert {fence.strip() for fence in fences} <= {"python", "python no-run"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_project_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target
