import json

import pytest
from helpers.ascii import COUNT

from perfnb.capture.chrometrace import read_tracks
from perfnb.model import ProfileBuilder


def event(phase, name, at, file="/app/a.py", line=1, tid=7, pid=1):
    """One event, its fields in py-spy's order."""
    return {
        "args": {"filename": file, "line": line},
        "cat": "py-spy",
        "name": name,
        "ph": phase,
        "pid": pid,
        "tid": tid,
        "ts": at,
    }


def trace(*events):
    # As serde writes it: no spaces, no escapes but those that JSON demands.
    return json.dumps(events, separators=(",", ":"), ensure_ascii=False).encode()


def begin(name, at, **place):
    return event("B", name, at, **place)


def end(name, at, **place):
    return event("E", name, at, **place)


def thread(at, name="thread (0x12): main", **place):
    return begin(name, at, file="", line=0, **place)


def tracks(data):
    """Read tracks as (thread, [(time, stack as text)])."""
    builder = ProfileBuilder(COUNT)
    found = read_tracks(data, builder, ())
    tables = builder.tables()

    def text(stack):
        names = []
        while stack >= 0:
            frame = tables.stacks.frame[stack]
            function, line = tables.frames.function[frame], tables.frames.line[frame]
            names.append(f"{tables.functions.name[function]}:{line}")
            stack = tables.stacks.parent[stack]
        return " ".join(reversed(names))

    return [
        (t.thread, list(zip(t.at.tolist(), map(text, t.stack.tolist()), strict=True)))
        for t in found
    ]


def test_begins_and_ends_make_stacks():
    data = trace(
        thread(5), begin("main", 5), begin("f", 5, line=2),
        end("f", 20), begin("f", 20, line=3),
        end("f", 30), begin("g", 30, line=9), begin("h", 30, line=None),
        end("h", 40), end("g", 40), end("main", 40), end("thread", 40),
    )  # fmt: skip
    ((who, changes),) = tracks(data)
    assert (who.pid, who.tid, who.name) == (1, 18, "main")
    # The ends at the very end are py-spy's, when it stops: nothing was seen then.
    assert changes == [(5, "main:1 f:2"), (20, "main:1 f:3"), (30, "main:1 g:9 h:0")]


def test_a_stack_that_empties_before_the_end_is_empty():
    data = trace(thread(5), begin("main", 5), end("main", 9), begin("other", 12))
    assert tracks(data)[0][1] == [(5, "main:1"), (9, ""), (12, "other:1")]


def test_threads_and_processes_are_told_apart():
    data = trace(
        begin('process 1:"python app.py"', 1, file="", line=0),
        thread(1), begin("a", 1),
        thread(2, "thread (0x13)", tid=8), begin("b", 2, tid=8),
        thread(3, pid=2), begin("c", 3, pid=2),
    )  # fmt: skip
    found = tracks(data)
    assert [(t.pid, t.tid, t.name, t.process) for t, _ in found] == [
        (1, 18, "main", "python app.py"),
        (1, 19, "", ""),
        (2, 18, "main", ""),
    ]
    assert [changes for _, changes in found] == [[(1, "a:1")], [(2, "b:1")], [(3, "c:1")]]


def test_an_id_that_is_given_out_again_is_another_thread():
    data = trace(
        thread(1), begin("a", 1), end("a", 5), end("thread", 5),
        thread(9, "thread (0x99): next"), begin("b", 9),
    )  # fmt: skip
    assert [(t.tid, t.name, changes) for t, changes in tracks(data)] == [
        (0x12, "main", [(1, "a:1"), (5, "")]),
        (0x99, "next", [(9, "b:1")]),
    ]


@pytest.mark.parametrize(
    "name", ['quo"te', "back\\slash", "new\nline", "😀", "<lambda>", "a],[{}", "\x00", "thread (x)"]
)
def test_names_arrive_as_they_are(name):
    data = trace(thread(1), begin(name, 1, file="/tmp/é\"'\\.py"))
    assert tracks(data)[0][1] == [(1, f"{name}:1")]


def test_lines_that_cannot_be_are_unknown():
    assert tracks(trace(thread(1), begin("f", 1, line=-3)))[0][1] == [(1, "f:0")]


def test_no_events_are_no_tracks():
    assert tracks(b"[]") == []


GOOD = trace(thread(1), begin("a]", 1), begin("b", 1), end("b", 5), begin("c}]", 5))


def test_every_beginning_of_a_trace_is_refused():
    for length in range(len(GOOD)):
        with pytest.raises(ValueError, match=r".*"):
            tracks(GOOD[:length])


def test_every_hole_in_a_trace_is_refused():
    for at in range(1, len(GOOD) - 30, 7):
        with pytest.raises(ValueError, match=r".*"):
            tracks(GOOD[:at] + b"\xff" + GOOD[at + 23 :])


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"null", b"[1]", b"[{}]", b"[[]]", b"text", b"\xff\xfe", b'["]', GOOD + GOOD],
)
def test_what_is_no_trace_is_refused(data):
    with pytest.raises(ValueError, match=r".*"):
        tracks(data)


def test_an_end_without_a_begin_is_refused():
    with pytest.raises(ValueError, match="ends at 5 µs that has not begun"):
        tracks(trace(end("a", 5), begin("b", 6)))
