"""What bpftrace printed, read and put together."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfnb.capture.offcpu.bpfjoin import Seen, assemble
from perfnb.capture.offcpu.bpfread import read
from perfnb.capture.offcpu.bpfscript import MOST_SEEDS, SEEDED, STATE_BITS, TID_BITS, script
from perfnb.capture.offcpu.kernelwaits import KernelWaits
from perfnb.capture.offcpu.reasons import of_stack
from perfnb.capture.perfstream import IN, OUT, PREEMPTED

DATA = Path(__file__).parents[1] / "data" / "offcpu" / "bpftrace"
REAL = (DATA / "waits.txt").read_bytes()
PID, WINDOW = 21590, (4154699026434, 4154769948589)

PIPE, TIMER, WAKER = 4096, 4097, 8192
STACKS = b"""K 4096
        __schedule+1560
        schedule+35
        anon_pipe_read+870
        vfs_read+812

K 4097
        try_to_wake_up+932
        hrtimer_wakeup+30
        asm_sysvec_apic_timer_interrupt+22
        do_idle+532

K 8192
        try_to_wake_up+0x3a4
        wake_up_q+0x33 [kernel]
"""
HEAD = b"B 1000\n" + STACKS + b"C 7 5 one\\x00\\x00\nC 9 8 \\x0atwo\\x00\n"


def event(out: int, wake: int, in_: int, *, tid=7, state=1, stack=PIPE, by=9, at=WAKER) -> bytes:
    thread = stack << (TID_BITS + STATE_BITS) | state << TID_BITS | tid
    return b"%d %d %d %d %d\n" % (out, wake, in_, thread, (at << TID_BITS | by) if wake else 0)


def opened(out: int, *, tid=7, state=1, stack=PIPE) -> bytes:
    return b"@o[%d]: (%d, %d)\n" % (
        tid, out, stack << (TID_BITS + STATE_BITS) | state << TID_BITS | tid
    )  # fmt: skip


def joined(*lines: bytes, window=(2000, 9000), offset=0, seen=None, **options) -> KernelWaits:
    report = read(HEAD + b"".join(lines))
    return assemble(report, pid=5, offset=offset, window=window, seen=seen or {}, **options)


def test_a_real_report():
    waits = assemble(read(REAL), pid=PID, offset=0, window=WINDOW, seen={})
    assert waits.lost == 0
    own = waits.of(PID)
    reasons = Counter(
        (of_stack(waits.stacks[stack]).name, waits.comms.get(int(by), ""))
        for stack, by, runnable in zip(
            waits.stack[own], waits.waker[own], waits.runnable[own], strict=True
        )
        if not runnable
    )
    releasing = next(iter(waits.threads_begun))
    assert waits.threads_begun.keys() == waits.threads_ended.keys() == {releasing}
    assert reasons["[pipe read]", "perl"] == 20
    assert reasons["[lock or GIL]", waits.comms[releasing]] >= 20
    theirs = waits.of(releasing)
    sleeping = [
        row
        for row in range(theirs.start, theirs.stop)
        if of_stack(waits.stacks[waits.stack[row]]).name == "[sleep]"
    ]
    assert len(sleeping) == 20
    assert waits.interrupt[sleeping].all()
    assert 1.9e6 < waits.blocked_ns[sleeping].min() <= waits.blocked_ns[sleeping].max() < 4e6


def test_rows_are_in_order_and_their_times_too():
    waits = assemble(read(REAL), pid=PID, offset=0, window=WINDOW, seen={})
    for tid in np.unique(waits.tid).tolist():
        rows = waits.of(tid)
        times = np.column_stack([waits.out[rows], waits.in_[rows]]).ravel()
        assert (np.diff(times) >= 0).all()
    woken = waits.wake > 0
    assert (waits.out <= waits.in_).all()
    assert ((waits.out <= waits.wake) & (waits.wake <= waits.in_))[woken].all()
    assert ((waits.waker > 0) <= woken).all() and (waits.interrupt <= woken).all()


def test_columns():
    waits = joined(event(3000, 4000, 4500), event(5000, 6000, 6100, at=TIMER))
    assert waits.tid.tolist() == [7, 7] and waits.pid.tolist() == [5, 5]
    assert waits.out.tolist() == [3000, 5000] and waits.in_.tolist() == [4500, 6100]
    assert waits.wake.tolist() == [4000, 6000] and waits.blocked_ns.tolist() == [1000, 1000]
    assert waits.waker.tolist() == [9, 0] and waits.waker_pid.tolist() == [8, 0]
    assert waits.interrupt.tolist() == [False, True]
    assert waits.comms == {7: "one", 9: "\ntwo"}
    assert waits.stacks[waits.stack[0]] == ("__schedule", "schedule", "anon_pipe_read", "vfs_read")
    assert waits.stacks[waits.waker_stack[0]] == ("try_to_wake_up", "wake_up_q")
    assert waits.begun.all() and waits.ended.all() and waits.lost == 0


def test_states():
    numbers = {0: "R", 0x100: "R", 1: "S", 2: "D", 4: "T", 8: "t", 0x40: "P", 0x80: "I"}
    waits = joined(*(event(3000 + n, 0, 3000 + n, state=n, tid=7) for n in numbers))
    assert "".join(map(chr, waits.state)) == "".join(numbers[n] for n in sorted(numbers))


def test_another_clock():
    waits = joined(event(13000, 14000, 14500), b"N 9 12500\n", b"X 9 15000\n", offset=-10000)
    assert (waits.out[0], waits.wake[0], waits.in_[0]) == (3000, 4000, 4500)
    assert waits.threads_begun == {9: 2500} and waits.threads_ended == {9: 5000}


def test_who_was_preempted_was_woken_by_nobody():
    waits = joined(event(3000, 0, 3500, state=0x100), event(4000, 0, 4100, state=0))
    assert waits.wake.tolist() == [0, 0] and waits.runnable.all()
    assert waits.blocked_ns.tolist() == [0, 0] and waits.waker.tolist() == [0, 0]


def test_woken_on_the_way_to_sleep():
    # The waking comes before the switch, where nothing waits for it yet.
    waits = joined(event(3000, 0, 3500), event(4000, 3900, 4100))
    assert waits.wake.tolist() == [3000, 4000] and waits.waker.tolist() == [0, 9]
    assert waits.blocked_ns.tolist() == [0, 0]


def test_cut_to_the_window():
    waits = joined(
        event(1000, 1100, 1200),
        event(1500, 1600, 2100),
        event(2200, 2300, 2400),
        event(8000, 8800, 9500),
        event(9600, 9700, 9800),
        event(8500, 9200, 9300, tid=9),
    )
    assert waits.out.tolist() == [2000, 2200, 8000, 8500]
    assert waits.in_.tolist() == [2100, 2400, 9000, 9000]
    assert waits.wake.tolist() == [2000, 2300, 8800, 0]
    assert waits.begun.tolist() == [False, True, True, True]
    assert waits.ended.tolist() == [True, True, False, False]
    assert waits.waker.tolist() == [9, 9, 9, 0]


def test_still_open_at_the_end():
    waits = joined(
        opened(3000), b"@w[7]: (8000, %d)\n" % (WAKER << TID_BITS | 9), opened(4000, tid=9)
    )
    assert waits.ended.tolist() == [False, False] and waits.in_.tolist() == [9000, 9000]
    assert waits.wake.tolist() == [8000, 0] and waits.waker.tolist() == [9, 0]
    assert waits.blocked_ns.tolist() == [5000, 5000]


def test_begun_before_the_start():
    seen = {7: Seen(2050, "D", ("pipe_read",), 5, "one"), 9: Seen(2050, "S", (), 8, "two")}
    waits = joined(
        event(1500, 3000, 3100, state=SEEDED, stack=0),
        opened(1500, tid=9, state=SEEDED, stack=0),
        opened(1500, tid=10, state=SEEDED, stack=0),
        event(1500, 0, 0, tid=11, state=SEEDED, stack=0),
        seen=seen,
    )
    # Of the others nobody knows that they ever waited.
    assert waits.tid.tolist() == [7, 9]
    assert waits.out.tolist() == [2000, 2000] and not waits.begun.any()
    assert "".join(map(chr, waits.state)) == "DS"
    assert waits.stacks[waits.stack[0]] == ("pipe_read",) and waits.stack[1] == -1
    assert waits.ended.tolist() == [True, False] and waits.lost == 0


def test_a_look_that_came_too_late_says_nothing():
    waits = joined(
        event(1500, 2010, 2020, state=SEEDED, stack=0), seen={7: Seen(2050, "S", ("x",), 5, "")}
    )
    assert chr(waits.state[0]) == "?" and waits.stack[0] == -1


def test_who_was_not_seen_to_come_back():
    waits = joined(event(3000, 4000, 0), event(5000, 0, 0, state=0x100), event(6000, 6100, 6200))
    assert waits.out.tolist() == [3000, 6000] and waits.in_.tolist() == [4000, 6200]
    assert waits.lost == 2


def test_who_is_said_to_wait_twice_at_a_time():
    waits = joined(event(3000, 5000, 6000), event(4000, 4500, 4600))
    assert len(waits) == 1 and waits.lost == 1


def test_a_stack_that_was_lost():
    waits = joined(event(3000, 4000, 4500, stack=77, at=78), b"Lost 3 events\n")
    assert waits.stack.tolist() == [-1] and waits.waker_stack.tolist() == [-1]
    assert waits.waker.tolist() == [9] and waits.lost == 3


def test_a_stack_and_a_thread_that_only_the_maps_tell_of():
    told = b"@c[11]: 10\n@id[\n    pipe_read+1\n    vfs_read+2\n]: 77\n@id[]: 78\n@n[0]: 5\n"
    waits = joined(event(3000, 4000, 4500, stack=77, tid=11), told)
    assert waits.stacks[waits.stack[0]] == ("pipe_read", "vfs_read")
    assert waits.pid.tolist() == [10]
    assert joined(event(3000, 4000, 4500, stack=77), told[:-30]).stack.tolist() == [-1]


def test_lost_is_told_among_the_messages_too():
    assert read(HEAD, b"WARNING: x\nLost 4 events\nLost 5 events\n").lost == 9


def test_what_was_sent_and_is_not_there_was_lost():
    assert joined(event(3000, 4000, 4500), b"@sent: 1\n").lost == 0
    assert joined(event(3000, 4000, 4500), opened(5000), b"@sent: 8\n").lost == 7
    assert joined(event(3000, 4000, 4500), b"Lost 9 events\n@sent: 8\n").lost == 9


def test_the_same_stack_by_two_numbers():
    again = STACKS.replace(b"K 4096", b"K 12288")
    waits = joined(again, event(3000, 4000, 4500), event(5000, 6000, 6500, stack=12288))
    assert waits.stack[0] == waits.stack[1] and len(set(waits.stacks)) == len(waits.stacks)


def test_as_context_switches():
    waits = joined(
        event(1500, 3000, 3100, state=SEEDED, stack=0),
        event(4000, 0, 4500, state=0x100),
        opened(5000),
        event(4100, 4200, 4300, tid=9),
        b"N 9 4050\n",
    )
    switches = waits.switches()
    assert switches.tid.tolist() == [7, 7, 7, 7, 9, 9]
    assert switches.pid.tolist() == [5, 5, 5, 5, 8, 8]
    assert switches.time.tolist() == [3100, 4000, 4500, 5000, 4100, 4300]
    assert switches.what.tolist() == [IN, PREEMPTED, IN, OUT, OUT, IN]
    assert switches.begun == {9: 4050} and switches.lost == 0


def test_an_early_end():
    waits = joined(event(3000, 4000, 4500), full=True)
    assert waits.full and waits.window == (2000, 4500)


def test_nothing_happened():
    waits = joined()
    assert len(waits) == 0 and len(waits.switches().tid) == 0 and waits.stacks


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (b"1 2 3 4\n", "line 19: '1 2 3 4'"),
        (b"1 2 3 4 5 6\n", "line 19"),
        (b"1 2 3 4 5 \n", "line 19"),
        (b"1 2  3 4 5\n", "line 19"),
        (b"1 2 3 4 x\n", "line 19"),
        (b"1 2 3 4 -5\n", "line 19"),
        (b"1 2 3 4 99999999999999999999\n", "too large"),
        (b"nonsense\n", "line 19: 'nonsense'"),
        (b"        frame+1\n", "line 19"),
        (b"C 1 x\n", "line 19"),
        (b"B 7 8\n", "line 19"),
        (b"N 8\n", "line 19"),
        (b"@o[7]: 8\n", "line 19"),
        (b"@id[\n    f+1\n    g+2\n1\n", "line 22"),
        (b"@id[\n    f+1\n]: x\n", "line 21"),
        (b"@other[7]: (8, 9)\n", "line 19"),
    ],
)
def test_what_does_not_fit_is_refused(line, where):
    assert HEAD.count(b"\n") == 18
    with pytest.raises(ValueError, match=re.escape(where)):
        read(HEAD + line + event(3000, 4000, 4500))


def test_nothing_at_all_is_refused():
    for output in (b"", b"\n", b"Attaching 5 probes...\n", event(1, 2, 3)):
        with pytest.raises(ValueError, match="line 1"):
            read(output)


@pytest.mark.parametrize("step", [1, 7])
def test_cut_off_anywhere(step):
    whole = read(REAL)
    # Up to what is still open, which comes last.
    events = whole.events[: len(whole.events) - whole.open]
    for end in itertools.chain(
        range(len(b"B 4154694942000\n"), 4000, step), range(len(REAL) - 5000, len(REAL), 4 * step)
    ):
        some = read(REAL[:end])
        closed = len(some.events) - some.open
        assert np.array_equal(some.events[:closed], events[:closed])
        assert (
            some.stacks.items() <= whole.stacks.items() or some.stacks.keys() <= whole.stacks.keys()
        )


@given(st.data())
def test_damage_is_refused_or_read(data):
    at = data.draw(st.integers(0, len(REAL) - 1))
    put = data.draw(st.binary(max_size=4))
    gone = data.draw(st.integers(0, 40))
    try:
        report = read(REAL[:at] + put + REAL[at + gone :])
    except ValueError as error:
        assert str(error).startswith("line ") or "too large" in str(error)
        return
    waits = assemble(report, pid=PID, offset=0, window=WINDOW, seen={})
    assert (waits.out <= waits.in_).all()


def test_the_program():
    text = script([5, 6], range(100, 100 + 2 * MOST_SEEDS))
    assert text.count("pid == 5 || pid == 6") == 2
    assert len(re.findall(r"@o\[\d+\] = ", text)) == MOST_SEEDS
    assert text.count("{") == text.count("}")
