"""Waits from looks at /proc, who held what, and the end of a wait in a run queue."""

import json

import numpy as np
import pytest
from helpers.switching import MS, US
from hypothesis import given
from hypothesis import strategies as st

from perfnb.capture.offcpu.attribute import Attributed
from perfnb.capture.offcpu.holders import NOBODY, Running
from perfnb.capture.offcpu.looks import segments_of_looks
from perfnb.capture.offcpu.queue import tails_by_count, wakeups_cut_off
from perfnb.capture.offcpu.reasons import GIL, LOCK, SLEEP
from perfnb.capture.offcpu.segments import BLOCKED, ON, RUNNABLE, STOPPED, undisturbed
from perfnb.capture.offcpu.watched import Watched

NO_STOPS = np.zeros(0, dtype=np.int64)


def spells(rows):
    """(first, last, run, delay, slices, wait) in ms, but the last two."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    names = ("first", "last", "run", "delay", "slices", "wait")
    return {
        name: np.array([round(v * MS) if name not in ("slices", "wait") else v for v in column],
                       dtype=np.int64)
        for name, column in zip(names, columns, strict=True)
    }  # fmt: skip


def spent(found, state):
    return int(np.diff(found.bound)[found.state == state].sum())


def test_between_two_waits_the_counters_tell_what_was_done():
    seen = spells([(10, 20, 0, 0, 1, 0), (30, 40, 6, 1, 5, 0)])
    found = segments_of_looks(seen, NO_STOPS, NO_STOPS, (10 * MS, 40 * MS))
    assert spent(found, ON) == 6 * MS
    assert spent(found, RUNNABLE) == 1 * MS
    # What is left of the gap are waits that were too short to be seen.
    assert spent(found, BLOCKED) == 23 * MS


def test_a_wait_that_py_spy_interrupted_is_one():
    stopped, released = np.array([20 * MS + 100 * US]), np.array([20 * MS + 300 * US])
    seen = spells([(10, 20, 0, 0, 1, 0), (21, 30, 0.05, 0, 4, 0)])
    found = segments_of_looks(seen, stopped, released, (10 * MS, 30 * MS))
    assert spent(found, BLOCKED) == 20 * MS
    assert found.found.tolist() == [BLOCKED]


def test_a_thread_that_was_only_seen_running_ran():
    seen = spells([(10, 10, 5, 0, 1, -1), (20, 20, 14, 0, 2, -1)])
    found = segments_of_looks(seen, NO_STOPS, NO_STOPS, (10 * MS, 30 * MS))
    assert found.state.tolist() == [ON]
    nothing = segments_of_looks(spells([]), NO_STOPS, NO_STOPS, (0, MS))
    assert len(nothing) == 0


moves = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 20), st.integers(0, 9), st.integers(0, 5)),
    min_size=1, max_size=12,
)  # fmt: skip


@given(moves, st.lists(st.integers(0, 600), max_size=8, unique=True))
def test_looks_never_lose_or_make_time(steps, stops):
    rows, at, run, delay = [], 100, 0, 0
    for number, (gap, stays, ran, queued) in enumerate(steps):
        at += gap
        run += min(ran, gap)
        delay += min(queued, gap - min(ran, gap))
        rows.append((at, at + stays, run, delay, number, number % 3 - 1))
        at += stays
    stopped = np.array(sorted(stops), dtype=np.int64) * MS
    window = (90 * MS, (at + 10) * MS)
    found = segments_of_looks(spells(rows), stopped, stopped + 300 * US, window)
    assert (found.bound[0], found.bound[-1]) == window
    assert (np.diff(found.bound) > 0).all()
    seen = [row for row in rows if row[5] >= 0]
    if seen:
        assert spent(found, ON) <= (seen[-1][2] - seen[0][2]) * MS
        assert spent(found, RUNNABLE) <= (seen[-1][3] - seen[0][3]) * MS


def life(*parts):
    """Segments from (ms, state) parts, from 0 on."""
    bound = np.append(0, np.cumsum([round(ms * MS) for ms, _ in parts]))
    return undisturbed(bound.astype(np.int64), np.array([s for _, s in parts], dtype=np.uint8))


def at(*ms):
    return np.array([round(one * MS) for one in ms], dtype=np.int64)


def test_the_holder_of_the_gil_is_the_one_thread_that_ran():
    me, busy, idle = life((9, BLOCKED)), life((5, ON), (4, BLOCKED)), life((9, BLOCKED))
    running = Running([me, busy, idle])
    assert running.holders_of_gil(0, at(0, 4.5, 6), at(5, 8, 9)).tolist() == [1, NOBODY, NOBODY]


def test_of_two_that_ran_it_is_not_known_which_had_the_gil():
    both = [life((9, BLOCKED)), life((9, ON)), life((9, ON))]
    assert Running(both).holders_of_gil(0, at(0), at(9)).tolist() == [NOBODY]


def test_who_let_go_of_a_lock_ran_just_before():
    me = life((5, BLOCKED), (1, ON))
    holder = life((4.98, BLOCKED), (0.03, ON), (0.99, BLOCKED))
    other = life((1, ON), (5, BLOCKED))
    assert Running([me, holder, other]).releasers(0, at(5)).tolist() == [1]
    assert Running([me, other]).releasers(0, at(5)).tolist() == [NOBODY]


def pieces(*parts):
    start = np.append(0, np.cumsum([ms for ms, *_ in parts]))[:-1] * MS
    columns = [np.array(column) for column in zip(*parts, strict=True)]
    how, why = np.full(len(parts), 2, np.uint8), np.zeros(len(parts), np.int64)
    return Attributed(
        start.astype(np.int64), (columns[0] * MS).astype(np.int64),
        columns[1].astype(np.uint8), columns[2].astype(np.int64), how, why,
    )  # fmt: skip


def test_the_end_of_a_wait_that_was_spent_in_a_run_queue_is_told_apart():
    before = pieces((10, BLOCKED, 1), (2, ON, 0), (10, BLOCKED, 2))
    after = wakeups_cut_off(before, np.array([3 * MS, MS, 10 * US]))
    assert after.state.tolist() == [BLOCKED, RUNNABLE, ON, BLOCKED]
    assert (after.duration / MS).tolist() == [7, 3, 2, 10]
    assert after.stack.tolist() == [1, 1, 0, 2]
    assert after.duration.sum() == before.duration.sum()


def test_time_in_run_queues_belongs_to_the_waits_that_ended():
    segments = life((10, BLOCKED), (1, ON), (10, BLOCKED), (1, ON))
    of = pieces((10, BLOCKED, 1), (1, ON, 0), (10, BLOCKED, 2), (1, ON, 0))
    seen = spells([(1, 1, 0, 0, 1, 0), (10.5, 10.5, 0, 2, 2, 0), (21.5, 21.5, 1, 2.5, 3, 0)])
    tails = tails_by_count(of, segments, seen)
    assert tails[0] == 2 * MS
    assert tails[2] == MS // 2


def report(quiet, waits, maps=""):
    layout = (("tid", "i"), ("first", "q"), ("last", "q"), ("run", "q"), ("delay", "q"),
              ("slices", "q"), ("wait", "i"))  # fmt: skip
    ends = (("tid", "i"), ("time", "q"), ("run", "q"), ("delay", "q"), ("voluntary", "q"),
            ("involuntary", "q"))  # fmt: skip
    dtypes = {"i": "<i4", "q": "<i8"}
    columns = list(zip(*quiet, strict=True)) if quiet else [()] * len(layout)
    head = {
        "quiet": [[name, code, len(quiet)] for name, code in layout],
        "threads": [[name, code, 0] for name, code in ends],
        "waits": waits, "maps": maps, "looks": 3, "full": False, "cpu_s": 0.25,
    }  # fmt: skip
    body = b"".join(
        np.array(column, dtypes[code]).tobytes()
        for column, (_, code) in zip(columns, layout, strict=True)
    )
    return json.dumps(head).encode() + b"\n" + body


def test_reports_of_the_watcher():
    maps = "1000-2000 rw-p 0 00:00 1 /usr/bin/python3.11\n"
    waits = ["hrtimer_nanosleep 230", "futex_do_wait 202 0x1800", "futex_do_wait 202 0x9000"]
    quiet = [(7, 2 * MS, 3 * MS, 0, 0, 1, 0), (7, 6 * MS, 6 * MS, 0, 0, 2, 1),
             (8, 6 * MS, 6 * MS, 0, 0, 2, 2)]  # fmt: skip
    watched = Watched.parse(report(quiet, waits, maps))
    assert watched.reasons == (SLEEP, GIL, LOCK)
    segments = life((5, BLOCKED), (0.1, ON), (5, BLOCKED), (5, BLOCKED))
    number = np.array([10, 11, 12])
    assert watched.reason_of(7, segments, number).tolist() == [10, -1, 11, -1]
    assert watched.reason_of(8, segments, number).tolist() == [-1, -1, 12, -1]
    assert watched.reason_of(9, segments, number).tolist() == [-1] * 4


@pytest.mark.parametrize("cut", [0, 10, 200])
def test_a_report_that_is_not_whole_is_refused(cut):
    whole = report([(7, 1, 2, 3, 4, 5, -1)] * 9, [])
    with pytest.raises(ValueError):
        Watched.parse(whole[:cut] if cut < 200 else whole[:-3])


def test_stopped_is_running_for_who_asks_who_held_the_gil():
    me, held = life((9, BLOCKED)), life((4, ON), (1, STOPPED), (4, ON))
    assert Running([me, held]).holders_of_gil(0, at(0), at(9)).tolist() == [1]
