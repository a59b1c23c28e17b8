"""Reading a pprof file of a million samples: time and memory of the whole process."""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measure import Goal, Series, environment, headline, progress, report, table
from numpy.typing import NDArray

from perfnb.formats.pprof.schema import message_type

SAMPLES = 1_000_000
REALISTIC = 100_000
"""Distinct stacks."""
LOCATIONS = 60_000
FUNCTIONS = 20_000
THREADS = 64
DEEP = 40

READ = """
import re, sys
from perfnb.formats.read import read_all
profiles = read_all(sys.argv[1])
assert {len(profile) for profile in profiles.values()} == {int(sys.argv[2])}
# Not what wait4 tells: that begins at the size of the parent.
with open("/proc/self/status") as status:
    print(int(re.search(r"VmHWM:\\s*(\\d+)", status.read())[1]) / 1024)
"""


def stacks(count: int, rng: np.random.Generator) -> list[bytes]:
    """Return distinct stacks of 20 to 40 locations, packed, leaf first.

    They grow as real ones do: most are another that ends a few calls earlier and goes on
    in another way.
    """
    walk = np.zeros((0, DEEP), dtype=np.int64)
    depth = np.zeros(0, dtype=np.int64)
    while len(walk) < count:
        if len(walk):
            new, size = walk.copy(), depth
            keep = np.maximum(size - rng.geometric(0.3, len(new)), 1)
        else:
            new, size = np.ones((1000, DEEP), dtype=np.int64), rng.integers(20, DEEP + 1, 1000)
            keep = np.ones(1000, dtype=np.int64)
        for level in range(1, DEEP):
            # A function calls a dozen others, and each is always called with the same address.
            callee = rng.integers(1, 13, len(new))
            grown = (new[:, level - 1] * 40_503 + callee * 7_919) % (LOCATIONS - 1) + 1
            new[:, level] = np.where(level < keep, new[:, level], grown)
        new[np.arange(DEEP) >= size[:, None]] = 0
        walk, first = np.unique(np.concatenate([walk, new]), axis=0, return_index=True)
        depth = np.concatenate([depth, size])[first]
    chosen = rng.permutation(len(walk))[:count]
    return [packed(row[:size][::-1]) for row, size in zip(walk[chosen], depth[chosen], strict=True)]


def packed(ids: NDArray[np.int64]) -> bytes:
    """Return numbers below 2**21 as packed varints."""
    data = np.stack([ids & 0x7F, ids >> 7 & 0x7F, ids >> 14], axis=1).astype(np.uint8)
    size = np.where(ids < 1 << 7, 1, np.where(ids < 1 << 14, 2, 3))
    data[:, 0] |= (size > 1).astype(np.uint8) << 7
    data[:, 1] |= (size > 2).astype(np.uint8) << 7
    return data[np.arange(3) < size[:, None]].tobytes()


def make(distinct: int) -> bytes:
    """Return a file of a million samples of so many distinct stacks."""
    rng = np.random.default_rng(1)
    profile = message_type("Profile")()
    strings = [
        "",
        "samples",
        "count",
        "cpu",
        "nanoseconds",
        "pid",
        "thread_id",
        "route",
        "/a",
        "/b",
    ]
    strings += [f"pkg{n % 97}.function{n}" for n in range(FUNCTIONS)]
    profile.string_table.extend(text.encode() for text in strings)
    typed = message_type("ValueType")
    for kind, unit in ((1, 2), (3, 4)):
        profile.sample_type.append(typed(type=kind, unit=unit).SerializeToString())
    for n in range(FUNCTIONS):
        one = message_type("Function")(id=n + 1, name=10 + n, filename=10 + n % 97)
        profile.function.append(one.SerializeToString())
    line = message_type("Line")
    for n in range(LOCATIONS):
        # A tenth of them with a call inlined.
        lines = [
            line(function_id=(n + k) % FUNCTIONS + 1, line=n % 500).SerializeToString()
            for k in range(2 if n % 10 == 0 else 1)
        ]
        one = message_type("Location")(id=n + 1, line=lines)
        profile.location.append(one.SerializeToString())
    label = message_type("Label")
    routes = [b"", label(key=7, str=8).SerializeToString(), label(key=7, str=9).SerializeToString()]
    sample = message_type("Sample")
    labels = []
    for thread in range(THREADS):
        who = [label(key=5, num=1), label(key=6, num=thread + 1)]
        each = [one.SerializeToString() for one in who]
        labels += [sample(label=[*each, *filter(None, [r])]).SerializeToString() for r in routes]
    known = stacks(distinct, rng)
    which = rng.permutation(SAMPLES) % distinct
    tagged = rng.integers(0, len(labels), SAMPLES)
    counts = rng.geometric(0.3, SAMPLES)
    for stack, tag, times in zip(which.tolist(), tagged.tolist(), counts.tolist(), strict=True):
        path_, value = known[stack], sample(value=[times, times * 10_000_000]).SerializeToString()
        profile.sample.append(b"\x0a" + bytes([len(path_)]) + path_ + value + labels[tag])
    data: bytes = profile.SerializeToString()
    return data


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    rounds = options.parse_args().rounds
    about = environment("numpy", "protobuf")
    rows, goals, found = [], [], {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "profile")
        for distinct in (REALISTIC, SAMPLES):
            progress(f"writing a file of {distinct:,} stacks")
            plain = make(distinct)
            for how, data in (("plain", plain), ("gzip", gzip.compress(plain, 1))):
                path.write_bytes(data)
                # The first one fills the caches.
                each = [measured(path) for _ in range(rounds + 1)][1:]
                wall, cpu, peak = map(Series.of, zip(*each, strict=True))
                what = f"{distinct:,} stacks, {how}, {len(data) / 1e6:.0f} MB"
                rows.append([what, wall.text(".2f"), cpu.text(".2f"), f"{peak.median:.0f}"])
                series = {"wall": wall, "cpu": cpu, "peak": peak}
                found[what] = {name: one.as_dict() for name, one in series.items()}
                if distinct == REALISTIC:
                    goals.append(Goal.of(f"a million samples, {what}: wall time", wall, 1.0, "s"))
    head = [f"{SAMPLES:,} samples", "wall s", "CPU s", "peak MiB"]
    report(
        "formats_pprof",
        f"{headline(about)}\n\n{table(head, rows)}",
        {"about": about, "measured": found},
        goals,
    )


def measured(path: Path) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds and peak memory in MiB of a process that reads `path`."""
    argv = [sys.executable, "-c", READ, str(path), str(SAMPLES)]
    begin = time.perf_counter()
    child = subprocess.Popen(argv, stdout=subprocess.PIPE)
    with child.stdout as told:
        peak = float(told.read() or 0)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"reading ended with {child.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, peak


if __name__ == "__main__":
    main()
