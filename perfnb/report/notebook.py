"""A notebook with its live pictures as one HTML page that asks nothing of any server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfnb.views.output import inline_scripts
from perfnb.views.page import CONTENT_POLICY

if TYPE_CHECKING:
    from nbformat import NotebookNode


def execute(path: str | os.PathLike[str], *, timeout: int = 600) -> NotebookNode:
    """Run a notebook from top to bottom and return it with its outputs.

    Parameters
    ----------
    path : path
        The notebook; its folder is the working directory. The file is not changed.
    timeout : int
        Seconds a cell may take.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook: NotebookNode = nbformat.read(path, as_version=4)
    folder = str(Path(path).resolve().parent)
    client = NotebookClient(notebook, timeout=timeout, resources={"metadata": {"path": folder}})
    client.execute()
    return notebook


def page(notebook: NotebookNode, title: str) -> str:
    """Return a notebook as HTML, BokehJS and perfnb's extension inside it once."""
    from nbconvert import HTMLExporter

    exporter: Any = HTMLExporter()
    # nbconvert's pages fetch these from the network.
    exporter.require_js_url = exporter.mathjax_url = exporter.jquery_url = ""
    exporter.mermaid_js_url = exporter.html_manager_semver_range = ""
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = False
    body, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": title}})
    policy = f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">'
    head, tag, rest = body.partition("<head>")
    return f"{head}{tag}{policy}{inline_scripts()}{rest}"
