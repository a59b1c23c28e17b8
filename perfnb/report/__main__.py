"""``python -m perfnb.report NOTEBOOK.ipynb PAGE.html``: run a notebook and write it as a page."""

from __future__ import annotations

import sys
from pathlib import Path

from perfnb.report.notebook import execute, page


def main(argv: list[str]) -> int:
    """Run the notebook named first, and write the page named second."""
    if len(argv) != 2:
        print("usage: python -m perfnb.report NOTEBOOK.ipynb PAGE.html", file=sys.stderr)
        return 2
    source, target = map(Path, argv)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(execute(source), source.stem), encoding="utf-8")
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
