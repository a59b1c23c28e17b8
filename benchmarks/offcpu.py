"""How exact waits are, and what recording them costs.

Exactness: programs that note their own waits (tests/helpers/waiting.py) record themselves at each
level, on a machine at rest and on one with two programs too many. Given is by how much the time
of each function differs from its own notes.

Cost: a process that does nothing but wait for another one, some 100,000 context switches a second
in all, with and without recording, in turns; beside perf's own recording of the same switches.
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
from pathlib import Path
from typing import Any

from measure import ROOT, Goal, Series, environment, headline, progress, report, table

WAITING = ROOT / "tests" / "helpers" / "waiting.py"
WORKER = Path(__file__).with_name("offcpu_worker.py")
LEVELS = ("bpftrace", "perf", "proc")
PROGRAMS = (
    "sleeps", "sleeps beside spinning", "spinning", "lock", "pipes", "sockets", "polls",
    "children", "pool", "GIL", "disk", "tasks",
)  # fmt: skip
VARIANTS = ("nothing", "again", "py-spy", "perf sched_switch", "perf", "bpftrace", "proc")
# At the exact levels, and where states are sampled.
MAY_DIFFER = {"bpftrace": 0.02, "perf": 0.02, "proc": 0.10}
Result = dict[str, Any]


@contextlib.contextmanager
def spinners(count: int) -> Iterator[None]:
    """Keep so many processes busy meanwhile."""
    code = "while True: pass"
    running = [subprocess.Popen([sys.executable, "-S", "-c", code]) for _ in range(count)]
    try:
        yield
    finally:
        for one in running:
            one.kill()
            one.wait()


def waited(program: str, level: str, seconds: float) -> Result:
    kind = "offcpu" if program == "tasks" else "wall"
    argv = [sys.executable, str(WAITING), program, f"{seconds:g}", "--backend", level]
    done = subprocess.run([*argv, "--kind", kind], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def errors(seen: Result, program: str) -> dict[str, tuple[float, float]]:
    """Return by how much each function's time is off: of itself, and of the recording."""
    states = ("all",) if program == "tasks" else ("blocked", "queued", "held")
    found = {}
    for function, truth in seen["truth"].items():
        measured = sum(seen[state].get(function, 0) for state in states)
        found[function] = (measured / truth - 1, (measured - truth) / seen["wall_ns"])
    return found


def sums(seen: Result) -> float:
    """Return by how much the parts of a thread's time at most miss its wall time."""
    parts = ("cpu_ns", "runqueue_ns", "blocked_ns", "stopped_ns")
    return max(
        abs(sum(row[part] for part in parts) / seen["wall_ns"] - 1) for row in seen["threads"]
    )


def exactness(options: argparse.Namespace) -> tuple[list[str], list[Result], list[Goal]]:
    rows, results, goals = [], [], []
    for busy in options.busy:
        for program in options.programs:
            for level in options.levels:
                with spinners(busy):
                    runs = [waited(program, level, options.seconds) for _ in range(options.repeats)]
                for function in runs[0]["truth"]:
                    off = [errors(seen, program)[function] for seen in runs]
                    of_itself, of_all = (
                        Series.of(abs(x) for x in one) for one in zip(*off, strict=True)
                    )
                    share = Series.of(seen["truth"][function] / seen["wall_ns"] for seen in runs)
                    rows.append(
                        [program, function, level, str(busy), f"{share.median:.1%}",
                         " ".join(f"{one:+.1%}" for one, _ in off),
                         " ".join(f"{one:+.2%}" for _, one in off)]
                    )  # fmt: skip
                    results.append(
                        {"program": program, "function": function, "level": level, "busy": busy,
                         "of_itself": of_itself.as_dict(), "of_all": of_all.as_dict(),
                         "share": share.median, "paused": [r["paused_s"] for r in runs]}
                    )  # fmt: skip
                    # What is hardly there is known as well as the shares of samples are.
                    if share.median > 0.05 and function not in ("spin_1ms", "some_loops"):
                        what = f"{program}, {function}, {level}, {busy} busy"
                        goals.append(Goal.of(what, of_itself, MAY_DIFFER[level]))
                spun = [seen["blocked"].get("spin_1ms", 0) / seen["wall_ns"] for seen in runs]
                if program == "spinning" and level != "proc":
                    what = f"spinning, {level}, {busy} busy: share told as blocked"
                    goals.append(Goal.of(what, Series.of(spun), 0.005))
                if program != "tasks":
                    what = f"{program}, {level}, {busy} busy: a thread's sum against wall time"
                    goals.append(Goal.of(what, Series.of(map(sums, runs)), 0.01))
                progress(f"{program}, {level}, {busy} busy: {rows[-1][5]}")
    head = ["program", "function", "level", "busy", "of wall", "off, of itself", "off, of wall"]
    return [table(head, rows)], results, goals


