"""Protobuf decoded in columns, held against protobuf itself and against plain Python."""

import threading

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perfnb.formats.pprof import runs, split
from perfnb.formats.pprof import samples as decoded
from perfnb.formats.pprof.runs import PAD, Finder, Runs
from perfnb.formats.pprof.samples import Decoder
from perfnb.formats.pprof.schema import message_type
from perfnb.formats.pprof.varints import Damaged, Messages, packed

SAMPLE, PROFILE = message_type("Sample"), message_type("Profile")
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
        return decoder.columns(types).result()


@given(st.lists(samples(), max_size=20))
def test_samples_in_columns_are_what_protobuf_reads(raw):
    found = columns(raw, 2, sum(map(len, raw)))
    wanted = [SAMPLE.FromString(one) for one in raw]
    assert found.value.T.tolist() == [list(one.value) for one in wanted]
    stacks = unpacked(found.stack.content)
    assert [stacks[row] for row in found.stack.row] == [list(one.location_id) for one in wanted]
    labels = [list(SAMPLE.FromString(one).label) for one in found.label.content]
    assert [labels[row] for row in found.label.row] == [list(one.label) for one in wanted]


@st.composite
def usual(draw):
    """One sample as tools write it, now and then with a byte changed."""
    ids = draw(st.lists(numbers, min_size=1, max_size=30))
    values = draw(st.lists(numbers, min_size=2, max_size=2))
    labels = draw(st.lists(st.binary(max_size=20), max_size=3))
    fields = [(1, b"".join(map(varint, ids))), (2, b"".join(map(varint, values)))]
    data = bytearray(b"".join(field(n, 2, one) for n, one in [*fields, *((3, b) for b in labels)]))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


@given(st.lists(usual(), min_size=1, max_size=5))
def test_the_usual_way_is_what_the_other_one_reads(raw):
    block = Messages(raw)
    found = decoded._as_usual(block, 2)
    try:
        wanted = decoded._anyhow(block, 2)
    except Damaged:
        assert found is None
        return
    if found is not None:
        assert found[0].tolist() == wanted[0].tolist()
        assert [one.cut() for one in found[1:]] == [one.cut() for one in wanted[1:]]


def test_the_usual_way_is_taken():
    labels = [b"\x08\x01\x10\x02"] * 3
    raw = [SAMPLE(location_id=[1] * n, value=[n, -1], label=labels[: n % 4]) for n in range(1, 300)]
    block = Messages([one.SerializeToString() for one in raw])
    assert decoded._as_usual(block, 2) is not None
    assert decoded._as_usual(block, 1) is None
    assert decoded._as_usual(block, 3) is None


others = st.sampled_from(
    [
        field(1, 2, b"\x08\x01"),
        field(4, 2, b"\x08\x12"),
        field(6, 2, b"\x12" * 9),
        field(9, 0, b"\x12"),
        field(900, 1, b"\x12" * 8),
    ]
)
some_samples = st.one_of(
    st.binary(max_size=20),
    # Their size takes one byte, two or three.
    st.sampled_from([0, 1, 127, 128, 16383, 16384, 20000]).map(lambda size: b"\x12" * size),
).map(lambda content: field(2, 2, content))


@given(
    st.lists(st.one_of(some_samples, some_samples, others), max_size=12),
    st.sampled_from([1, 7, 100, 10**6]),
    st.sampled_from([1, 50, 10**6]),
    st.integers(0, 5),
    st.booleans(),
)
def test_a_file_is_split_into_what_protobuf_reads(fields, step, block, looked_at, cut):
    data = b"".join(fields)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(split, "_BLOCK", block)
        patch.setattr(split, "_FIELDS", looked_at)
        splitter = split.Splitter()
        # One that is cut off at the end of the file is for protobuf to complain of.
        file = data + b"\x12\x85\x01\0" * cut
        found = [splitter.feed(file[at : at + step]) for at in range(0, len(file), step)]
        blocks = [block for some in (*found, splitter.finish()) for block in some]
    rest = b"".join(splitter.rest)
    if cut:
        assert rest.endswith(b"\x12\x85\x01\0")
        rest = rest[:-4]
    own = PROFILE.FromString(rest)
    contents = [
        one.data[begin:end]
        for one in blocks
        for begin, end in zip(one.begin.tolist(), one.end.tolist(), strict=True)
    ]
    wanted = PROFILE.FromString(data)
    assert [*contents, *own.sample] == list(wanted.sample)
    own.ClearField("sample")
    wanted.ClearField("sample")
    assert own == wanted
    assert splitter.size == len(file)


@pytest.mark.parametrize("data", [b"\x80" * 500, b"\0" * 500, b"\x12" + b"\xff" * 500, b"\x0c" * 9])
def test_what_is_no_field_is_left_to_protobuf(data):
    splitter = split.Splitter()
    sound = field(2, 2, b"\x08\x01")
    blocks = [*splitter.feed(sound + data), *splitter.finish()]
    assert sum(map(len, blocks)) == 1
    assert b"".join(splitter.rest) == data


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_no_thread_is_left_whatever_happens(error):
    sample = field(2, 2, SAMPLE(location_id=[1], value=[1, 2]).SerializeToString())

    def pieces():
        for _ in range(20):
            yield sample * 100_000
        raise error

    with pytest.raises(error), Decoder() as decoder:
        decoder.read(pieces())
    assert not [one for one in threading.enumerate() if one.name.startswith("perfnb-pprof")]


def test_how_many_values_a_sample_has_may_be_said_after_it():
    sample = SAMPLE(location_id=[1], value=[5, 6]).SerializeToString()
    for said in (0, 1, 3, 900):
        with Decoder() as decoder:
            decoder.add(Messages([sample] * 3), said)
            assert decoder.columns(2).result().value.tolist() == [[5] * 3, [6] * 3]


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
    rows = [varint(n) * 5000 for n in (1, 300, 70_000)] * 40
    assert [set(row) for row in unpacked(rows)] == [{1}, {300}, {70_000}] * 40
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
