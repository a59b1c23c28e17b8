"""Waits as samples: who held the lock, what tasks waited, and what is the notebook's own."""

import numpy as np
import pytest
from helpers.switching import MS

from perfnb.capture.offcpu.attribute import Attributed
from perfnb.capture.offcpu.awaits import Awaited
from perfnb.capture.offcpu.frames import _ends
from perfnb.capture.offcpu.loops import _until_the_loop_came_round
from perfnb.capture.offcpu.segments import BLOCKED, ON, STOPPED
from perfnb.capture.offcpu.shares import HELD, HOW, LABEL, with_shares
from perfnb.model import Label, Metadata, ProfileBuilder, Thread
from perfnb.notebook.clean import without_machinery
from perfnb.units import ValueType


def pieces(*parts):
    """Of (ms, state, stack) each."""
    length = np.array([round(ms * MS) for ms, *_ in parts], dtype=np.int64)
    state, stack = (np.array([part[i] for part in parts]) for i in (1, 2))
    how, why = np.full(len(parts), 2, np.uint8), np.zeros(len(parts), np.int64)
    start = np.append(0, np.cumsum(length)[:-1])
    return Attributed(start, length, state.astype(np.uint8), stack.astype(np.int64), how, why)


def test_the_parts_of_one_wait_have_the_end_of_the_last():
    of = pieces(
        (9, BLOCKED, 1), (0.2, STOPPED, 1), (0.1, ON, 0), (9, BLOCKED, 1),
        (5, ON, 0), (9, BLOCKED, 1), (0.1, ON, 0), (9, BLOCKED, 2),
    )  # fmt: skip
    rows = np.flatnonzero(of.state == BLOCKED)
    # Of the first wait the end is known, of the second not, of the third, elsewhere, it is.
    assert _ends(of, rows, np.array([False, True, False, True])).tolist() == [1, 1, -1, 3]
    assert _ends(of, rows, np.zeros(4, dtype=bool)).tolist() == [-1] * 4
    assert _ends(of, rows[:0], np.zeros(0, dtype=bool)).tolist() == []


def awaits(*rows):
    """Of (task, start ms, ms) each."""
    task, start, length = (np.array(column) for column in zip(*rows, strict=True))
    nothing = np.zeros(len(rows), dtype=np.int64)
    start, length = (np.round(one * MS).astype(np.int64) for one in (start, length))
    return Awaited(task.astype(np.int32), nothing.astype(np.int32), start, length,
                   nothing.astype(np.uint8), nothing[:0])  # fmt: skip


def test_a_task_waits_until_the_loop_comes_round_to_it_but_not_while_it_works():
    found = awaits((1, 0, 5), (2, 0, 9.6), (1, 5.4, 4), (2, 10, 1), (1, 20, 1))
    lasted = _until_the_loop_came_round(found)
    assert (lasted / MS).tolist() == pytest.approx([5.4, 10, 4, 1, 1])


def profile(*rows, level="exact"):
    """Waits of (thread, stack, ms, how): frames are `module:name`, `[reason]` or `!synthetic`."""
    builder = ProfileBuilder(ValueType("off-CPU", "ns"))
    labels = {how: builder.labels([Label(LABEL, how)]) for how in HOW}
    for thread, text, ms, how in rows:
        stack = -1
        for word in text.split():
            module, _, name = word.rpartition(":")
            file = "In [1]" if module == "__main__" else ""
            kind = "wait" if word.startswith("[") else "synthetic" if word[0] == "!" else "python"
            name = HELD if name == "!held" else name.removeprefix("!")
            stack = builder.push(stack, builder.frame(name, file, 0, module, kind))
        builder.sample(stack, builder.thread(Thread(1, thread, f"t{thread}")), ms * MS,
                       time=0, duration=ms * MS, state="off-CPU", label=labels[how])  # fmt: skip
    threads = [{"pid": 1, "tid": tid, "name": f"t{tid}"} for tid in sorted({r[0] for r in rows})]
    extra = {"offcpu": {"level": level}, "threads": threads}
    return builder.build(Metadata(start_monotonic_ns=0, extra=extra))


def test_how_stacks_were_found_is_told_of_what_is_there():
    seen = with_shares(profile((1, "a:b [x]", 5, "inside"), (1, "a:b [y]", 3, "nearest"),
                               (2, "!u [x]", 2, "unattributed")))  # fmt: skip
    facts = seen.metadata.extra["offcpu"]
    assert [facts[how] / MS for how in ("inside", "nearest", "unattributed")] == [5, 3, 2]
    one = with_shares(seen.where(thread=1))
    assert one.metadata.extra["offcpu"]["unattributed"] == 0
    assert [row["tid"] for row in one.metadata.extra["threads"]] == [1]


def test_a_profile_of_other_things_is_left_as_it_is():
    builder = ProfileBuilder(ValueType("on-CPU", "ns"))
    builder.sample(builder.stack([builder.frame("f")]))
    plain = builder.build()
    assert with_shares(plain) is plain


def test_threads_of_the_machinery_are_left_out_with_all_that_is_not_known_of_them():
    seen = profile(
        (1, "ipykernel.kernelapp:run __main__:work [sleep]", 5, "inside"),
        (1, "ipykernel.kernelapp:run !held", 1, "inside"),
        (1, "!unattributed [run queue]", 1, "unattributed"),
        (2, "threading:run zmq.poll:poll [poll]", 9, "inside"),
        (2, "!unattributed [poll]", 9, "unattributed"),
        (3, "threading:run mine:job [lock]", 7, "inside"),
        (3, "!unattributed [lock]", 2, "unattributed"),
    )
    kept = without_machinery(seen, 1)
    by_thread = {}
    for thread, weight in zip(kept.samples.thread.tolist(), kept.samples.weight, strict=True):
        tid = kept.threads[thread].tid
        by_thread[tid] = by_thread.get(tid, 0) + int(weight) // MS
    assert by_thread == {1: 6, 3: 9}


def test_a_cell_that_awaits_waits_in_the_event_loop():
    seen = profile((1, "ipykernel.kernelapp:run selectors:select [poll]", 5, "inside"))
    kept = without_machinery(seen, 1)
    assert kept.functions()["name"].to_list() == ["[event loop]"]
