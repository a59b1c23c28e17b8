"""Opening a profile of a million call paths: from the profile to a painted picture."""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from browser import WATCH, chromium
from measure import BUILD, Goal, Series, environment, headline, progress, report, table

import perfnb
from perfnb.views.flame import FlameView

STACKS = 42_000
FUNCTIONS = 20_000
DEPTH = 48


def make(path: Path) -> None:
    """Write folded stacks: each shares about half of its frames with the one before."""
    chance = random.Random(3)
    names = [f"app.part{i % 97}.Class{i % 463}.method_{i:05}" for i in range(FUNCTIONS)]
    stack: list[str] = []
    with path.open("w", encoding="ascii") as out:
        for _ in range(STACKS):
            del stack[min(len(stack), chance.randint(2, DEPTH)) :]
            stack += chance.choices(names, k=DEPTH - len(stack))
            out.write(f"{';'.join(stack)} {int(chance.paretovariate(1.2))}\n")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    chosen = options.parse_args()
    BUILD.mkdir(exist_ok=True)
    file = BUILD / "million.folded"
    make(file)
    reading, output, painted = [], [], []
    size = 0
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        page_file = Path(folder, "picture.html")
        for number in range(chosen.rounds + 1):
            progress(f"round {number} of {chosen.rounds}")
            begin = time.perf_counter()
            profile = perfnb.read(file)
            read = time.perf_counter()
            bundle = FlameView(profile)._repr_mimebundle_()
            made = time.perf_counter()
            size = sum(len(text.encode()) for text in bundle.values())
            FlameView(profile).save(page_file)
            context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
            context.add_init_script(WATCH)
            page = context.new_page()
            page.goto(page_file.as_uri())
            page.wait_for_function("window.painted.length > 0", timeout=60_000)
            shown = page.evaluate("window.painted[0].since_start") / 1e3
            context.close()
            # The first round fills the caches, as an open notebook has them.
            if number:
                reading.append(read - begin)
                output.append(made - read)
                painted.append(shown)
    whole = Series.of(a + b for a, b in zip(output, painted, strict=True))
    nodes = len(profile.tables.stacks)
    rows = [
        ["reading the file", Series.of(reading).text()],
        ["the kernel's output", Series.of(output).text()],
        ["page opened to picture painted", Series.of(painted).text()],
        ["both", whole.text()],
    ]
    about = environment("bokeh", "numpy")
    report(
        "formats_opening",
        f"{headline(about)}\n{nodes:,} nodes, {file.stat().st_size / 1e6:.0f} MB folded; "
        f"output {size / 1e6:.2f} MB\n\n{table(['', 'seconds'], rows)}",
        {"about": about, "nodes": nodes, "bytes": size, "seconds": whole.as_dict()},
        [
            Goal.of("profile to picture", whole, 1.0, "s"),
            Goal("output", size / 1e6, 2.0, "MB"),
        ],
    )


if __name__ == "__main__":
    main()
