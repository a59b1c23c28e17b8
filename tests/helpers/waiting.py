"""Programs that wait, and measure themselves for how long; run as a script.

``waiting.py NAME SECONDS [--kind K] [--backend B] [--rate R]`` records itself and prints, as
JSON, what each function waited by its own clocks and by the profile. A function's truth is the
wall time inside it less the CPU time that its thread used there: what it waited for, and what
it waited for a CPU.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

OVER = threading.Event()


class Truth:
    """Sums of wall and CPU time inside functions, by their names."""

    def __init__(self) -> None:
        self.waited: defaultdict[str, int] = defaultdict(int)
        self.calls: defaultdict[str, int] = defaultdict(int)
        self.counts = False

    def of(self, function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__

        def measured(*args: Any) -> Any:
            cpu, wall = time.thread_time_ns(), time.monotonic_ns()
            try:
                return function(*args)
            finally:
                wall = time.monotonic_ns() - wall
                cpu = time.thread_time_ns() - cpu
                if self.counts:
                    self.waited[name] += wall - cpu
                    self.calls[name] += 1

        return measured


truth = Truth()


@truth.of
def sleep_1ms():
    time.sleep(0.001)


@truth.of
def sleep_3ms():
    time.sleep(0.003)


@truth.of
def sleep_10ms():
    time.sleep(0.010)


@truth.of
def sleep_40ms():
    time.sleep(0.040)


@truth.of
def spin_1ms():
    end = time.thread_time_ns() + 1_000_000
    while time.thread_time_ns() < end:
        pass


def sleeps():
    while not OVER.is_set():
        for step in (sleep_1ms, sleep_3ms, spin_1ms, sleep_10ms, sleep_1ms, spin_1ms, sleep_40ms):
            step()


def spinning():
    while not OVER.is_set():
        spin_1ms()


lock = threading.Lock()


@truth.of
def hold():
    with lock:
        time.sleep(0.004)


@truth.of
def want():
    with lock:
        pass


def holder():
    while not OVER.is_set():
        hold()
        time.sleep(0.002)


def wanter():
    while not OVER.is_set():
        want()
        time.sleep(0.001)


def echo(receive, send):
    """Answer until the other end is closed."""
    while data := receive():
        send(data)


@contextlib.contextmanager
def ends(pair: tuple[Any, ...]) -> Iterator[None]:
    try:
        yield
    finally:
        for end in pair:
            os.close(end) if isinstance(end, int) else end.close()


def pipes():
    there, back = os.pipe(), os.pipe()
    other = threading.Thread(
        target=echo, args=(lambda: os.read(there[0], 1), lambda data: os.write(back[1], data))
    )
    other.start()
    with ends((there[0], *back)):
        while not OVER.is_set():
            pipe_ping(there[1], back[0])
        os.close(there[1])
        other.join()


@truth.of
def pipe_ping(send, receive):
    for _ in range(200):
        os.write(send, b"x")
        os.read(receive, 1)


def sockets():
    one, two = socket.socketpair()
    other = threading.Thread(target=echo, args=(lambda: two.recv(1), two.send))
    other.start()
    with ends((two,)):
        while not OVER.is_set():
            socket_ping(one)
        one.close()
        other.join()


@truth.of
def socket_ping(one):
    for _ in range(200):
        one.send(b"x")
        one.recv(1)


def disk():
    with tempfile.TemporaryDirectory(dir=os.environ.get("WAITING_DISK")) as folder:
        path = Path(folder) / "file"
        while not OVER.is_set():
            sync(path)
            reread(path)


@truth.of
def sync(path):
    with path.open("wb") as file:
        file.write(os.urandom(1 << 16))
        file.flush()
        os.fsync(file.fileno())


@truth.of
def reread(path):
    file = os.open(path, os.O_RDONLY | os.O_DIRECT)
    try:
        buffer = __import__("mmap").mmap(-1, 1 << 16)
        os.readv(file, [buffer])
        buffer.close()
    finally:
        os.close(file)


def polls():
    one, two = socket.socketpair()
    poller = select.epoll()
    poller.register(one, select.EPOLLIN)
    with ends((one, two, poller)):
        while not OVER.is_set():
            epoll_5ms(poller)


@truth.of
def epoll_5ms(poller):
    poller.poll(0.005)


def children():
    while not OVER.is_set():
        child_20ms()


@truth.of
def child_20ms():
    subprocess.run([sys.executable, "-I", "-S", "-c", "import time; time.sleep(.02)"], check=True)


def pool():
    with ThreadPoolExecutor(4, thread_name_prefix="pool") as workers:
        while not OVER.is_set():
            results(workers)


@truth.of
def results(workers):
    for future in [workers.submit(job) for _ in range(8)]:
        future.result()


def job():
    time.sleep(0.003)


def fight():
    """Two threads that want the GIL all the time."""
    others = [threading.Thread(target=python_loop, name=f"fighter-{i}") for i in range(2)]
    for one in others:
        one.start()
    for one in others:
        one.join()


@truth.of
def some_loops():
    x = 0
    for i in range(200_000):
        x ^= i
    return x


def python_loop():
    while not OVER.is_set():
        some_loops()


def tasks():
    asyncio.run(many_tasks())


async def many_tasks():
    gate = asyncio.Lock()
    await asyncio.gather(await_20ms(), await_5ms(), await_lock(gate), await_lock(gate))


def awaited(name: str, began: int) -> None:
    if truth.counts:
        truth.waited[name] += time.monotonic_ns() - began
        truth.calls[name] += 1


async def await_20ms():
    while not OVER.is_set():
        began = time.monotonic_ns()
        await asyncio.sleep(0.02)
        awaited("await_20ms", began)


async def await_5ms():
    while not OVER.is_set():
        began = time.monotonic_ns()
        await asyncio.sleep(0.005)
        awaited("await_5ms", began)


async def await_lock(gate):
    while not OVER.is_set():
        began = time.monotonic_ns()
        async with gate:
            await asyncio.sleep(0.003)
        awaited("await_lock", began)


WORKLOADS: dict[str, tuple[Callable[[], None], ...]] = {
    "sleeps": (sleeps,),
    "spinning": (spinning,),
    "sleeps beside spinning": (sleeps, spinning),
    "lock": (holder, wanter),
    "pipes": (pipes,),
    "sockets": (sockets,),
    "disk": (disk,),
    "polls": (polls,),
    "children": (children,),
    "pool": (pool,),
    "GIL": (fight,),
    "tasks": (tasks,),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=WORKLOADS)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--kind", default="offcpu")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--rate", type=float, default=100)
    options = parser.parse_args()
    # Beside threads that want the GIL each file that is read takes 5 ms.
    import perfnb.capture.offcpu.backends
    import perfnb.capture.record
    import perfnb.model.functions  # noqa: F401

    threads = [
        threading.Thread(target=work, name=work.__name__) for work in WORKLOADS[options.name]
    ]
    for thread in threads:
        thread.start()
    try:
        found = record(options)
    finally:
        OVER.set()
        for thread in threads:
            thread.join()
    print(json.dumps(found))


def record(options: argparse.Namespace) -> dict[str, Any]:
    import perfnb

    with perfnb.record(options.backend, kind=options.kind, rate=options.rate) as rec:
        truth.waited.clear()
        truth.counts = True
        time.sleep(options.seconds)
        truth.counts = False
        # What is made of the recording takes long beside threads that want the GIL.
        OVER.set()
    return {**described(rec.profile), "truth": truth.waited, "calls": truth.calls}


def described(profile: Any) -> dict[str, Any]:
    """Return what a test or a table wants to know of a profile of waits."""
    m = profile.metadata
    wait = {name: profile.where(state=states) for name, states in _STATES.items()}
    return {
        **{name: _totals(of) for name, of in wait.items()},
        "all": _totals(profile),
        "reasons": {
            row["name"]: row["total"]
            for row in profile.functions().iter_rows(named=True)
            if row["kind"] == "wait"
        },
        "threads": m.extra["threads"],
        "offcpu": m.extra["offcpu"],
        "backend": m.backend,
        "reason": m.reason,
        "wall_ns": m.end_monotonic_ns - m.start_monotonic_ns,
        "window": [m.start_monotonic_ns, m.end_monotonic_ns],
        "missed": m.missed,
        "ticks": m.ticks,
        "paused_s": m.paused_s,
        "cpu_s": m.profiler_cpu_s,
    }


_STATES = {"blocked": ["off-CPU", "gil"], "queued": "runnable", "on": "on-CPU", "held": "unknown"}


def _totals(profile: Any) -> dict[str, int]:
    names, totals = profile.functions().select("name", "total")
    return dict(zip(names, totals, strict=True))


if __name__ == "__main__":
    main()
