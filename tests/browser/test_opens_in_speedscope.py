"""speedscope itself opens files, and saves what it made of them: its own, independent reading."""

import json
import sys
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
from helpers.ascii import draw, rows
from helpers.strategies import HOSTILE

from perfnb.formats import write_all
from perfnb.formats.read import read_all
from perfnb.model import ProfileBuilder, Thread
from perfnb.units import ValueType

sys.path.insert(0, str(Path(__file__).parents[1] / "formats"))
from captures import captures

RELEASE = Path(__file__).parents[1] / "peers/node_modules/speedscope/dist/release"
pytestmark = pytest.mark.skipif(
    not RELEASE.is_dir(), reason="speedscope is not installed: `npm ci` in tests/peers"
)
NANOSECONDS = {"nanoseconds": 1, "microseconds": 1e3, "seconds": 1e9}


@pytest.fixture
def reopened(browser, tmp_path):
    """What speedscope saves after it opened a file."""

    def reopened(path):
        page = browser.new_page()
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.goto((RELEASE / "index.html").as_uri())
        with page.expect_console_message(lambda message: message.text.startswith("import:")):
            page.set_input_files("input[type=file]", path)
        try:
            page.get_by_text("Sandwich").wait_for()
        except Exception as error:
            raise AssertionError(f"not opened: {said}") from error
        with page.expect_download() as saved:
            page.keyboard.press("Control+s")
        document = json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))
        page.close()
        return document

    return reopened


def totals(document):
    """Self and total of each function of a saved file, by replaying its events."""
    frames = [(one["name"], one.get("file") or "") for one in document["shared"]["frames"]]
    own, total = Counter(), Counter()
    for profile in document["profiles"]:
        factor = NANOSECONDS.get(profile["unit"], 1)
        path, last = [], 0.0
        for event in profile["events"]:
            passed = (event["at"] - last) * factor
            for frame in {frames[one] for one in path}:
                total[frame] += passed
            if path:
                own[frames[path[-1]]] += passed
            last = event["at"]
            path.append(event["frame"]) if event["type"] == "O" else path.pop()
    return own, total


def ours(profile):
    table = list(profile.functions().select("name", "file", "self", "total").iter_rows())
    return [Counter({row[:2]: row[column] for row in table if row[column]}) for column in (2, 3)]


def some(counter):
    return {key: value for key, value in counter.items() if value > 1e-6}


def same(document, profile):
    for theirs, mine in zip(totals(document), ours(profile), strict=True):
        assert some(theirs) == pytest.approx(some(mine), rel=1e-6)


@pytest.mark.parametrize("capture", captures("speedscope"), ids=lambda one: one.id)
def test_real_files_read_as_speedscope_reads_them(capture, reopened):
    (profile,) = read_all(capture.path, format="speedscope").values()
    own, total = totals(reopened(capture.path))
    # py-spy's frame for a process is none of its functions.
    theirs = [
        Counter({key: one for key, one in each.items() if not key[0].startswith("process ")})
        for each in (own, total)
    ]
    for found, mine in zip(theirs, ours(profile), strict=True):
        assert some(found) == pytest.approx(some(mine), rel=1e-6)


@pytest.mark.parametrize("capture", captures("cpuprofile"), ids=lambda one: one.id)
def test_own_times_of_v8_are_those_speedscope_finds(capture, reopened):
    (profile,) = read_all(capture.path, format="cpuprofile").values()
    own, _ = totals(reopened(capture.path))
    theirs, mine = Counter(), Counter()
    for (name, _), one in own.items():
        theirs[name] += one
    for (name, _), one in ours(profile)[0].items():
        mine[name] += one
    # To speedscope, the last sample lasts no time at all.
    last = rows(profile)[-1]
    mine[last.functions()[-1].name] -= last.weight
    # It does not show waiting, and puts names of its own to functions without one.
    named = [name for name in mine if not name.startswith("(")]
    assert named
    assert {name: mine[name] for name in named} == pytest.approx({n: theirs[n] for n in named})


def timed():
    builder = ProfileBuilder(ValueType("wall", "ns"))
    a, b = (builder.frame(name, "a.py", line) for line, name in enumerate("ab", 1))
    one, two = (builder.thread(Thread(7, tid, f"t{tid}")) for tid in (1, 2))
    for thread, at, stack in ((one, 10, [a, b]), (two, 11, [b]), (one, 20, [a]), (one, 40, [a, b])):
        builder.sample(builder.stack(stack), thread, 10, time=at, duration=10)
    return builder.build()


def hostile():
    builder = ProfileBuilder(ValueType("samples", "micro"))
    for number, name in enumerate(HOSTILE, 1):
        name = name.encode("utf-8", "replace").decode()
        thread = builder.thread(Thread(1, number, name, name, name))
        builder.sample(builder.stack([builder.frame(name, name, number)] * 2), thread, number)
    builder.sample(-1, 0, 5)
    builder.sample(builder.stack([builder.frame("")]), 0, 0)
    return builder.build()


WRITTEN = {
    "counts": draw("""
                main <a.py:1>  main <a.py:2>  other
                work
        thread: one            two            one
        weight: 3              1              4
    """),
    "times": timed(),
    "hostile": hostile(),
    "nothing": draw(""),
    "bytes": draw("        a\nweight: 4096", ValueType("allocations", "bytes")),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_we_write_opens_and_keeps_its_totals(name, reopened, tmp_path):
    profile = WRITTEN[name]
    path = tmp_path / "written.json"
    write_all({"value": profile}, path, format="speedscope")
    schema = json.loads((RELEASE / "file-format-schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema)
    document = reopened(path)
    assert len(document["profiles"]) == max(1, len(set(profile.samples.thread.tolist())))
    factor = 1e6 if profile.value.unit == "micro" else 1
    for theirs, mine in zip(totals(document), ours(profile), strict=True):
        scaled = {key: one * factor for key, one in theirs.items()}
        assert some(scaled) == pytest.approx(some(mine), rel=1e-6)
    read_all(path, format="speedscope")


def test_times_of_calls_are_where_speedscope_draws_them(reopened, tmp_path):
    path = tmp_path / "written.speedscope.json"
    write_all({"wall": timed()}, path)
    one = reopened(path)["profiles"][0]
    # It shows them from the beginning of the recording.
    assert [(event["type"], event["at"]) for event in one["events"]] == [
        ("O", 0), ("O", 0), ("C", 10), ("C", 20), ("O", 30), ("O", 30), ("C", 40), ("C", 40),
    ]  # fmt: skip


def test_several_value_types_are_several_profiles(reopened, tmp_path):
    path = tmp_path / "written.json"
    many = {"counts": WRITTEN["counts"], "bytes": WRITTEN["bytes"]}
    write_all(many, path, format="speedscope")
    document = reopened(path)
    assert [one["unit"] for one in document["profiles"]] == ["none", "none", "bytes"]