def once(variant: str, roundtrips: int) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        argv = [sys.executable, str(WORKER), variant, str(roundtrips)]
        with subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as worker:
            assert worker.stdin is not None and worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
            with outside(variant, worker.pid, Path(folder)):
                worker.stdin.write("\n")
                worker.stdin.flush()
                line = worker.stdout.readline()
            worker.communicate()
    return json.loads(line)


@contextlib.contextmanager
def outside(variant: str, pid: int, folder: Path) -> Iterator[None]:
    """Have another tool record the process."""
    if variant == "perf sched_switch":
        argv = ["perf", "record", "-q", "-e", "sched:sched_switch", "-k", "CLOCK_MONOTONIC",
                "-m", "2048", "-p", str(pid), "-o", str(folder / "perf.data")]  # fmt: skip
    elif variant == "py-spy":
        tool = Path(sys.executable).with_name("py-spy")
        argv = [str(tool), "record", "--pid", str(pid), "--rate", "100", "--idle", "-f", "raw",
                "-o", str(folder / "stacks")]  # fmt: skip
    else:
        yield
        return
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as tool_:
        attached = Path(f"/proc/{tool_.pid}/status")
        # Both say nothing when they begin that could be waited for in the same way.
        while "SigCgt:\t0000000000000000" in attached.read_text():
            pass
        subprocess.run(["sleep", "0.5"], check=True)
        yield
        tool_.send_signal(signal.SIGINT)


def cost(options: argparse.Namespace) -> tuple[list[str], Result, list[Goal]]:
    size = 1000
    while (wall := once("nothing", size)["wall_s"]) < 0.4:
        size = int(size * min(20.0, 0.6 / wall)) + 1
    size = round(size * options.cost_seconds / wall)
    runs: dict[str, list[Result]] = {variant: [] for variant in VARIANTS}
    chance = random.Random(1)
    for number in range(options.rounds):
        for variant in chance.sample(VARIANTS, len(VARIANTS)):
            runs[variant].append(once(variant, size))
            progress(f"round {number + 1}: {variant}: {runs[variant][-1]['wall_s']:.2f} s")
    base = [run["wall_s"] for run in runs["nothing"]]
    slow = {
        variant: Series.of(run["wall_s"] / one for run, one in zip(mine, base, strict=True))
        for variant, mine in runs.items()
    }
    rate = Series.of(run["switches"] / run["wall_s"] for run in runs["nothing"])
    rows = []
    for variant in VARIANTS[1:]:
        mine = runs[variant]
        lost = sum(run.get("lost", 0) for run in mine)
        beside = [run["beside_s"] / run["wall_s"] for run in mine if run.get("beside_s")]
        rows.append(
            [variant, slow[variant].text(), f"{lost:,}" if "lost" in mine[0] else "—",
             f"{Series.of(beside).median:.0%}" if beside else "—"]
        )  # fmt: skip
    text = [
        f"\nA process with {rate.median:,.0f} context switches a second, and as many in its peer:",
        table(["", "slow-down [quartiles]", "lost", "CPU beside"], rows),
    ]
    peer = slow["perf sched_switch"].median
    goals = [
        Goal.of("slow-down under perfnb (perf), against perf's sched_switch", slow["perf"], peer)
    ]
    return text, {name: one.as_dict() for name, one in slow.items()}, goals


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10, help="length of a recording")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 2], help="programs too many")
    parser.add_argument("--levels", nargs="+", choices=LEVELS, default=list(LEVELS))
    parser.add_argument("--programs", nargs="+", choices=PROGRAMS, default=list(PROGRAMS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cost-seconds", type=float, default=3)
    parser.add_argument("--only", choices=("exactness", "cost"))
    parser.add_argument("--quick", action="store_true", help="short runs: does it work?")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.repeats, options.rounds = 2, 1, 2
        options.busy, options.cost_seconds = [0], 1
    about = environment("py-spy")
    parts, data, goals = [headline(about)], {"about": about}, []
    if options.only != "cost":
        text, data["exactness"], found = exactness(options)
        parts += text
        goals += found
    if options.only != "exactness":
        text, data["cost"], found = cost(options)
        parts += text
        goals += found
    about["load_after"] = os.getloadavg()[0]
    report("offcpu", "\n".join(parts), data, goals)


if __name__ == "__main__":
    main()
