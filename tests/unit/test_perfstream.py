"""The stream of context switches that perf writes."""

import struct

import numpy as np
import pytest
from helpers.kernels import TESTS
from hypothesis import given
from hypothesis import strategies as st

from perfnb.capture.perfstream import IN, OUT, PREEMPTED, read_switches

HEAD = b"PERFILE2" + struct.pack("<Q", 16)
TID, TIME, ID, CPU = 1 << 1, 1 << 2, 1 << 6, 1 << 7
MISC = {IN: 0, OUT: 1 << 13, PREEMPTED: (1 << 13) | (1 << 14)}


def record(kind, body, misc=0):
    return struct.pack("<IHH", kind, misc, 8 + len(body)) + body


def attribute(sample_type=TID | TIME | ID):
    fields = struct.pack("<IIQQQ", 1, 128, 9, 0, sample_type)
    return record(64, fields.ljust(128, b"\0") + struct.pack("<Q", 13))


def switch(tid, time, what, extra=b"\0" * 8):
    return record(14, struct.pack("<IIQ", 1, tid, time) + extra, MISC[what])


def rows(data):
    found = read_switches(data)
    columns = (found.tid, found.time, found.what)
    return list(zip(*(column.tolist() for column in columns), strict=True))


events = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 2**62), st.sampled_from((IN, OUT, PREEMPTED))),
    max_size=40,
)


@given(events, st.integers(0, 5))
def test_every_switch_is_there_sorted_by_thread_and_time(found, rounds):
    data = HEAD + attribute()
    for number, event in enumerate(found):
        # Between them come records of other kinds and sizes.
        data += record(68, b"") * (number % (rounds + 1) == 0) + switch(*event)
    assert rows(data) == sorted(found, key=lambda row: row[:2])


@given(events, st.integers(0, 60))
def test_a_last_record_that_is_cut_off_is_left_out(found, cut):
    whole = HEAD + attribute() + b"".join(switch(*event) for event in found)
    head = len(HEAD + attribute())
    data = whole[: max(head, len(whole) - cut)]
    kept = (len(data) - head) // 32
    assert len(read_switches(data).tid) == kept


def test_losses_and_threads_lives_are_told():
    data = HEAD + attribute()
    data += record(7, struct.pack("<4IQ", 1, 1, 5, 1, 100) + b"\0" * 24)
    data += switch(5, 110, IN) + record(2, struct.pack("<QQ", 13, 42) + b"\0" * 24)
    data += record(4, struct.pack("<4IQ", 1, 1, 5, 1, 900) + b"\0" * 24)
    found = read_switches(data)
    assert (found.lost, found.begun, found.ended) == (42, {5: 100}, {5: 900})


def test_the_idle_task_is_no_thread():
    assert rows(HEAD + attribute() + switch(0, 5, OUT) + switch(7, 6, IN)) == [(7, 6, IN)]


def test_more_columns_do_no_harm():
    data = HEAD + attribute(TID | TIME | ID | CPU) + switch(7, 6, OUT, b"\1" * 16)
    assert rows(data) == [(7, 6, OUT)]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "does not begin"),
        (b"PERFILE1" + HEAD[8:], "does not begin"),
        (HEAD + switch(1, 2, IN), "before what its columns are"),
        (HEAD + attribute(TIME), "no thread or no time"),
        (HEAD + attribute() + switch(1, 2, IN, b""), "a switch of 24 bytes"),
        (HEAD + struct.pack("<IHH", 14, 0, 0) + b"\0" * 16, "a record of 0 bytes"),
        (HEAD + record(81, b"\0" * 8), "a record of kind 81"),
    ],
)
def test_other_bytes_are_refused_with_the_place(data, what):
    with pytest.raises(ValueError, match=what):
        read_switches(data)


@given(st.binary(max_size=300))
def test_nonsense_is_read_or_refused(data):
    for whole in (data, HEAD + data, HEAD + attribute() + data):
        try:
            found = read_switches(whole)
        except ValueError:
            continue
        assert len(found.tid) == len(found.time)


def test_a_real_stream():
    # A thread that slept 5 ms thirty times and one that only ran: see provenance.json.
    data = (TESTS / "data" / "offcpu" / "perf" / "switches.perf").read_bytes()
    found = read_switches(data)
    assert found.lost == 0
    for tid in np.unique(found.tid).tolist():
        what = found.what[found.of(tid)]
        # A thread gets a CPU and gives it up by turns.
        assert ((what[1:] == IN) != (what[:-1] == IN)).all()
    out = found.what == OUT
    slept = [
        np.diff(found.time[found.of(tid)])[out[found.of(tid)][:-1]]
        for tid in np.unique(found.tid).tolist()
    ]
    times = np.concatenate(slept)
    assert np.count_nonzero((times > 5_000_000) & (times < 6_500_000)) >= 28
