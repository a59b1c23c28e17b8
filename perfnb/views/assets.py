"""The scripts a live picture needs: BokehJS, perfnb's extension, and the loader."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

_DIST = Path(__file__).parent.parent / "dist"
STATIC = "perfnb/static"
"""Below the URL of JupyterLab's extensions; the wheel puts the files there."""


@dataclass(frozen=True, slots=True)
class Script:
    """One script: its file name where it is served, and its text."""

    name: str
    path: Path

    def text(self) -> str:
        """Return the source."""
        return self.path.read_text(encoding="utf-8")

    def digest(self) -> str:
        """Return a short hash of the source, to tell a browser's cache about changes."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=1)
def bokehjs() -> Script:
    """Return the BokehJS that belongs to the Bokeh of this interpreter."""
    # Found without importing Bokeh: that takes a third of a second.
    spec = find_spec("bokeh")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "server" / "static" / "js"
    return Script("bokeh.min.js", folder / "bokeh.min.js")


def extension() -> Script:
    """Return perfnb's extension."""
    return Script("perfnb.min.js", _DIST / "perfnb.min.js")


@lru_cache(maxsize=1)
def loader() -> str:
    """Return the source of the function that turns an output into a live picture."""
    return (_DIST / "loader.min.js").read_text(encoding="utf-8").strip()


class _FrontEnd:
    serves_static = True


def front_end_serves_static(yes: bool) -> None:
    """Say whether the front end is one with a Jupyter server's extension folders."""
    _FrontEnd.serves_static = yes


def inlined() -> bool:
    """Return whether outputs have to carry the scripts themselves.

    VS Code and Colab show notebooks without a Jupyter server's extension folders;
    ``PERFNB_SCRIPTS=inline`` says so for any other front end.
    """
    return (
        not _FrontEnd.serves_static
        or "google.colab" in sys.modules
        or os.environ.get("PERFNB_SCRIPTS") == "inline"
    )
