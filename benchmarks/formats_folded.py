"""Reading 440 MB of folded stacks: time and memory of the whole process, and of inferno's."""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
from pathlib import Path

from measure import BUILD, Goal, Series, environment, headline, progress, report, table

STACKS = 200_000
FUNCTIONS = 20_000
SEED = 1
ROUNDS = 3
# Several of its kind are known; the first that is installed is taken.
PEERS = (["inferno-flamegraph", "--minwidth", "0.1"], ["flamegraph.pl", "--minwidth", "0.1"])

READ = """
import sys, perfnb
profile = perfnb.read(sys.argv[1])
print(len(profile), len(profile.tables.stacks))
"""


def make(path: Path, *, in_order: bool) -> None:
    """Write stacks of some 70 frames, of which each shares some 48 with another."""
    chance = random.Random(SEED)
    names = [
        f"{chance.choice(('app', 'numpy', 'net', 'db'))}.{chance.choice(('core', 'util', 'io'))}"
        f".Class{chance.randrange(500)}.method_{number:05}".encode()
        for number in range(FUNCTIONS)
    ]
    stack: list[bytes] = []
    lines = []
    for _ in range(STACKS):
        del stack[chance.randint(36, 60) :]
        stack += chance.choices(names, k=chance.randint(62, 84) - len(stack))
        lines.append(b"%b %d\n" % (b";".join(stack), chance.randint(1, 1000)))
    if in_order:
        lines.sort()
    else:
        chance.shuffle(lines)
    path.write_bytes(b"".join(lines))


def measure(argv: list[str]) -> tuple[float, float, float, str]:
    """Return seconds, CPU seconds and the most MiB that a command used, and what it said."""
    # A process between, whose only child it is: what was used before does not count.
    wrapped = (
        "import resource, subprocess, sys, time\n"
        "began = time.perf_counter()\n"
        "done = subprocess.run(sys.argv[1:], capture_output=True, check=True)\n"
        "wall = time.perf_counter() - began\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "cpu = used.ru_utime + used.ru_stime\n"
        "print(wall, cpu, used.ru_maxrss / 1024, done.stdout[:99].decode())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", wrapped, *argv], capture_output=True, check=True, text=True
    )
    wall, cpu, memory, said = done.stdout.split(maxsplit=3)
    return float(wall), float(cpu), float(memory), said.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    about = environment("numpy")
    BUILD.mkdir(exist_ok=True)
    files = {order: BUILD / f"stacks-{order}.folded" for order in ("sorted", "shuffled")}
    for order, path in files.items():
        if not path.exists():
            progress(f"writing {path.name}")
            make(path, in_order=order == "sorted")
    peer = next((argv for argv in PEERS if shutil.which(argv[0])), None)
    variants = {
        f"perfnb.read, {order}": [sys.executable, "-c", READ, str(path)]
        for order, path in files.items()
    }
    if peer:
        variants[f"{peer[0]}, sorted"] = [*peer, str(files["sorted"])]
    found: dict[str, list[tuple[float, float, float, str]]] = {name: [] for name in variants}
    for turn in range(rounds):
        for name, argv in variants.items():
            progress(f"{turn + 1} of {rounds}: {name}")
            found[name].append(measure(argv))
    wall, cpu, memory = (
        {name: Series.of(one[column] for one in told) for name, told in found.items()}
        for column in range(3)
    )
    size = files["sorted"].stat().st_size / 1e6
    said = next(iter(found.values()))[0][3].split()
    text = (
        f"{headline(about)}\n\n{size:.0f} MB, {int(said[0]):,} stacks, {int(said[1]):,} nodes\n\n"
        + table(
            ("", "s [quartiles]", "CPU s [quartiles]", "MiB"),
            [
                (
                    name,
                    wall[name].text(".2f"),
                    cpu[name].text(".2f"),
                    f"{memory[name].median:.0f}",
                )
                for name in variants
            ],
        )
    )
    if not peer:
        text += "\n\nNeither inferno-flamegraph nor flamegraph.pl is installed: no comparison"
    goals = [
        goal
        for order in files
        for goal in (
            Goal.of(f"time, {order}", wall[f"perfnb.read, {order}"], 3.0, "s"),
            Goal.of(f"memory, {order}", memory[f"perfnb.read, {order}"], 2048, "MiB"),
        )
    ]
    numbers = {
        name: {
            "wall_s": wall[name].as_dict(),
            "cpu_s": cpu[name].as_dict(),
            "memory_mib": memory[name].as_dict(),
        }
        for name in variants
    }
    report("formats_folded", text, {"environment": about, "measured": numbers}, goals)


if __name__ == "__main__":
    main()
