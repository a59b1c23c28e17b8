"""How long one waits while exploring a profile, and what the page keeps of it.

Brushing the timeline, zooming in an explorer whose profile stays in the kernel, and memory over a
thousand interactions: real events in Chromium, and in JupyterLab.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

import explore_brush
import explore_memory
import explore_zoom
from browser import chromium
from measure import Goal, environment, headline, report

PARTS = ("brush", "zoom", "memory")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--samples", type=int, default=explore_brush.SAMPLES)
    parser.add_argument("--moves", type=int, default=80, help="of each gesture on the timeline")
    parser.add_argument("--zooms", type=int, default=60)
    parser.add_argument("--interactions", type=int, default=1000)
    parser.add_argument("--quick", action="store_true", help="short and few: does it run?")
    options = parser.parse_args()
    if options.quick:
        options.samples, options.moves, options.zooms, options.interactions = 5000, 5, 3, 200
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part called {', '.join(unknown)}")
    about = environment("bokeh", "ipywidgets", "anywidget", "jupyterlab")
    print(headline(about))
    data: dict[str, Any] = {"about": about, "options": vars(options)}
    goals: list[Goal] = []
    with tempfile.TemporaryDirectory(prefix="perfnb-bench-") as folder:
        for part in options.parts or PARTS:
            # A browser of its own each: none inherits the other's memory.
            with chromium() as browser:
                text, data[part], promised = measure(part, browser, Path(folder), options)
            goals += promised
            print(f"\n{text}", flush=True)
    data["about"]["load_after"] = os.getloadavg()[0]
    report("explore", "", data, goals)


def measure(
    part: str, browser: Any, folder: Path, options: argparse.Namespace
) -> tuple[str, Any, list[Goal]]:
    """Return what a part says: to people, to programs, about the goals."""
    if part == "brush":
        moves = explore_brush.measure(browser, folder, options.samples, options.moves)
        return explore_brush.text(moves), moves, explore_brush.goals(moves)
    if part == "zoom":
        zooms = explore_zoom.measure(browser, folder, options.zooms)
        return explore_zoom.text(zooms), zooms, explore_zoom.goals(zooms)
    kept = explore_memory.measure(browser, folder, options.interactions)
    return explore_memory.text(kept), kept, explore_memory.goals(kept)


if __name__ == "__main__":
    main()
