"""Reading large files, and opening what they hold: every formats_*.py, one after the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PARTS = ("perf", "folded", "pprof", "opening")


def main() -> None:
    chosen = sys.argv[1:] or PARTS
    if unknown := set(chosen) - set(PARTS):
        sys.exit(f"no {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}")
    for part in chosen:
        print(f"\n── {part} ──", flush=True)
        subprocess.run([sys.executable, HERE / f"formats_{part}.py"], check=True)


if __name__ == "__main__":
    main()
