"""Large texts as `perf script` prints them, grown out of a small real capture.

New stacks are made by crossing real ones where both have the same line: every caller calls what
it really called. Leaves get random addresses inside their function, as samples have.
"""

from __future__ import annotations

import gzip
import random
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CAPTURE = ROOT / "tests/data/perf/gofmt.txt.gz"


def grow(path: Path, samples: int = 79_000) -> dict[str, int]:
    """Write `samples` samples of some 2.4 kB each to `path`; return what is in it."""
    chance = random.Random(1)
    text = gzip.decompress(CAPTURE.read_bytes()).decode()
    blocks = [block.split("\n") for block in text.split("\n\n") if "\n\t" in block]
    below: defaultdict[str, list[str]] = defaultdict(list)
    for block in blocks:
        lines = [line for line in block[1:] if line[:1] == "\t"][::-1]
        for caller, callee in zip(["", *lines], lines, strict=False):
            below[caller].append(callee)

    def walk(stack: list[str], depth: int) -> list[str]:
        """Go on from a stack (root first) until it is that deep or nothing more is called."""
        while len(stack) < depth and (next_lines := below.get(stack[-1] if stack else "")):
            stack.append(chance.choice(next_lines))
        return stack

    pool: list[list[str]] = []
    while len(pool) < samples // 8:
        found = walk([], chance.randint(27, 52))
        if len(found) >= 27:
            pool.append(found)
    distinct: set[int] = set()
    time = 1_000_000_000_000
    with path.open("w") as out:
        for _ in range(samples):
            stack = pool[min(int(chance.paretovariate(0.35)) - 1, len(pool) - 1)
                         if chance.random() < 0.3 else chance.randrange(len(pool))]  # fmt: skip
            keep = max(8, len(stack) - int(chance.expovariate(0.3)))
            stack = walk(stack[:keep], len(stack))
            address, space, rest = stack[-1].lstrip().partition(" ")
            if "+0x" in rest:
                name, _, module = rest.rpartition("+0x")
                offset = chance.randrange(24) * 4
                module = module.partition(" ")[2]
                rest = f"{name}+{offset:#x} {module}"
                address = f"{int(address, 16) & ~0x7F | offset:x}"
            leaf = f"\t{address:>16}{space}{rest}"
            body = "\n".join([leaf, *stack[-2::-1]])
            distinct.add(hash(body))
            time += chance.randrange(20_000, 200_000)
            thread = 28_467 + chance.randrange(9)
            seconds = f"{time // 10**9}.{time // 1000 % 10**6:06}"
            out.write(f"gofmt 28467/{thread} [{thread % 4:03}] {seconds}:    1001001 cpu-clock: \n")
            out.write(f"{body}\n\n")
    return {"samples": samples, "bytes": path.stat().st_size, "distinct stacks": len(distinct)}


if __name__ == "__main__":
    print(grow(ROOT / "build/perf-190MB.txt"))
