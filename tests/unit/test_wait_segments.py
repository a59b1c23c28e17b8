"""Context switches told apart: what the program did, and what py-spy did to it."""

import numpy as np
import pytest
from helpers.switching import MS, QUEUE, RUN, US, WAIT, MadeUp
from hypothesis import given
from hypothesis import strategies as st

from perfnb.capture.offcpu.attribute import attribute
from perfnb.capture.offcpu.segments import BLOCKED, ON, RUNNABLE, STOPPED
from perfnb.capture.offcpu.stops import ThreadStops, segments
from perfnb.capture.offcpu.waits import INSIDE, NEAREST, UNKNOWN

# Python code between two waits takes longer than going back to a wait.
steps = st.one_of(
    st.tuples(st.just(RUN), st.integers(100 * US, 5 * MS), st.just(0)),
    st.tuples(st.just(WAIT), st.integers(1 * MS, 50 * MS), st.integers(1, 3)),
)
programs = st.lists(steps, min_size=1, max_size=20).map(
    lambda found: [
        step
        for at, (kind, length, stack) in enumerate(found)
        for step in (
            [(RUN, 100 * US, 0)] if at and kind == WAIT and found[at - 1][0] == WAIT else []
        )
        + [(kind, length, stack)]
    ]
)
stop_times = st.lists(st.integers(0, 200), unique=True, max_size=30).map(
    lambda found: [at * 2 * MS + 500 * US for at in found]
)


def seen(thread):
    return segments(*thread.switches, thread.thread_stops, thread.window)


def spent(found, state):
    return int(np.diff(found.bound)[found.state == state].sum())


def truth(thread, what):
    return sum(length for (kind, _), length in thread.truth.items() if kind == what)


@given(programs, stop_times)
def test_every_moment_is_something(program, stops):
    thread = MadeUp(program, stops=stops).play()
    found = seen(thread)
    assert found.bound[0] == thread.start
    assert found.bound[-1] == thread.end
    assert (np.diff(found.bound) >= 0).all()


@given(programs)
def test_without_stops_the_switches_are_the_truth(program):
    thread = MadeUp(program).play()
    found = seen(thread)
    if thread.events:
        assert spent(found, BLOCKED) == truth(thread, WAIT)
        assert spent(found, ON) == truth(thread, RUN)


def test_a_wait_that_is_interrupted_goes_on():
    thread = MadeUp([(RUN, MS, 0), (WAIT, 40 * MS, 7), (RUN, MS, 0)], stops=[11 * MS, 20 * MS])
    found = seen(thread.play())
    assert spent(found, BLOCKED) == pytest.approx(40 * MS, abs=US)
    assert spent(found, STOPPED) == 0
    assert found.found.tolist() == [BLOCKED, BLOCKED]
    blocked = found.state == BLOCKED
    assert set(found.tick[blocked].tolist()) == {0, 1}


def test_a_thread_that_is_stopped_while_it_runs_was_not_waiting():
    thread = MadeUp([(RUN, 30 * MS, 0)], stops=[5 * MS, 15 * MS]).play()
    found = seen(thread)
    assert spent(found, BLOCKED) == 0
    assert spent(found, STOPPED) == thread.held > 0
    assert found.found.tolist() == [ON, ON]


def test_preemption_is_not_blocking():
    thread = MadeUp([(RUN, 5 * MS, 0), (QUEUE, 3 * MS, 0), (RUN, 5 * MS, 0)]).play()
    found = seen(thread)
    assert spent(found, RUNNABLE) == 3 * MS
    assert spent(found, BLOCKED) == 0


def test_a_wait_for_a_disk_is_told_by_the_stop_that_it_held_up():
    # Asked at 2 ms, it waits until 6 ms, runs in the kernel, waits again, and stops at 9 ms.
    start = 1000 * MS
    events = [(1, 1), (6, 0), (6.04, 1), (8.96, 0), (9, 1), (9.3, 0), (12, 1), (13, 0)]
    time = np.array([start + int(at * MS) for at, _ in events])
    what = np.array([code for _, code in events], dtype=np.uint8)
    stops = ThreadStops(
        np.array([start + 2 * MS]), np.array([start + int(9.2 * MS)]), np.array([7])
    )
    found = segments(time, what, stops, (start, start + 14 * MS))
    certain = found.tick == 0
    waited = certain & (found.state == BLOCKED)
    assert np.diff(found.bound)[waited].sum() == int(7.92 * MS)
    assert found.found.tolist() == [BLOCKED]


