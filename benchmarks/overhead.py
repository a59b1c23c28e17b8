"""How much slower work becomes under perfnb and under its peers, side by side in one run.

Every measurement is a fresh process with eight idle threads that does a fixed amount of work.
In each round all variants run in random order; the slow-down is the time divided by that of
the unprofiled run of the same round. Given are the median over the rounds and the quartiles;
"again" is the unprofiled run a second time, so its spread is the noise of this machine.

samples/s: what the profiler says it got, or what is in its profile. paused: share of the time for
which perfnb says that the program stood still. CPU beside: what the profiler used of other cores.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import Goal, Series, environment, headline, progress, report, table
from workloads import WORK

HERE = Path(__file__).parent
# One thread of computing, and the same layout of dictionaries each time.
ENV = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
Result = dict[str, Any]


@dataclass(frozen=True)
class Variant:
    name: str
    rate: float = 0.0
    peer: bool = False

    @property
    def rate_text(self) -> str:
        return f"{self.rate:g} Hz" if self.rate else "—"


def variants(rates: list[float]) -> list[Variant]:
    sampled = [Variant(name, rate) for name in ("perfnb", "in-process", "py-spy") for rate in rates]
    peers = [Variant("pyinstrument", rate, peer=True) for rate in rates]
    fixed = [Variant("scalene", 100, peer=True), Variant("cprofile", peer=True)]
    return [Variant("nothing"), Variant("again"), *sampled, *peers, *fixed]


def run(work: str, size: int, variant: Variant) -> Result:
    """Do the work once, in a process of its own."""
    task = {"work": work, "size": size, "variant": variant.name, "rate": variant.rate}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profile.json"  # Scalene insists on the suffix
        scalene = ["-m", "scalene", "run", "--cpu-only", "--outfile", str(file)]
        argv = [sys.executable, *(scalene if variant.name == "scalene" else [])]
        with subprocess.Popen(
            [*argv, str(HERE / "worker.py"), json.dumps(task)],
            env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, text=True,
        ) as worker:  # fmt: skip
            assert worker.stdin is not None and worker.stdout is not None
            expect(worker.stdout.readline().strip() == "ready", f"{task}: did not start")
            spy: Any = contextlib.nullcontext({})
            if variant.name == "py-spy":
                spy = py_spy(worker.pid, variant.rate, file)
            with spy as seen:
                worker.stdin.write("\n")
                worker.stdin.flush()
                line = worker.stdout.readline()
            expect(line.startswith("{"), f"{task}: no result, but {line!r}")
            worker.communicate()
        expect(worker.returncode == 0, f"{task}: exit status {worker.returncode}")
        result = {**json.loads(line), **seen}
        if variant.name == "py-spy":
            counts = [int(row.rpartition(" ")[2]) for row in file.read_text().splitlines()]
            result["hz"] = sum(counts) / result["wall_s"]
        if variant.name == "scalene":
            profile = json.loads(file.read_text())
            seen_at = profile["combined_stacks_timeline"]
            result["hz"] = sum(at["count"] for at in seen_at) / profile["elapsed_time_sec"]
    return result


@contextlib.contextmanager
def py_spy(pid: int, rate: float, file: Path) -> Iterator[Result]:
    """Sample a process with py-spy and nothing else."""
    tool = Path(sys.executable).with_name("py-spy")
    argv = [tool, "record", "--pid", str(pid), "--rate", f"{rate:g}", "-f", "raw", "-o", file]
    seen: Result = {}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as spy:
        assert spy.stdout is not None
        output = b""
        while b"Sampling process" not in output:
            chunk = os.read(spy.stdout.fileno(), 4096)
            expect(bool(chunk), "py-spy did not attach")
            output += chunk
        yield seen
        spy.send_signal(signal.SIGINT)
        _, status, usage = os.wait4(spy.pid, 0)
        spy.returncode = os.waitstatus_to_exitcode(status)
    expect(spy.returncode == 0, f"py-spy: exit status {spy.returncode}")
    seen["beside_s"] = usage.ru_utime + usage.ru_stime


def expect(fact: Any, otherwise: str) -> None:
    if not fact:
        raise SystemExit(otherwise)


def calibrate(work: str, seconds: float) -> int:
    """Return the amount of work that takes about `seconds` unprofiled."""
    size = 500
    while True:
        # Other programs on the machine lengthen the wall time, but hardly this.
        spent = run(work, size, Variant("nothing"))["cpu_s"]
        if spent > 0.4:
            return round(size * seconds / spent)
        size = int(size * min(20.0, 0.6 / spent)) + 1


def measure(
    works: list[str], all_variants: list[Variant], rounds: int, peer_rounds: int, seconds: float
) -> dict[str, dict[Variant, list[Result]]]:
    sizes = {work: calibrate(work, seconds) for work in works}
    results: dict[str, dict[Variant, list[Result]]] = {
        work: {variant: [] for variant in all_variants} for work in works
    }
    chance = random.Random(1)
    for number in range(rounds):
        tasks = [
            (work, variant)
            for work in works
            for variant in all_variants
            if not variant.peer or number < peer_rounds
        ]
        # By kind of work, so that a variant and what it is compared with are minutes apart at most.
        chance.shuffle(tasks)
        tasks.sort(key=lambda task: task[0])
        for i, (work, variant) in enumerate(tasks, 1):
            result = run(work, sizes[work], variant)
            results[work][variant].append(result)
            progress(
                f"round {number + 1}/{rounds} {i}/{len(tasks)}: {work}, {variant.name} "
                f"{variant.rate_text}: {result['wall_s']:.2f} s"
            )
    return results


def slowdown(results: dict[Variant, list[Result]], variant: Variant) -> Series:
    pairs = zip(results[variant], results[Variant("nothing")], strict=False)
    return Series.of(mine["wall_s"] / base["wall_s"] for mine, base in pairs)


def row(results: dict[Variant, list[Result]], variant: Variant) -> list[str]:
    mine = results[variant]
    hz = [r["hz"] for r in mine if r.get("hz")]
    beside = [r["beside_s"] / r["wall_s"] for r in mine if r.get("beside_s")]
    paused = [r["paused_s"] / r["wall_s"] for r in mine if r.get("paused_s")]
    return [
        variant.name,
        variant.rate_text,
        slowdown(results, variant).text(),
        f"{Series.of(hz).median:.0f}" if hz else "—",
        f"{Series.of(paused).median:.1%}" if paused else "—",
        f"{Series.of(beside).median:.1%}" if beside else "—",
        str(len(mine)),
    ]


def goals(results: dict[str, dict[Variant, list[Result]]], rates: list[float]) -> list[Goal]:
    found = []
    for work, of_work in results.items():
        if not {"perfnb", "py-spy"} <= {variant.name for variant in of_work}:
            continue
        again = slowdown(of_work, Variant("again"))
        noise = max(again.spread, abs(again.median - 1))
        for rate in rates:
            mine = slowdown(of_work, Variant("perfnb", rate))
            alone = slowdown(of_work, Variant("py-spy", rate))
            if rate == 100:
                what = f"{work}: slow-down under perfnb at 100 Hz"
                found.append(Goal.of(what, mine, 1.01, noise=noise))
            above = Series.of(a - b for a, b in zip(mine.values, alone.values, strict=True))
            what = f"{work}: perfnb's slow-down above py-spy's at {rate:g} Hz"
            found.append(Goal.of(what, above, 0.01, noise=noise))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer-rounds", type=int, default=3, help="rounds with the slow peers")
    parser.add_argument("--seconds", type=float, default=2.5, help="length of the work")
    parser.add_argument("--rates", type=float, nargs="+", default=[100.0, 1000.0])
    parser.add_argument("--work", nargs="+", choices=WORK, default=list(WORK))
    parser.add_argument("--only", nargs="+", metavar="VARIANT", help="by name, e.g. perfnb py-spy")
    parser.add_argument("--quick", action="store_true", help="two short rounds: does it run?")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.peer_rounds, options.seconds = 2, 1, 0.8
    about = environment("py-spy", "pyinstrument", "scalene", "numpy")
    of_all = variants(options.rates)
    if options.only:
        wanted = {"nothing", "again", *options.only}
        of_all = [variant for variant in of_all if variant.name in wanted]
    results = measure(options.work, of_all, options.rounds, options.peer_rounds, options.seconds)
    about["load_after"] = os.getloadavg()[0]
    parts = [headline(about)]
    head = ["", "rate", "slow-down [quartiles]", "samples/s", "paused", "CPU beside", "rounds"]
    for work, of_work in results.items():
        base = Series.of(r["wall_s"] for r in of_work[Variant("nothing")])
        purpose = (WORK[work].__doc__ or "").strip()
        parts.append(f"\n{work}: {purpose} Unprofiled {base.text('.2f')} s")
        parts.append(table(head, (row(of_work, v) for v in of_all if v.name != "nothing")))
    data = {
        "about": about,
        "options": vars(options),
        "results": [
            {
                "work": work,
                "variant": variant.name,
                "rate": variant.rate,
                "slowdown": slowdown(of_work, variant).as_dict(),
                "runs": runs,
            }
            for work, of_work in results.items()
            for variant, runs in of_work.items()
        ],
    }
    report("overhead", "\n".join(parts), data, goals(results, options.rates))


if __name__ == "__main__":
    main()
