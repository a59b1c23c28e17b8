"""Watching tasks: what they are seen in, and that the time they waited comes out.

The kernel is not asked here. A selector that notes when it is entered and left stands for it, so
an interval begins and ends some microseconds off. What is compared is waited time while the loop
was blocked: the workload's own clock around each await, less the time the loop ran meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import selectors
import socket
import threading
import time
import weakref
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from perfnb.capture.offcpu.awaits import awaited
from perfnb.capture.offcpu.coroutines import suspended
from perfnb.capture.offcpu.tasks import MOST_OF_THE_TIME, TaskWatch
from perfnb.capture.offcpu.waits import INSIDE

SECONDS = 1.5
RATE = 200


class Noting(selectors.DefaultSelector):
    """Notes the intervals it is blocked in."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[tuple[int, int]] = []

    def select(self, timeout=None):
        began = time.monotonic_ns()
        ready = super().select(timeout)
        if timeout is None or timeout > 0:
            self.noted.append((began, time.monotonic_ns()))
        return ready


class Truth:
    """When each function waited, and when the loop was blocked."""

    def __init__(self) -> None:
        self.spans: dict[str, list[tuple[int, int]]] = defaultdict(list)

    @contextlib.contextmanager
    def waiting(self, name: str):
        began = time.monotonic_ns()
        try:
            yield
        finally:
            self.spans[name].append((began, time.monotonic_ns()))


def watched(main, rate: float = RATE):
    """Run a coroutine function; return the looks, the result, the truth and its intervals."""
    truth, selector = Truth(), Noting()
    watch = TaskWatch(rate)
    loop = asyncio.SelectorEventLoop(selector)
    try:
        watch.start()
        loop.run_until_complete(main(truth))
        looks = watch.stop()
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        watch.abort()
        loop.close()
    noted = np.array(selector.noted, dtype=np.int64)
    noted = noted[noted[:, 0] <= looks.time[-1] + int(2e9 / rate)]
    start, end = noted.T
    return looks, awaited(looks, threading.get_native_id(), start, end - start), truth, noted


def shares(looks, result, truth, noted) -> dict[str, tuple[float, float]]:
    """Return for each function the ns it waited while the loop was blocked, found and true."""
    passed = np.append(0, np.cumsum(noted[:, 1] - noted[:, 0]))
    at, blocked = noted.reshape(-1), np.stack([passed[:-1], passed[1:]], axis=1).reshape(-1)

    def clock(when):
        return np.interp(when, at, blocked)

    found: dict[str, float] = defaultdict(float)
    lasted = clock(result.start + result.duration) - clock(result.start)
    for chain, time_ in zip(result.chain.tolist(), lasted.tolist(), strict=True):
        for name in {frame.name.rpartition(".")[2] for frame in looks.chains[chain]}:
            found[name] += time_
    return {
        name: (found[name], float(np.sum(clock(np.array(s)[:, 1]) - clock(np.array(s)[:, 0]))))
        for name, s in truth.spans.items()
    }