def test_a_thread_without_switches_ran_or_slept_all_the_time():
    empty = np.zeros(0, dtype=np.int64)
    thread = MadeUp([(RUN, MS, 0)]).play()
    found = segments(empty, empty.astype(np.uint8), thread.thread_stops, thread.window)
    assert found.state.tolist() == [ON]


def attributed(thread, reason=None, gil=-2):
    found = seen(thread)
    stops = thread.thread_stops
    why = np.full(len(found), -1) if reason is None else reason(found)
    return attribute(found, stops.stack, stops.still, why, gil)


def sums(pieces, state=BLOCKED):
    mine = pieces.state == state
    return {
        stack: int(pieces.duration[mine & (pieces.stack == stack)].sum())
        for stack in set(pieces.stack[mine].tolist())
    }


def test_waits_without_a_sample_go_to_waits_of_their_length():
    # 2 ms waits of stack 1, 20 ms waits of stack 2; few of the short ones are seen.
    cycle = [(WAIT, 2 * MS, 1), (RUN, 100 * US, 0), (WAIT, 20 * MS, 2), (RUN, 100 * US, 0)]
    thread = MadeUp([(RUN, MS, 0)] + cycle * 50)
    thread.stops = [int(at * 9.7 * MS) for at in range(1, 110)]
    pieces = attributed(thread.play())
    found = sums(pieces)
    assert found[1] == pytest.approx(50 * 2 * MS, rel=0.02)
    assert found[2] == pytest.approx(50 * 20 * MS, rel=0.02)
    assert {NEAREST, INSIDE} <= set(pieces.how.tolist())


def test_a_wait_for_the_gil_belongs_to_the_wait_before_it():
    # Two sleeps, each followed by a wait for the GIL of the same length.
    cycle = [
        (WAIT, 3 * MS, 1), (RUN, 5 * US, 1), (WAIT, 5 * MS, 1), (RUN, 300 * US, 0),
        (WAIT, 30 * MS, 2), (RUN, 5 * US, 2), (WAIT, 5 * MS, 2), (RUN, 300 * US, 0),
    ]  # fmt: skip
    thread = MadeUp([(RUN, MS, 0)] + cycle * 40)
    thread.stops = [int(at * 10.3 * MS) for at in range(1, 160)]
    thread.play()

    def reason(found):
        # A look told of each wait what it was: those of about 5 ms are for the GIL.
        length = np.diff(found.bound)
        gil = np.abs(length - 5 * MS) < MS // 2
        return np.where(found.state == BLOCKED, np.where(gil, 1, 0), -1)

    found = sums(attributed(thread, reason, gil=1))
    assert found[1] == pytest.approx(40 * 8 * MS, rel=0.05)
    assert found[2] == pytest.approx(40 * 35 * MS, rel=0.05)


def test_what_runs_takes_the_stack_seen_running_nearest_in_time():
    thread = MadeUp([(RUN, 50 * MS, 1), (RUN, 30 * MS, 2)])
    thread.stops = [at * 5 * MS + MS for at in range(16)]
    found = sums(attributed(thread.play()), ON)
    assert found[1] == pytest.approx(50 * MS, abs=3 * MS)
    assert found[2] == pytest.approx(30 * MS, abs=3 * MS)


def test_a_thread_that_was_never_seen_is_not_attributed():
    pieces = attributed(MadeUp([(RUN, MS, 0), (WAIT, 9 * MS, 1), (RUN, MS, 0)]).play())
    assert sums(pieces) == {UNKNOWN: 9 * MS}


@given(programs, stop_times)
def test_no_time_is_lost_by_attribution(program, stops):
    thread = MadeUp(program, stops=stops).play()
    found = seen(thread)
    pieces = attributed(thread)
    assert int(pieces.duration.sum()) == thread.end - thread.start
    for state in (ON, RUNNABLE, BLOCKED, STOPPED):
        assert int(pieces.duration[pieces.state == state].sum()) == spent(found, state)
