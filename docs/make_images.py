"""Take the README's pictures in a real JupyterLab, light and dark.

``python docs/make_images.py`` writes to ``docs/images``: the quickstart, and another tool's file.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

from hands import FLAGS, HOST, Picture  # noqa: E402
from helpers.jupyter import JupyterServer, jupyter_server  # noqa: E402
from lab import Notebook  # noqa: E402

IMAGES = ROOT / "docs" / "images"
EXAMPLE = "quickstart.ipynb"
# Room for the cell, its result and its picture at once; two pixels for one would be too heavy.
VIEW = {"viewport": {"width": 1280, "height": 1500}, "device_scale_factor": 1.5}
MARGIN = 6


def main() -> None:
    """Run the quickstart and take both pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, jupyter_server(Path(home)) as server:
        shutil.copy(ROOT / "example_notebooks" / EXAMPLE, server.work)
        with sync_playwright() as playwright:
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_context(reduced_motion="reduce", **VIEW).new_page()
            lab = Notebook(page, server).open(EXAMPLE)
            lab.command("application:toggle-left-area")
            lab.run()
            picture = lab.live(3)
            take(lab, ".jp-Cell", "flame-light.png")
            lab.command("apputils:change-theme", theme="JupyterLab Dark")
            picture.until("seen.theme === 'dark'")
            picture.click("to_datetime")
            picture.search("strptime|guess")
            picture.page.evaluate("() => document.activeElement.blur()")
            take(lab, ".jp-OutputArea-output", "flame-dark.png", "_guess_datetime_format_for_array")
            lab.command("apputils:change-theme", theme="JupyterLab Light")
            lab = Notebook(page.context.new_page(), server).open(open_file(server))
            lab.run()
            lab.live()
            take(lab, ".jp-Cell", "file-light.png", "_engine_run_backward")
            browser.close()


def open_file(server: JupyterServer) -> str:
    """Put a trace of PyTorch and a notebook that opens it where the server finds them."""
    shutil.copy(ROOT / "tests" / "data" / "chrometrace" / "torch.json.gz", server.work)
    cells = ["%load_ext perfnb", "%flame --file torch.json.gz --height 330"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, server.work / "file.ipynb")
    return "file.ipynb"


def take(lab: Notebook, part: str, name: str, pointed: str = "") -> None:
    """Write the first part of the page, of this kind, that holds a picture."""
    page = lab.page
    shown = page.locator(part).filter(has=page.locator(HOST)).first
    shown.evaluate("part => part.scrollIntoView({block: 'center'})")
    page.mouse.move(2, 2)
    if pointed:
        Picture(page).hover(pointed)
    settle(page)
    box, panel = (each.bounding_box() for each in (shown, page.locator(".jp-Notebook").first))
    assert box is not None
    assert panel is not None
    left, top = max(panel["x"], box["x"] - MARGIN), max(panel["y"], box["y"] - MARGIN)
    right = min(box["x"] + box["width"], panel["x"] + panel["width"])
    bottom = min(box["y"] + box["height"], panel["y"] + panel["height"])
    clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    page.screenshot(path=IMAGES / name, clip=clip)
    print(f"{name}: {(IMAGES / name).stat().st_size / 1e3:.0f} kB")


def settle(page: Page) -> None:
    """Wait until what was asked for has been painted."""
    page.evaluate("() => document.fonts.ready")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")


if __name__ == "__main__":
    main()
