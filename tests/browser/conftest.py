from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("hands", "profiles", "lab", "views")

from hands import FLAGS, LIVE, Picture, Visit, visit  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "no chromium on the PATH: `make test` installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visiting(browser) -> Iterator[Callable[..., tuple[Page, Visit]]]:
    """Open pages that are looked at when the test is over."""
    with ExitStack() as stack:
        yield lambda home="", **options: stack.enter_context(visit(browser, home, **options))


@pytest.fixture
def show(visiting, tmp_path) -> Callable[..., Picture]:
    """Save a profile's flame graph as a page of its own, and open it."""

    def show(profile: Any, *, context: dict[str, Any] | None = None, **options: Any) -> Picture:
        profile.flame(**options).save(tmp_path / "page.html")
        return open_page(visiting, tmp_path / "page.html", **(context or {}))

    return show


@pytest.fixture
def show_html(visiting, tmp_path) -> Callable[..., Page]:
    """Open a page of this text; nothing is waited for."""

    def show_html(text: str, **context: Any) -> Page:
        path: Path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        page, _ = visiting(**context)
        page.goto(path.as_uri())
        return page

    return show_html


def open_page(visiting: Any, path: Path, **context: Any) -> Picture:
    page, _ = visiting(**context)
    page.goto(path.as_uri())
    page.wait_for_selector(LIVE)
    return Picture(page)
