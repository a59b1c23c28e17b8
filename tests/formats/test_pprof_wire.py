"""Protobuf decoded in columns, held against protobuf itself and against plain Python."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perfnb.formats.pprof import runs
from perfnb.formats.pprof.runs import PAD, Finder, Runs
from perfnb.formats.pprof.samples import Decoder
from perfnb.formats.pprof.schema import message_type
from perfnb.formats.pprof.varints import Damaged, Messages, packed

SAMPLE = message_type("Sample")
# Every size a varint can have, and its edges.
numbers = st.one_of(
    st.integers(0, 300),
    st.builds(lambda bits, off: max(0, (1 << bits) - off), st.integers(0, 63), st.integers(0, 1)),
    st.integers(0, 2**64 - 1),
)


def varint(number):
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*data, number])


def field(number, wire, content):
    size = varint(len(content)) if wire == 2 else b""
    return varint(number << 3 | wire) + size + content


@st.composite
def samples(draw, types=2):
    """One sample, its numbers packed or not or in part, with fields that no one knows."""
    fields = []
    for number, values in (
        (1, draw(st.lists(numbers, max_size=6))),
        (2, draw(st.lists(numbers, min_size=types, max_size=types))),
    ):
        while values:
            some = draw(st.integers(1, len(values)))
            if some == 1 and draw(st.booleans()):
                fields.append(field(number, 0, varint(values[0])))
            else:
                fields.append(field(number, 2, b"".join(map(varint, values[:some]))))
            values = values[some:]
    fields += [
        field(3, 2, content) for content in draw(st.lists(st.binary(max_size=20), max_size=3))
    ]
    fields += draw(
        st.lists(
            st.sampled_from(
                [
                    field(4, 0, b"\x07"),
                    field(900, 1, bytes(8)),
                    field(5, 5, b"abcd"),
                    field(1, 2, b""),
                ]
            ),
            max_size=2,
        )
    )
    return b"".join(draw(st.permutations(fields)))


def columns(raw, types, size):
    with Decoder() as decoder:
        decoder.extend(raw, types, size)
        return decoder.columns(types)


@given(st.lists(samples(), max_size=20))
def test_samples_in_columns_are_what_protobuf_reads(raw):
    found = columns(raw, 2, sum(map(len, raw)))
    wanted = [SAMPLE.FromString(one) for one in raw]
    assert found.value.T.tolist() == [list(one.value) for one in wanted]
    stacks = unpacked(found.stack.content)
    assert [stacks[row] for row in found.stack.row] == [list(one.location_id) for one in wanted]
    labels = [list(SAMPLE.FromString(one).label) for one in found.label.content]
    assert [labels[row] for row in found.label.row] == [list(one.label) for one in wanted]


def test_samples_beyond_a_chunk_keep_their_places():
    raw = [SAMPLE(location_id=[n % 7 + 1], value=[n, -n]).SerializeToString() for n in range(3000)]
    found = columns(raw, 2, 10**9)
    assert found.value.tolist() == [list(range(3000)), [-n for n in range(3000)]]
    assert found.stack.content == [bytes([n]) for n in range(1, 8)]
    assert found.stack.row.tolist() == [n % 7 for n in range(3000)]
    with pytest.raises(Damaged) as caught:
        columns([*raw, b""], 2, 10**9)
    assert caught.value.index == 3000


def unpacked(rows):
    """Return the numbers of each row."""
    found = []
    for values, count in packed(rows):
        found += [part.tolist() for part in np.split(values, np.cumsum(count))[:-1]]
    return found


@given(st.lists(st.lists(numbers, max_size=5), min_size=1, max_size=20))
def test_packed_rows_are_their_numbers(rows):
    assert unpacked([b"".join(map(varint, row)) for row in rows]) == rows


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x08", "cut off"),
        (b"\x08\x80", "cut off"),
        (b"\x0a\x05\x01", "cut off"),
        (b"\x0a" + b"\xff" * 9 + b"\x01", "cut off"),
        (b"\x0d\0\0\0", "cut off"),
        (b"\x80", "cut off"),
        (b"\x08" + b"\x80" * 10 + b"\0", "cut off"),
        (b"\0\0", "not a field"),
        (b"\x0b\x0c", "not a field"),
        (b"\x0e\0", "not a field"),
        (b"\x12\x02\x01\x80", "cut off"),
        (b"\x12\x03\x01\x01\x01", "more values"),
        (b"\x10\x01", "fewer values"),
        (b"\x08\0" * 5000, "more than 4,096 fields"),
    ],
)
def test_damaged_samples_are_told_with_their_place(data, what):
    sound = SAMPLE(location_id=[1], value=[1, 2]).SerializeToString()
    with pytest.raises(Damaged, match=what) as caught:
        columns([sound, sound, data, sound], 2, 100)
    assert caught.value.index == 2


@pytest.mark.parametrize("row", [b"\x80", b"\x01\xff", b"\xff" * 10 + b"\x01"])
def test_damaged_packed_numbers_are_told_with_their_row(row):
    with pytest.raises(Damaged) as caught:
        list(packed([b"\x01", b"", row, b"\x01"]))
    assert caught.value.index == 2


def test_rows_beyond_a_chunk_keep_their_places():
    rows = [varint(n) * 5000 for n in (1, 300, 70_000)] * 20
    assert [set(row) for row in unpacked(rows)] == [{1}, {300}, {70_000}] * 20
    with pytest.raises(Damaged) as caught:
        list(packed([*rows, b"\x80"]))
    assert caught.value.index == len(rows)


def distinct(parts):
    finder = Finder()
    for part in parts:
        runs = laid_out(part)
        finder.add(runs, runs.prints())
    return finder.distinct()


def laid_out(contents):
    sizes = np.array([len(one) for one in contents], dtype=np.int64)
    ends = np.cumsum(sizes)
    return Runs(b"".join(contents) + PAD, ends - sizes, ends)


contents = st.lists(
    st.one_of(
        st.binary(max_size=3),
        st.binary(max_size=40),
        # Alike but for one byte, or for their size.
        st.builds(lambda n, at: bytes(n)[:at] + b"\1" + bytes(n)[at:], *[st.integers(0, 30)] * 2),
        st.integers(500, 530).map(bytes),
    ),
    max_size=30,
)


@given(st.lists(contents, max_size=3))
@example([[b"", b"\0", b"\0\0", b"\0" * 8, b"\0" * 9]])
def test_runs_are_alike_if_their_bytes_are(parts):
    found = distinct(parts)
    flat = [one for part in parts for one in part]
    assert found.content == list(dict.fromkeys(flat))
    assert [found.content[row] for row in found.row] == flat


def test_runs_whose_first_half_of_the_print_is_the_same_are_told_apart(monkeypatch):
    true = Runs.prints

    def alike(self):
        prints = true(self)
        prints[0] = 7
        return prints

    monkeypatch.setattr(runs.Runs, "prints", alike)
    contents = [bytes([n % 50]) for n in range(200)]
    found = distinct([contents])
    assert [found.content[row] for row in found.row] == contents
    assert len(found.content) == 50


def test_a_column_has_the_last_of_several_and_nothing_but_numbers():
    messages = Messages([b"\x08\x01\x08\x02", b"\x0a\x01\x05", b"", b"\x10\x07\x18\x09"])
    assert messages.column(2).tolist() == [[0] * 4, [2, 0, 0, 0], [0, 0, 0, 7]]
