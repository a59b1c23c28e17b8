"""The time a loop was blocked, given to its tasks: laws, and timelines drawn by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfnb.capture.offcpu.awaits import Awaited, awaited
from perfnb.capture.offcpu.tasks import Task, TaskLooks
from perfnb.capture.offcpu.waits import INSIDE, NEAREST

MS = 1_000_000
THREAD = 7


class World:
    """Tasks of which everything is known.

    Each task is a list of ``(chain, begin, end)`` in ns; the loop is blocked but for a short time
    around each begin and end, and in `busy`.
    """

    def __init__(self, *tasks, span, looks, sleeps=(), gap=MS // 50, busy=()):
        self.tasks, self.sleeps = tasks, set(sleeps)
        cuts = sorted({at for task in tasks for _, *ends in task for at in ends if 0 < at < span})
        edges = np.array([0, *cuts, span])
        self.start, self.end = edges[:-1] + gap, edges[1:] - gap
        for low, high in busy:
            inside = (self.start >= low) & (self.end <= high)
            self.start, self.end = self.start[~inside], self.end[~inside]
        keep = self.end > self.start
        self.start, self.end = self.start[keep], self.end[keep]
        self.at = np.array(sorted(looks), dtype=np.int64)

    def looks(self) -> TaskLooks:
        rows = []
        for number, task in enumerate(self.tasks):
            for chain, begin, end in task:
                seen = np.flatnonzero((self.at >= begin) & (self.at < end))
                if len(seen):
                    known = (begin + 1, end - 1) if chain in self.sleeps else (0, 0)
                    rows.append((number, chain, seen[0], seen[-1], *known))
        columns = np.array(rows, dtype=np.int64).reshape(-1, 6).T
        small, large = columns[:4].astype(np.int32), columns[4:]
        tasks = tuple(Task(str(n), "", THREAD) for n in range(len(self.tasks)))
        return TaskLooks(self.at, self.at, self.at, *small, *large, tasks)

    def join(self) -> Awaited:
        return awaited(self.looks(), THREAD, self.start, self.end - self.start)

    def blocked(self, begin, end) -> int:
        """Return how long the loop was blocked between two instants."""
        part = np.minimum(self.end, end) - np.maximum(self.start, begin)
        return int(np.maximum(part, 0).sum())

    def true(self, task: int, chain: int | None = None) -> int:
        return sum(self.blocked(b, e) for c, b, e in self.tasks[task] if chain in (None, c))

    def found(self, result: Awaited, task: int, chain: int | None = None) -> int:
        mine = (result.task == task) & ((result.chain == chain) if chain is not None else True)
        ends = result.start + result.duration
        return sum(self.blocked(b, e) for b, e in zip(result.start[mine], ends[mine], strict=True))


def sequence(chains, lengths, begin=0):
    """Return one await after the other."""
    at = begin + np.cumsum([0, *lengths])
    return [(c, int(b), int(e)) for c, b, e in zip(chains, at[:-1], at[1:], strict=True)]


def uneven(span, step, seed=0):
    steps = np.random.default_rng(seed).uniform(0.5, 1.5, 2 * span // step + 9) * step
    at = np.cumsum(steps).astype(np.int64)
    return at[at < span]


@st.composite
def worlds(draw):
    span = draw(st.integers(1, 100)) * MS
    tasks = []
    for _ in range(draw(st.integers(1, 4))):
        count = draw(st.integers(1, 12))
        lengths = draw(st.lists(st.integers(MS // 5, 20 * MS), min_size=count, max_size=count))
        chains = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
        awaits = sequence(chains, lengths, draw(st.integers(0, span)))
        kept = draw(st.lists(st.booleans(), min_size=count, max_size=count))
        tasks.append([a for a, keep in zip(awaits, kept, strict=True) if keep])
    looks = draw(st.lists(st.integers(0, span), max_size=30, unique=True))
    sleeps = draw(st.sets(st.integers(0, 3)))
    busy = draw(st.lists(st.tuples(st.integers(0, span), st.integers(0, span)), max_size=2))
    return World(*tasks, span=span, looks=looks, sleeps=sleeps, busy=busy)


@given(worlds())
def test_waits_of_a_task_do_not_overlap_and_lie_in_the_time_of_the_loop(world):
    result = world.join()
    assert (result.duration > 0).all()
    assert (np.diff(result.start) >= 0).all()
    for task in range(len(world.tasks)):
        mine = result.task == task
        ends = result.start[mine] + result.duration[mine]
        assert (result.start[mine][1:] >= ends[:-1]).all()
        assert np.isin(result.start[mine], world.start).all()
        assert np.isin(ends, world.end).all()


@given(worlds())
def test_what_a_look_saw_is_there(world):
    result, looks = world.join(), world.looks()
    for task, chain, first, last in zip(
        looks.task, looks.chain, looks.first, looks.last, strict=True
    ):
        for at in looks.time[first : last + 1]:
            blocked = (world.start <= at) & (at <= world.end)
            covers = (result.start <= at) & (at <= result.start + result.duration)
            mine = covers & (result.task == task)
            if blocked.any():
                assert result.chain[mine].tolist() == [chain]
                assert result.how[mine].tolist() == [INSIDE]


@given(worlds())
def test_an_interval_with_a_look_that_did_not_see_a_task_is_not_that_tasks(world):
    result, looks = world.join(), world.looks()
    for task in range(len(world.tasks)):
        saw = np.zeros(len(looks.time), dtype=bool)
        for row in np.flatnonzero(looks.task == task):
            saw[looks.first[row] : looks.last[row] + 1] = True
        for at in looks.time[~saw]:
            if ((world.start <= at) & (at <= world.end)).any():
                covers = (result.start <= at) & (at <= result.start + result.duration)
                assert not (covers & (result.task == task)).any()


@given(worlds())
def test_explained_are_the_intervals_in_which_a_task_waits(world):
    result = world.join()
    ends = result.start + result.duration
    expected = [
        i
        for i, (low, high) in enumerate(zip(world.start, world.end, strict=True))
        if ((result.start <= low) & (high <= ends)).any()
    ]
    assert result.explained.tolist() == expected


@given(worlds())
def test_another_thread_has_none_of_them(world):
    result = awaited(world.looks(), THREAD + 1, world.start, world.end - world.start)
    assert len(result) == 0 == len(result.explained)


@given(worlds(), st.integers(-(10**15), 10**15))
def test_when_it_was_is_the_same_at_any_time(world, shift):
    looks = world.looks()

    def moved(at):
        return np.where(at > 0, at + shift, 0)

    if shift + looks.since.min(initial=0) <= 0:
        shift = abs(shift)
    later = TaskLooks(
        looks.time + shift, looks.end + shift, looks.due + shift, looks.task, looks.chain,
        looks.first, looks.last, moved(looks.since), moved(looks.until), looks.tasks,
    )  # fmt: skip
    a = world.join()
    b = awaited(later, THREAD, world.start + shift, world.end - world.start)
    assert a.start.tolist() == (b.start - shift).tolist()
    assert a.chain.tolist() == b.chain.tolist()


def test_nothing_at_all():
    none = np.zeros(0, dtype=np.int64)
    assert len(awaited(World(span=MS, looks=[]).looks(), THREAD, none, none)) == 0
    assert len(World([(0, 0, MS)], span=MS, looks=[]).join()) == 0
    world = World([(0, 0, MS)], span=MS, looks=[MS // 2])
    assert len(awaited(world.looks(), THREAD, none, none)) == 0


def test_one_look_tells_of_the_whole_interval():
    world = World([(3, 0, 40 * MS)], span=40 * MS, looks=[17 * MS])
    result = world.join()
    assert (result.chain.tolist(), result.how.tolist()) == ([3], [INSIDE])
    assert (result.start[0], result.duration[0]) == (world.start[0], world.end[0] - world.start[0])


def test_one_await_over_many_wake_ups_of_the_loop_is_one_wait():
    ticks = sequence([1] * 100, [MS] * 100)
    world = World([(0, 0, 100 * MS)], ticks, span=100 * MS, looks=uneven(100 * MS, 5 * MS))
    result = world.join()
    mine = result.task == 0
    assert np.count_nonzero(mine) == 1
    assert result.duration[mine][0] == world.end[-1] - world.start[0]
    # The other one's awaits are a row each.
    assert result.duration[~mine].max() < MS
    assert world.found(result, 1) == world.true(1)


def test_unseen_short_waits_between_long_ones():
    chains, lengths = [0, 1] * 100, [MS, 9 * MS] * 100
    span = sum(lengths)
    world = World(sequence(chains, lengths), span=span, looks=uneven(span, 5 * MS))
    result = world.join()
    assert world.found(result, 0) == world.true(0)
    assert world.found(result, 0, 0) == pytest.approx(world.true(0, 0), rel=0.05)
    # Only the short ones were not seen.
    assert set(result.duration[result.how == NEAREST].tolist()) == {int(MS * 0.96)}


@pytest.mark.parametrize("sleeps", [(), (0,), (0, 1)])
@pytest.mark.parametrize("chopped", [False, True])
def test_no_chain_gets_more_than_its_share_in_the_long_run(sleeps, chopped):
    errors = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        chains = random.integers(0, 3, 150).tolist()
        lengths = [[MS, 3 * MS, 20 * MS][c] for c in chains]
        span = sum(lengths)
        ticks = np.cumsum(random.exponential(MS, 4 * span // MS)).astype(np.int64)
        ticks = ticks[ticks < span]
        others = [sequence([5] * (len(ticks) - 1), np.diff(ticks), int(ticks[0]))]
        world = World(
            sequence(chains, lengths), *(others if chopped else ()),
            span=span, looks=uneven(span, 5 * MS, seed), sleeps=sleeps, gap=1000,
        )  # fmt: skip
        result = world.join()
        assert world.found(result, 0) == pytest.approx(world.true(0), rel=0.01)
        true = [world.true(0, c) for c in range(3)]
        errors.append([world.found(result, 0, c) / true[c] - 1 for c in range(3)])
    mean, deviation = np.mean(errors, axis=0), np.std(errors, axis=0)
    assert (np.abs(mean) < 4 * deviation / np.sqrt(len(errors)) + 0.02).all(), (mean, deviation)
    assert abs(mean[2]) < 0.02


def test_tasks_that_come_and_go_have_their_time_on_the_whole():
    random = np.random.default_rng(1)
    span = 4000 * MS
    begins = np.cumsum(random.exponential(3 * MS, 1300)).astype(np.int64)
    tasks = [[(0, int(b), int(b) + 4 * MS)] for b in begins if b < span - 4 * MS]
    result = (world := World(*tasks, span=span, looks=uneven(span, 5 * MS), gap=1000)).join()
    true = sum(world.true(task) for task in range(len(tasks)))
    found = sum(world.found(result, task) for task in range(len(tasks)))
    assert found == pytest.approx(true, rel=0.06)


def test_tasks_between_long_pauses_that_no_look_met():
    # A request now and then: of its 1 ms the looks meet a fifth, the pauses they always meet.
    span = 5000 * MS
    tasks = [[(0, b, b + MS)] for b in range(9 * MS, span - MS, 10 * MS)]
    world = World([(1, 0, span)], *tasks, span=span, looks=uneven(span, 5 * MS))
    looks = world.looks()
    looks = replace(looks, tasks=(looks.tasks[0], *[Task("", "request", THREAD)] * len(tasks)))
    result = awaited(looks, THREAD, world.start, world.end - world.start)
    here = result.chain == 0
    true = sum(world.true(1 + i) for i in range(len(tasks)))
    assert result.duration[here].sum() == pytest.approx(true, rel=0.3)
    # All of it is where requests were.
    assert set(result.duration[here].tolist()) == {int(0.96 * MS)}
    assert len(set(result.start[here].tolist())) == np.count_nonzero(here)


def test_far_from_any_look_nothing_is_told():
    ticks = sequence([1] * 400, [MS] * 400)
    seen = np.arange(3 * MS // 2, 50 * MS, 5 * MS)
    world = World(ticks, span=400 * MS, looks=[*seen, *(seen + 350 * MS)])
    explained = set(world.join().explained.tolist())
    assert set(range(60)) | set(range(340, 400)) <= explained
    assert not explained & set(range(150, 250))


def test_but_between_two_looks_at_one_await_all_is():
    ticks = sequence([1] * 400, [MS] * 400)
    world = World([(0, 0, 400 * MS)], ticks, span=400 * MS, looks=[10 * MS + 5, 390 * MS + 5])
    mine = (result := world.join()).task == 0
    assert result.duration[mine].sum() >= 380 * MS
    assert result.how[mine].tolist() == [INSIDE]


def test_looks_that_waited_for_the_gil_do_not_count_for_more():
    # What follows a computation of 3 ms is looked at four times as often as it lasts.
    span, step = 20_000 * MS, 5 * MS
    edges = np.arange(0, span, step)
    start = np.stack([edges, edges + 4 * MS], axis=1).reshape(-1)
    length = np.tile([MS, MS], len(edges))
    chains = np.tile([0, 1], len(edges)).astype(np.int32)
    due = uneven(span - step, 5 * MS)
    phase = due % step
    time = np.where((phase >= MS) & (phase < 4 * MS), due - phase + 4 * MS + 1000, due)
    interval = np.searchsorted(start, time, side="right") - 1
    first = np.flatnonzero(np.diff(interval, prepend=-1)).astype(np.int32)
    last = np.append(first[1:] - 1, len(time) - 1).astype(np.int32)
    zero = np.zeros(len(first), dtype=np.int64)
    looks = TaskLooks(
        time, time, due, zero.astype(np.int32), chains[interval[first]], first, last, zero, zero,
        (Task("", "", THREAD),),
    )  # fmt: skip
    assert np.mean(looks.chain) > 0.75
    result = awaited(looks, THREAD, start, length)
    found = [result.duration[result.chain == chain].sum() for chain in (0, 1)]
    assert found[0] == pytest.approx(found[1], rel=0.12)


def test_a_cancelled_sleep_ends_when_it_was_cancelled():
    # It would have lasted until 100 ms; a look at 30 ms sees something else.
    a, b = (0, 0, 20 * MS), (1, 20 * MS, 60 * MS)
    world = World([a, b], span=60 * MS, looks=[10 * MS, 30 * MS], sleeps=[0])
    looks = world.looks()
    looks.until[looks.chain == 0] = 100 * MS
    result = awaited(looks, THREAD, world.start, world.end - world.start)
    assert result.chain.tolist() == [0, 1]
    assert world.found(result, 0, 0) == world.true(0, 0)
