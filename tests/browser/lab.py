"""A notebook in a real JupyterLab or Notebook 7, and what a person does with it."""

from __future__ import annotations

from typing import Any

from hands import Picture
from helpers.jupyter import JupyterServer
from playwright.sync_api import Page

_KERNEL = (
    "() => globalThis.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel"
    "?.connectionStatus === 'connected'"
)
_READY = """async () => {
    const {sessionContext} = jupyterapp.shell.currentWidget;
    await sessionContext.ready;
    await sessionContext.session.kernel.info;
}"""


class Notebook:
    """An open notebook."""

    def __init__(self, page: Page, server: JupyterServer) -> None:
        self.page, self.server = page, server

    def open(self, name: str, app: str = "lab/tree", *, kernel: bool = True) -> Notebook:
        """Open a notebook, and with it a kernel; without, choose to have none."""
        self.page.goto(self.server.address(name, app))
        if kernel:
            self.page.wait_for_function(_KERNEL)
            self.page.evaluate(_READY)
        else:
            self.choose_no_kernel()
        return self

    def choose_no_kernel(self) -> None:
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("combobox").select_option(label="No Kernel")
        dialog.get_by_role("button", name="Select").click()

    def run(self) -> Notebook:
        """Run all cells to the end."""
        self.command("notebook:run-all-cells")
        return self

    def command(self, name: str, **arguments: Any) -> None:
        self.page.evaluate(
            "([name, given]) => jupyterapp.commands.execute(name, given)", [name, arguments]
        )

    def save(self) -> None:
        self.command("docmanager:save")

    def cells(self) -> list[dict[str, Any]]:
        """Return the cells as they would be saved."""
        cells: list[dict[str, Any]] = self.page.evaluate(
            "() => jupyterapp.shell.currentWidget.content.model.toJSON().cells"
        )
        return cells

    def sources(self) -> list[str]:
        return ["".join(cell["source"]) for cell in self.cells()]

    def state(self) -> list[Any]:
        """Return what a stray key would change: the mode, the active cell, the cells."""
        where: list[Any] = self.page.evaluate(
            "() => { const {content} = jupyterapp.shell.currentWidget;"
            " return [content.mode, content.activeCellIndex]; }"
        )
        return [*where, self.sources()]

    def live(self, count: int = 1) -> Picture:
        """Wait for so many live pictures, and return the first."""
        self.page.wait_for_function(
            "count => document.querySelectorAll('[data-perfnb=live]').length === count", arg=count
        )
        return Picture(self.page)
