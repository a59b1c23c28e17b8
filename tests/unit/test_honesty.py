import math

import pytest
from helpers.ascii import COUNT
from hypothesis import given
from hypothesis import strategies as st

from perfnb.model import Metadata, ProfileBuilder
from perfnb.units import ValueType
from perfnb.views.honesty import honesty, wilson


# R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
# Medicine 17 (1998), table I, method 3.
@pytest.mark.parametrize(
    ("seen", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval_is_the_published_one(seen, n, low, high):
    assert wilson(seen / n, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10**6), st.data())
def test_wilsons_interval_holds_the_share_and_narrows(n, data):
    share = data.draw(st.integers(0, n)) / n
    low, high = wilson(share, n)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1
    further_low, further_high = wilson(share, 4 * n)
    assert further_high - further_low < high - low


def test_no_samples_tell_nothing():
    assert wilson(0.5, 0) == (0.0, 1.0)


def footer(samples=1000, **metadata):
    builder = ProfileBuilder(COUNT)
    for _ in range(samples):
        builder.sample(-1)
    facts = {"start_monotonic_ns": 0, "end_monotonic_ns": 10 * 10**9, "clock_error_ns": 1000}
    summary, items = honesty(builder.build(Metadata(**{**facts, **metadata})))
    return summary, {item.label: item for item in items}


OFFCPU = {
    "level": "exact",
    "level_text": "exact: context switches from perf",
    "level_help": "Every switch.",
    "inside": 82,
    "nearest": 17,
    "unattributed": 1,
    "lost": 0,
}


def waits(samples=3, kind="off-CPU", told=OFFCPU, **metadata):
    builder = ProfileBuilder(ValueType(kind, "ns"))
    for at in range(samples):
        builder.sample(-1, weight=5, time=at, duration=5)
    facts = Metadata(clock_error_ns=1000, extra={"offcpu": told}, **metadata)
    summary, items = honesty(builder.build(facts))
    return summary, {item.label: item for item in items}


def test_a_few_recorded_waits_can_be_trusted():
    summary, items = waits()
    assert summary == ""
    assert "samples" not in items
    assert (items["waits"].text, items["waits"].level) == ("3", "ok")
    assert "interval" not in items["waits"].help
    assert (items["level"].text, items["level"].help) == (OFFCPU["level_text"], "Every switch.")
    assert items["attributed"].text == "82 % by a sample inside, 17 % by the nearest, 1 % not"
    assert (items["lost"].text, items["lost"].level) == ("nothing", "ok")
    assert waits(kind="wall")[1]["intervals"].text == "3"
    # Summed while it was recorded, or recorded as a whole.
    assert waits(told={"level": "kernel"}, summed=True)[1]["waits"].text == "summed while recording"
    assert waits(traced=True)[1]["waits"].text == "3"


def test_waits_that_were_sampled_are_a_sample():
    summary, items = waits(told={**OFFCPU, "level": "sampled"})
    assert summary.startswith("Too thin to trust: 3 samples")
    assert "95 % interval" in items["samples"].help


@pytest.mark.parametrize(
    ("told", "label", "level", "text"),
    [
        ({"unattributed": 12}, "attributed", "warn", "74 % by a sample inside, 15 % by the"),
        ({"unattributed": 0, "nearest": 0}, "attributed", "ok", "100 % by a sample inside"),
        ({"inside": 10_000, "nearest": 2}, "attributed", "ok", "< 1 % by the nearest, < 1 % not"),
        ({"lost": 1234}, "lost", "warn", "1,234 kernel records"),
        ({"lost": None}, "lost", "note", "not known"),
        ({"level_text": None}, "level", "ok", "exact"),
    ],
)
def test_what_is_said_of_waits(told, label, level, text):
    summary, items = waits(told={**OFFCPU, **told})
    assert text in items[label].text
    assert items[label].level == level
    assert bool(summary) == (level == "warn")


def test_what_cannot_be_measured_is_not_spoken_of():
    _, items = waits(told={"level": "sampled"})
    assert not {"lost", "attributed"} & items.keys()
    assert waits(second_choice=True)[1]["level"].level == "note"
    assert "level" not in waits(told="nonsense")[1]


def rate(ticks, asked=100):
    return {"ticks": ticks, "rate_asked": asked, "rate_achieved": ticks / 10}


@pytest.mark.parametrize(
    ("label", "metadata", "level"),
    [
        ("samples", {"samples": 200}, "ok"),
        ("samples", {"samples": 199}, "note"),
        ("samples", {"samples": 50}, "note"),
        ("samples", {"samples": 49}, "warn"),
        ("rate", rate(1000), "ok"),
        # 4 sigma of a Poisson number of 1000, and one more.
        ("rate", rate(math.ceil(1000 - 4 * math.sqrt(1000) - 1)), "ok"),
        ("rate", rate(850), "note"),
        ("rate", rate(799), "warn"),
        # 13 of 20 are few, but that may be chance.
        ("rate", rate(13, asked=2), "ok"),
        ("missed", {"missed": 0, "ticks": 1000}, "ok"),
        ("missed", {"missed": 20, "ticks": 1000}, "note"),
        ("missed", {"missed": 21, "ticks": 1000}, "warn"),
        ("profiler", {"profiler_cpu_s": 2.5}, "ok"),
        ("profiler", {"profiler_cpu_s": 2.6}, "note"),
        ("stood still", {"paused_s": 0.2}, "ok"),
        ("stood still", {"paused_s": 0.3}, "note"),
        ("stood still", {"paused_s": 1.1}, "warn"),
        ("clock", {"clock_error_ns": 20_000_000}, "ok"),
        ("clock", {"clock_error_ns": 20_000_001}, "note"),
        ("times", {"clock_error_ns": None}, "note"),
        ("state unknown", {"state_unknown": 50}, "note"),
        ("state unknown", {"state_unknown": 51}, "warn"),
        ("left out", {"extra": {"machinery_samples": 7}}, "ok"),
        ("left out", {"truncated": "the first hour"}, "warn"),
        ("note", {"notes": ("biased",)}, "note"),
        ("backend", {"backend": "py-spy"}, "ok"),
        ("backend", {"backend": "inprocess", "second_choice": True}, "note"),
    ],
)
def test_levels(label, metadata, level):
    summary, items = footer(**metadata)
    assert items[label].level == level
    # The line above the footer is there when, and only when, something warns.
    assert bool(summary) == (level == "warn")
    if summary and label != "samples":
        assert summary.startswith(f"{label}: {items[label].text}")


def test_what_was_not_measured_is_not_told():
    _, items = footer()
    assert items.keys() == {"samples", "clock"}


def test_thin_profiles_say_how_thin():
    summary, items = footer(samples=20)
    assert summary.startswith(
        "Too thin to trust: 20 samples. A box of 10 % may be 2.8 % to 30.1 %."
    )
    assert "2.8 % to 30.1 %" in items["samples"].help
    assert footer(samples=1)[0].startswith("Too thin to trust: 1 sample.")


def test_facts_are_told_with_their_units():
    _, items = footer(
        backend="py-spy", backend_version="0.4.3", reason="asked for",
        missed=3, profiler_cpu_s=0.5, paused_s=0.15, clock_error_ns=1_250_000, **rate(987),
    )  # fmt: skip
    assert {label: item.text for label, item in items.items()} == {
        "backend": "py-spy 0.4.3",
        "rate": "100 Hz asked, 98.7 Hz achieved",
        "samples": "1,000",
        "missed": "3",
        "profiler": "500 ms CPU (5.0 % of a core)",
        "stood still": "1.5 %",
        "clock": "±1.25 ms",
    }
    assert items["backend"].help == "Chosen: asked for."
    assert all(isinstance(text, str) for item in items.values() for text in item.as_dict().values())