async def again(step, seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await step()


def naps(truth: Truth):
    async def nap1():
        with truth.waiting("nap1"):
            await asyncio.sleep(0.001)

    async def nap4():
        with truth.waiting("nap4"):
            await asyncio.sleep(0.004)

    async def nap12():
        with truth.waiting("nap12"):
            await asyncio.sleep(0.012)

    async def nap40():
        with truth.waiting("nap40"):
            await asyncio.sleep(0.040)

    return nap1, nap4, nap12, nap40


async def sleepers(truth: Truth) -> None:
    await asyncio.gather(*(again(nap) for nap in naps(truth)))


async def in_turns(truth: Truth) -> None:
    async def all_of_them():
        for nap in naps(truth):
            await nap()

    await asyncio.gather(*(again(all_of_them) for _ in range(3)))


async def short_and_long(truth: Truth) -> None:
    nap1, _, nap12, _ = naps(truth)

    async def both():
        await nap1()
        await nap12()

    await again(both)


async def contended(truth: Truth) -> None:
    lock = asyncio.Lock()

    async def want():
        with truth.waiting("want"):
            await lock.acquire()

    async def hold():
        with truth.waiting("hold"):
            await asyncio.sleep(0.02)

    async def step():
        await want()
        try:
            await hold()
        finally:
            lock.release()

    await asyncio.gather(*(again(step) for _ in range(3)))


async def queued(truth: Truth) -> None:
    queue: asyncio.Queue = asyncio.Queue(1)

    async def produce():
        with truth.waiting("produce"):
            await asyncio.sleep(0.02)
        await queue.put(1)

    async def take():
        with truth.waiting("take"):
            return await queue.get()

    async def consume():
        while await take():
            pass

    async def producer():
        await again(produce)
        await queue.put(0)

    await asyncio.gather(producer(), consume())


async def streams(truth: Truth) -> None:
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    reader2, writer2 = await asyncio.open_connection(sock=theirs)

    async def ask():
        writer.write(b"?")
        with truth.waiting("ask"):
            await reader.readexactly(1)

    async def think():
        with truth.waiting("think"):
            await asyncio.sleep(0.02)

    async def answers():
        while await reader2.read(1):
            await think()
            writer2.write(b"!")
        writer2.close()

    async def asks():
        await again(ask)
        writer.close()

    await asyncio.gather(asks(), answers())
    await writer.wait_closed()
    await writer2.wait_closed()


async def in_threads(truth: Truth) -> None:
    async def elsewhere():
        with truth.waiting("elsewhere"):
            await asyncio.to_thread(time.sleep, 0.02)

    await asyncio.gather(*(again(elsewhere) for _ in range(2)))


@pytest.mark.parametrize("main", [sleepers, contended, queued, streams, in_threads])
def test_functions_get_the_time_they_waited(main):
    # Each has a task of its own, or waits for longer than the looks are apart.
    for name, (found, true) in shares(*watched(main)).items():
        assert found == pytest.approx(true, rel=0.02), name


def test_short_waits_between_long_ones_are_not_taken_for_long_ones():
    found, true = shares(*watched(short_and_long))["nap1"]
    # Of 100 that last for 1 ms, 20 are seen; the nearest look would give them a fifth.
    assert found == pytest.approx(true, rel=0.2)


def test_waits_of_one_task_in_turns():
    got = shares(*watched(in_turns))
    total = sum(true for _, true in got.values())
    assert sum(found for found, _ in got.values()) == pytest.approx(total, rel=0.02)
    looks = SECONDS * RATE * 3
    for name, (found, true) in got.items():
        # What is seen of short waits is a matter of chance: four standard deviations.
        share = true / total
        assert found / total == pytest.approx(share, abs=4 * (share / looks) ** 0.5), name


def test_tasks_that_live_for_a_short_time_between_long_pauses():
    async def main(truth):
        nap1 = naps(truth)[0]

        async def step():
            await asyncio.sleep(0.009)
            await asyncio.create_task(nap1())

        await again(step)

    found, true = shares(*watched(main))["nap1"]
    assert found == pytest.approx(true, rel=0.5)


def test_a_task_that_waits_all_the_time_gets_all_the_time():
    async def main(truth):
        forever = asyncio.create_task(asyncio.Event().wait(), name="forever")
        await again(naps(truth)[0], 0.3)
        forever.cancel()

    looks, result, _, noted = watched(main)
    (number,) = (i for i, task in enumerate(looks.tasks) if task.name == "forever")
    mine = result.task == number
    # One row from beginning to end, the time in which the loop ran included.
    assert np.count_nonzero(mine) == 1
    assert result.how[mine][0] == INSIDE
    assert result.duration[mine].sum() == pytest.approx(noted[-1, 1] - noted[0, 0], rel=0.03)


async def looked_at(*coroutines, turns: int = 3):
    """Let coroutines start, look once from another thread, and return what was seen by name."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    for _ in range(turns):
        await asyncio.sleep(0)
    looks = await look_once()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return looks


async def look_once(watch: TaskWatch | None = None):
    watch = watch or TaskWatch(RATE)
    thread = threading.Thread(target=watch._look, args=(0,))
    thread.start()
    thread.join()
    now = time.monotonic_ns()
    watch._looks.extend((now, now, now))
    return watch.stop()


def reasons(looks) -> dict[str, str]:
    return {
        looks.tasks[task].coroutine.rpartition(".")[2]: looks.reasons[chain].name
        for task, chain in zip(looks.task.tolist(), looks.chain.tolist(), strict=True)
    }


def test_reasons():
    async def main():
        lock, event, queue = asyncio.Lock(), asyncio.Event(), asyncio.Queue()
        full: asyncio.Queue = asyncio.Queue(1)
        full.put_nowait(1)
        semaphore, condition = asyncio.Semaphore(0), asyncio.Condition()
        loop = asyncio.get_running_loop()
        await lock.acquire()
        go = threading.Event()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        other = asyncio.ensure_future(event.wait())

        async def sleeps():
            await asyncio.sleep(10)

        async def locks():
            async with lock:
                pass

        async def limited():
            async with semaphore:
                pass

        async def conditions():
            async with condition:
                await condition.wait()

        async def gets():
            await asyncio.wait_for(queue.get(), 10)

        async def puts():
            await full.put(1)

        async def joins():
            await full.join()

        async def receives():
            await loop.sock_recv(ours, 1)

        async def executes():
            await loop.run_in_executor(None, go.wait)

        async def threads():
            await asyncio.to_thread(go.wait)

        async def follows():
            await other

        async def shields():
            await asyncio.shield(other)

        async def gathers():
            await asyncio.gather(other)

        async def groups():
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(10))

        async def bare():
            await loop.create_future()

        async def times_out():
            async with asyncio.timeout(10):
                await event.wait()

        looks = await looked_at(
            sleeps(), locks(), limited(), conditions(), gets(), puts(), joins(), receives(),
            executes(), threads(), follows(), shields(), gathers(), groups(), bare(), times_out(),
        )  # fmt: skip
        go.set()
        other.cancel()
        ours.close()
        theirs.close()
        return reasons(looks)

    seen = asyncio.run(main())
    assert {
        "sleeps": "[sleep]", "locks": "[lock]", "limited": "[semaphore]",
        "conditions": "[condition]", "puts": "[queue]", "joins": "[queue]",
        "receives": "[socket receive]", "executes": "[executor]", "threads": "[executor]",
        "follows": "[task Event.wait]", "shields": "[task]", "gathers": "[tasks]",
        "groups": "[tasks]", "bare": "[await]", "times_out": "[event]",
    }.items() <= seen.items()  # fmt: skip
    # Python 3.11 makes a task of what `wait_for` is given.
    assert "[queue]" in (seen["gets"], seen.get("get"))


def test_child_processes_and_servers():
    async def main():
        async def server():
            async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as one:
                await one.serve_forever()

        child = await asyncio.create_subprocess_exec("sleep", "10")

        async def waits():
            await child.wait()

        looks = await looked_at(waits(), server(), turns=20)
        child.kill()
        await child.wait()
        return reasons(looks)

    seen = asyncio.run(main())
    assert seen["waits"] == "[child process]"
    assert seen["server"] == "[socket accept]"


class Wrapped:
    """Awaitable as aiohttp's requests are: the inner coroutine cannot be seen from outside."""

    def __init__(self, coroutine):
        self.coroutine = coroutine

    def __await__(self):
        return self.coroutine.__await__()


def test_the_chain_goes_through_everything_that_can_be_suspended():
    async def main():
        event = asyncio.Event()

        async def innermost():
            await event.wait()

        async def generator():
            await Wrapped(innermost())
            yield 1

        class ByGenerator:
            def __await__(self):
                yield from loops().__await__()

        async def loops():
            async for _ in generator():
                pass

        async def outermost():
            await ByGenerator()

        return await looked_at(outermost())

    looks = asyncio.run(main())
    (chain,) = [c for c in looks.chains if c[0].name.endswith("outermost")]
    names = [frame.name.rpartition(".")[2] for frame in chain]
    assert names == ["outermost", "__await__", "loops", "generator", "innermost", "wait"]
    lines = chain[0].line, chain[-2].line
    source = Path(__file__).read_text().splitlines()
    assert [source[line - 1].strip() for line in lines] == [
        "await ByGenerator()",
        "await event.wait()",
    ]
    assert chain[-1].module == "asyncio.locks"
    assert {frame.file for frame in chain[:-1]} == {__file__}


def test_what_runs_is_not_suspended():
    async def main():
        return suspended(asyncio.current_task().get_coro())

    assert asyncio.run(main()) == []


def test_a_sleep_tells_when_it_began_and_ends():
    async def main():
        began = time.monotonic_ns()
        return began, await looked_at(asyncio.sleep(5), asyncio.sleep(float("inf")))

    began, looks = asyncio.run(main())
    ends = {
        (int(s) - began) // 10**9: int(u - s)
        for s, u in zip(looks.since, looks.until, strict=True)
        if s
    }
    assert ends[0] == pytest.approx(5e9)


def test_tasks_at_the_same_place_in_memory_are_not_confused():
    async def main():
        watch = TaskWatch(RATE)
        seen = []

        async def short(number):
            await asyncio.sleep(0)
            await asyncio.Event().wait()

        for number in range(20):
            task = asyncio.create_task(short(number), name=str(number))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            watch._look(number)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            seen.append(id(task))
            del task
        looks = watch.stop()
        return len(set(seen)), looks

    places, looks = asyncio.run(main())
    assert places < 20
    names = [looks.tasks[number].name for number in looks.task.tolist()]
    assert [name for name in names if name.isdecimal()] == [str(n) for n in range(20)]


def test_nothing_is_kept_alive():
    class Result:
        pass

    async def main():
        watch = TaskWatch(RATE)
        future = asyncio.get_running_loop().create_future()

        async def waits(future):
            local = Result()
            alive.append(weakref.ref(local))
            await future

        task = asyncio.create_task(waits(future))
        alive.append(weakref.ref(task))
        await asyncio.sleep(0)
        watch._look(0)
        result = Result()
        alive.append(weakref.ref(result))
        alive.append(weakref.ref(future))
        future.set_result(result)
        await task
        del task, future, result
        # The loop still holds what it runs just now.
        await asyncio.sleep(0)
        gc.collect()
        assert [reference() for reference in alive] == [None] * 4
        return watch.stop()

    alive: list = []
    looks = asyncio.run(main())
    assert any(task.coroutine.endswith("waits") for task in looks.tasks)


def test_an_await_is_one_row_however_often_it_is_seen():
    async def main():
        watch = TaskWatch(RATE)
        task = asyncio.create_task(asyncio.sleep(10))
        await asyncio.sleep(0)
        for look in range(50):
            watch._look(look)
        task.cancel()
        return watch.stop()

    looks = asyncio.run(main())
    assert (looks.first.tolist(), looks.last.tolist()) == ([0], [49])


def test_loops_of_several_threads():
    ready, over = threading.Barrier(3), threading.Event()
    natives = {}

    def run(name):
        async def waits():
            await asyncio.get_running_loop().run_in_executor(None, over.wait)

        async def main():
            natives[name] = threading.get_native_id()
            task = asyncio.create_task(waits(), name=name)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            ready.wait()
            await task

        asyncio.run(main())

    threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    ready.wait()
    watch = TaskWatch(RATE)
    watch._look(0)
    over.set()
    for thread in threads:
        thread.join()
    seen = {task.name: task.thread for task in watch.stop().tasks}
    assert {name: seen[name] for name in natives} == natives


def test_a_loop_that_does_not_run_has_no_waiting_tasks():
    loop = asyncio.SelectorEventLoop()
    task = loop.create_task(asyncio.sleep(10))
    loop.run_until_complete(asyncio.sleep(0))
    watch = TaskWatch(RATE)
    watch._look(0)
    assert not len(watch.stop().task)
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()


def test_looking_costs_little_however_many_tasks_there_are():
    async def main():
        event = asyncio.Event()
        tasks = [asyncio.create_task(event.wait()) for _ in range(5000)]
        await asyncio.sleep(0)
        watch = TaskWatch(1000)
        watch.start()
        began = time.monotonic()
        await again(naps(Truth())[0], 1)
        looks, wall = watch.stop(), time.monotonic() - began
        event.set()
        await asyncio.gather(*tasks)
        return looks, wall

    looks, wall = asyncio.run(main())
    # And one look more, which may be the last.
    one = looks.cpu_s / len(looks.time)
    assert looks.cpu_s < 1.2 * MOST_OF_THE_TIME * wall + 2 * one


def test_a_watch_is_stopped_twice_and_aborted():
    watch = TaskWatch(RATE)
    watch.start()
    looks = watch.stop()
    watch.abort()
    assert watch.stop() is looks
    TaskWatch(RATE).abort()


def test_an_error_of_ours_is_told(monkeypatch):
    failed = threading.Event()

    def fail(self, look):
        failed.set()
        raise ValueError("ours")

    monkeypatch.setattr(TaskWatch, "_look", fail)
    watch = TaskWatch(RATE)
    watch.start()
    assert failed.wait(10)
    with pytest.raises(ValueError, match="ours"):
        watch.stop()
