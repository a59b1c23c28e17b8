"""How long one waits for perfnb, and what it leaves in a notebook.

Imports, `%load_ext`, the size of an output, the way from the end of a cell to its picture in
JupyterLab, and frames while zooming; each beside a peer or a baseline in the same run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import frames
import lab
from browser import chromium
from kernels import CELL, kernel, stored_bytes
from measure import Goal, Series, environment, headline, progress, report, table

IMPORTS = {
    "bare Python": "pass",
    "import perfnb": "import perfnb",
    "import perfnb; perfnb.record": "import perfnb; perfnb.record",
    "import pyinstrument": "import pyinstrument",
}
PARTS = ("imports", "load", "size", "picture", "frames")
EXTENSIONS = ("perfnb", "pyinstrument")
# Run by a shell: prints the milliseconds.
LOAD = """
import time
began = time.perf_counter()
get_ipython().run_line_magic("load_ext", {extension!r})
print(1000 * (time.perf_counter() - began))
"""
SHELL = """
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.instance().run_cell({cell!r})
"""
Part = tuple[str, dict[str, Any], list[Goal]]
"""What a part of the measurement says: to people, to programs, about the goals."""


def seconds_of(code: str) -> tuple[float, str]:
    """Return how long a fresh process takes, and what it prints."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)
    return time.perf_counter() - began, done.stdout.decode()


def imports(rounds: int) -> Part:
    taken = {name: [] for name in IMPORTS}
    for number in range(rounds + 1):
        for name, code in IMPORTS.items():
            seconds, _ = seconds_of(code)
            # The first round reads the files from the disk.
            if number:
                taken[name].append(1000 * seconds)
    bare = taken["bare Python"]
    beyond = {
        name: Series.of(mine - base for mine, base in zip(times, bare, strict=True))
        for name, times in taken.items()
    }
    rows = [[name, Series.of(taken[name]).text(".0f"), beyond[name].text(".0f")] for name in taken]
    head = (f"ms of a fresh process ({rounds} of each)", "whole", "beyond bare Python")
    goal = Goal.of("`import perfnb` beyond bare Python", beyond["import perfnb"], 50, "ms")
    return table(head, rows), {name: s.as_dict() for name, s in beyond.items()}, [goal]


def load(rounds: int, home: Path) -> Part:
    """`%load_ext`, in a bare shell and in kernels."""
    places = ("shell", "kernel")
    taken: dict[tuple[str, str], list[float]] = {(e, p): [] for e in EXTENSIONS for p in places}
    for _ in range(rounds):
        for extension in EXTENSIONS:
            cell = LOAD.format(extension=extension)
            taken[extension, "shell"].append(float(seconds_of(SHELL.format(cell=cell))[1]))
            with kernel(home) as fresh:
                # perfnb greets before the time is printed.
                printed = next(said["text"] for said in fresh.run(cell) if "text" in said)
                taken[extension, "kernel"].append(float(printed))
        progress(f"%load_ext perfnb in a kernel: {taken['perfnb', 'kernel'][-1]:.0f} ms")
    series = {key: Series.of(times) for key, times in taken.items()}
    rows = [
        [f"%load_ext {extension}", *(series[extension, place].text(".0f") for place in places)]
        for extension in EXTENSIONS
    ]
    goals = [
        Goal.of(f"`%load_ext perfnb` in a fresh {place}", series["perfnb", place], 150, "ms")
        for place in places
    ]
    data = {f"{extension} in a {place}": s.as_dict() for (extension, place), s in series.items()}
    head = (f"ms ({rounds} rounds)", "in a fresh shell", "in a fresh kernel")
    return table(head, rows), data, goals


def output_size(home: Path, seconds: float) -> Part:
    """What a profiled cell adds to the notebook's file."""
    with kernel(home) as fresh:
        fresh.run("%load_ext perfnb")
        outputs = fresh.run("%%flame\n" + CELL.format(seconds=seconds))
        facts = fresh.run(
            "import perfnb; p = perfnb.last(); print(len(p), len(p.tables.stacks.parent), "
            "len(p.threads))"
        )
    samples, stacks, threads = map(int, facts[0]["text"].split())
    size = stored_bytes(outputs) / 1000
    text = (
        f"A cell of {seconds:g} s adds {size:.0f} kB to its notebook: {samples} samples at 100 Hz, "
        f"{stacks} stacks, {threads} threads"
    )
    data = {"kB": size, "seconds": seconds, "samples": samples, "stacks": stacks}
    return text, data, [Goal(f"notebook of a {seconds:g} s cell grows by", size, 300, "kB")]


def picture(home: Path, rounds: int, seconds: float) -> Part:
    with chromium() as browser:
        found = lab.measure(browser, home, rounds, seconds)
    return lab.text(found), found, lab.goals(found)


def smoothness(home: Path, sizes: list[int]) -> Part:
    with chromium() as browser:
        found = frames.measure(browser, home, sizes)
    return frames.text(found), {"gestures": found}, frames.goals(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all")
    parser.add_argument("--rounds", type=int, default=3, help="notebooks opened in JupyterLab")
    parser.add_argument("--processes", type=int, default=15, help="fresh processes of each kind")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the profiled cells")
    parser.add_argument("--boxes", type=int, nargs="+", default=[20_000, 100_000, 300_000])
    parser.add_argument("--quick", action="store_true", help="short and few: does it run?")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.processes, options.seconds = 1, 3, 2.0
        options.boxes = [20_000]
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part called {', '.join(unknown)}")
    about = environment("bokeh", "ipython", "ipykernel", "jupyterlab", "pyinstrument", "pandas")
    print(headline(about))
    data: dict[str, Any] = {"about": about, "options": vars(options)}
    goals: list[Goal] = []
    with tempfile.TemporaryDirectory(prefix="perfnb-bench-") as folder:
        home = Path(folder)
        measures = {
            "imports": lambda: imports(options.processes),
            "load": lambda: load(max(1, options.processes // 3), home),
            "size": lambda: output_size(home, options.seconds),
            "picture": lambda: picture(home, options.rounds, options.seconds),
            "frames": lambda: smoothness(home, options.boxes),
        }
        for part in options.parts or PARTS:
            text, data[part], promised = measures[part]()
            goals += promised
            print(f"\n{text}", flush=True)
    data["about"]["load_after"] = os.getloadavg()[0]
    report("latency", "", data, goals)


if __name__ == "__main__":
    main()
