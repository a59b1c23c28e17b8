"""Take the pages' pictures in a real JupyterLab, light and dark.

``python docs/make_images.py`` writes to ``docs/images``: the quickstart, another tool's file, each
view of the slow ledger, and what the slow loader waits for. With names, such as ``quickstart``,
``file``, ``views`` or ``waits``, only these.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from playwright.sync_api import BrowserContext, Locator, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

from hands import FLAGS, HOST, Picture  # noqa: E402
from helpers.jupyter import JupyterServer, jupyter_server  # noqa: E402
from lab import Notebook  # noqa: E402

IMAGES = ROOT / "docs" / "images"
# Room for the cell, its result and its picture at once; two pixels for one would be too heavy.
VIEW = {"viewport": {"width": 1280, "height": 1500}, "device_scale_factor": 1.5}
MARGIN = 6
# Cells run for half a minute, on a machine that does other things beside.
PATIENCE_MS = 180_000
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
# The cells of the slow ledger that show a view, by how they begin.
LEDGER = "slow_ledger.ipynb"
VIEWS = {
    "flame-table": "slow.flame(table=True",
    "sandwich": 'slow.flame(view="sandwich"',
    "timeline": "end = slow.metadata",
    "chart": 'slow.flame(view="chart"',
    "source": 'slow.flame(view="source"',
    "explorer": "perfnb.explore(slow",
}
# The cells of the slow loader that are shown whole, by how they begin.
WAITS = {"offcpu": "%%offcpu --as waiting", "wall": "%%flame --wall"}
EXPLORER = "perfnb.explore(slow, fixed, max_rows_height=300)"


def main() -> None:
    """Take what the command line names, or everything."""
    wanted = sys.argv[1:] or list(PICTURES)
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        jupyter_server(Path(home)) as server,
        sync_playwright() as playwright,
    ):
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(reduced_motion="reduce", **VIEW)
        context.set_default_timeout(PATIENCE_MS)
        for name in wanted:
            PICTURES[name](context, server)
        browser.close()


def quickstart(context: BrowserContext, server: JupyterServer) -> None:
    """Take a cell with its picture, and the picture alone, zoomed and searched."""
    lab = opened(context, server, "quickstart.ipynb")
    picture = lab.live(3)
    take(lab, ".jp-Cell", "flame-light.png")
    lab.command("apputils:change-theme", theme=THEMES["dark"])
    picture.until("seen.theme === 'dark'")
    picture.click("to_datetime")
    picture.search("strptime|guess")
    picture.page.evaluate("() => document.activeElement.blur()")
    take(lab, ".jp-OutputArea-output", "flame-dark.png", "_guess_datetime_format_for_array")
    leave(lab)


def file(context: BrowserContext, server: JupyterServer) -> None:
    """Take a trace of PyTorch."""
    lab = opened(context, server, open_file(server))
    lab.live()
    take(lab, ".jp-Cell", "file-light.png", "_engine_run_backward")
    leave(lab)


def views(context: BrowserContext, server: JupyterServer) -> None:
    """Take each view of the slow ledger, and the explorer, in both themes."""
    lab = opened(context, server, explored(server))
    lab.page.locator(".jp-CodeCell").last.locator(HOST).first.wait_for()
    for theme, command in THEMES.items():
        lab.command("apputils:change-theme", theme=command)
        for name, begin in VIEWS.items():
            shown = output_of(lab, begin)
            shown.scroll_into_view_if_needed()
            picture = Picture(lab.page)
            picture.host = shown.locator(HOST).first
            picture.until(f"seen.theme === '{theme}'")
            if name == "flame-table" and theme == "light":
                picture.host.get_by_role("button", name="Total").click()
                picture.host.get_by_role("row", name="plausible").click()
            shoot(lab, shown, f"{name}-{theme}.png")
    leave(lab)


def waits(context: BrowserContext, server: JupyterServer) -> None:
    """Take what the slow loader waits for, and its wall time when it is mended, in both themes."""
    lab = opened(context, server, "slow_loader.ipynb")
    lab.page.locator(".jp-CodeCell").filter(has_text=WAITS["wall"]).locator(HOST).first.wait_for()
    for theme, command in THEMES.items():
        lab.command("apputils:change-theme", theme=command)
        for name, begin in WAITS.items():
            cell = lab.page.locator(".jp-CodeCell").filter(has_text=begin).first
            cell.scroll_into_view_if_needed()
            picture = Picture(lab.page)
            picture.host = cell.locator(HOST).first
            picture.until(f"seen.theme === '{theme}'")
            shoot(lab, cell, f"{name}-{theme}.png")
    leave(lab)


PICTURES = {"quickstart": quickstart, "file": file, "views": views, "waits": waits}


def opened(context: BrowserContext, server: JupyterServer, name: str) -> Notebook:
    """Open an example, or what is in the server's folder already, and run it."""
    example = ROOT / "example_notebooks" / name
    if not (server.work / name).exists():
        shutil.copy(example, server.work)
    lab = Notebook(context.new_page(), server).open(name)
    lab.command("application:toggle-left-area")
    return lab.run()


def leave(lab: Notebook) -> None:
    """Close the page; the next notebook begins in light."""
    lab.command("apputils:change-theme", theme=THEMES["light"])
    lab.page.close()


def explored(server: JupyterServer) -> str:
    """Put the slow ledger where the server finds it, with the explorer at its end."""
    book = nbformat.read(ROOT / "example_notebooks" / LEDGER, as_version=4)
    book.cells.append(nbformat.v4.new_code_cell(f"import perfnb\n\n{EXPLORER}"))
    nbformat.write(book, server.work / LEDGER)
    return LEDGER


def output_of(lab: Notebook, begin: str) -> Locator:
    """Return the output that holds a picture, of the first cell in which `begin` stands."""
    cell = lab.page.locator(".jp-CodeCell").filter(has_text=begin).first
    return cell.locator(".jp-OutputArea-output").filter(has=lab.page.locator(HOST)).first


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
    shown = lab.page.locator(part).filter(has=lab.page.locator(HOST)).first
    shoot(lab, shown, name, pointed)


def shoot(lab: Notebook, shown: Locator, name: str, pointed: str = "") -> None:
    """Write a part of the page, the pointer on a box of its picture or out of the way."""
    page = lab.page
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
