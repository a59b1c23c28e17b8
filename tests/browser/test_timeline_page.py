"""Threads over time: the timeline, ranges of it, and the flame chart."""

from __future__ import annotations

import pytest
from hands import plain
from profiles import JOB
from views import DAY, LENGTH, rows_of, says, says_chart, told, width

from perfnb.layout.timeline import lanes


def plot(picture):
    """Where the lanes are: left edge, middle of the first, width, nanoseconds in a pixel."""
    timeline = picture.views["timeline"]
    group = picture.host.get_by_role("group", name="Timeline").bounding_box()
    lane = timeline["lanes"][0]
    x, y = group["x"] + lane["x"], group["y"] + lane["y"] + lane["height"] / 2
    return x, y, lane["width"], (timeline["to"] - timeline["from"]) / lane["width"]


def drag(picture, start, end):
    """Drag over the first lane, from one part of its width to another."""
    x, y, long, _ = plot(picture)
    mouse = picture.page.mouse
    mouse.move(x + start * long, y)
    mouse.down()
    mouse.move(x + (start + end) / 2 * long, y, steps=3)
    mouse.move(x + end * long, y, steps=3)
    mouse.up()
    return picture.until("JSON.stringify(seen.views.filters).includes('time')")["views"]


def time_of(views):
    (one,) = [one for one in views["filters"] if one["kind"] == "time"]
    return one["from"], one["to"]


def within(span):
    return DAY.where(time=(span[0] / 1e9, span[1] / 1e9))


def says_all(picture, profile):
    """Whether flame graph and table both show this profile."""
    says(picture, profile)
    assert sorted(map(told, picture.views["table"]["rows"])) == sorted(rows_of(profile))


def test_the_lanes_count_what_python_counts(show):
    picture = show(DAY, timeline=True)
    timeline = picture.until("seen.views.timeline.lanes.length === 4")["views"]["timeline"]
    assert (timeline["from"], timeline["to"]) == (0, LENGTH)
    bins = round(timeline["lanes"][0]["width"])
    counted = lanes(DAY, 0, LENGTH, bins)
    states = ("unknown", "on-CPU", "runnable", "off-CPU", "gil")
    assert {lane["thread"] for lane in timeline["lanes"]} == set(counted.threads.tolist())
    for lane in timeline["lanes"]:
        row = counted.threads.tolist().index(lane["thread"])
        for bar in lane["bars"]:
            edges = [round(bar[end] * bins / LENGTH) for end in ("from", "to")]
            of_state = counted.counts[row, :, slice(*edges)].sum(axis=1).tolist()
            wanted = dict(zip(states, of_state, strict=True))
            assert bar["counts"] == {name: wanted[name] for name in bar["counts"]}
            assert sum(bar["counts"].values()) == sum(of_state)
            assert sum(bar["heights"].values()) <= lane["height"] + 1e-6
        last = lane["bars"][-1]
        assert last["x"] + last["width"] == pytest.approx(lane["x"] + lane["width"])
    names = [plain(text) for text in picture.host.locator(".tl-name").all_inner_texts()]
    assert sorted(names) == [
        "MainThread · app 1", "loader · child 2", "worker · app 1", "worker · child 2",
    ]  # fmt: skip
    said = picture.host.locator(".tl-canvas").get_attribute("aria-label")
    assert said.startswith("Activity of threads over time. ") and "loader" in said


def test_a_range_of_time_is_brushed(show):
    picture = show(DAY, timeline=True, table=True)
    _, _, _, scale = plot(picture)
    views = drag(picture, 0.25, 0.6)
    span = time_of(views)
    assert span == pytest.approx((0.25 * LENGTH, 0.6 * LENGTH), abs=2 * scale)
    says_all(picture, within(span))
    timeline = views["timeline"]
    assert timeline["range"] == list(span)
    # Brushing does not change what the lanes show.
    assert (timeline["from"], timeline["to"], len(timeline["lanes"])) == (0, LENGTH, 4)
    x, _, long, _ = plot(picture)
    group = picture.host.get_by_role("group", name="Timeline").bounding_box()
    places = [group["x"] + pixel - x for pixel in timeline["pixels"]]
    assert places == pytest.approx([at / LENGTH * long for at in span])
    handles = picture.host.get_by_role("group", name="Timeline").get_by_role("slider").all()
    for handle, at in zip((handles[0], handles[2]), span, strict=True):
        box = handle.bounding_box()
        assert int(handle.get_attribute("aria-valuenow")) == at
        assert box["x"] <= x + at / LENGTH * long <= box["x"] + box["width"] + 1
    # The whole range is moved, an edge of it is moved, and Escape lets go of it.
    shifted = time_of(drag(picture, 0.4, 0.5))
    assert shifted[1] - shifted[0] == span[1] - span[0]
    assert shifted[0] == pytest.approx(span[0] + 0.1 * LENGTH, abs=2 * scale)
    wider = time_of(drag(picture, shifted[1] / LENGTH, 0.9))
    assert wider == pytest.approx((shifted[0], 0.9 * LENGTH), abs=2 * scale)
    says_all(picture, within(wider))
    picture.page.keyboard.press("Escape")
    assert picture.views["filters"] == []
    assert picture.views["timeline"]["range"] is None
    says_all(picture, DAY)
    # A drag that leaves the lanes on the left ends where they begin.
    assert time_of(drag(picture, 0.3, -0.2))[0] == 0
    # A click beside it takes it away.
    x, y, long, _ = plot(picture)
    picture.page.mouse.click(x + 0.8 * long, y)
    assert picture.views["filters"] == []


def test_a_range_of_time_is_set_by_keys(show):
    picture = show(DAY, timeline=True, table=True)
    start = picture.host.get_by_role("slider", name="Start of the time range")
    end = picture.host.get_by_role("slider", name="End of the time range")
    for key in ("PageUp", "ArrowRight", "ArrowRight"):
        start.press(key)
    assert time_of(picture.views) == (0.12 * LENGTH, LENGTH)
    for key in ("Shift+ArrowLeft", "ArrowLeft"):
        end.press(key)
    span = time_of(picture.views)
    assert span == (0.12 * LENGTH, 0.89 * LENGTH)
    says_all(picture, within(span))
    assert plain(end.get_attribute("aria-valuetext")) == "445.0 ms"
    whole = picture.host.get_by_role("slider", name="Time range", exact=True)
    whole.press("ArrowLeft")
    assert time_of(picture.views) == (0.11 * LENGTH, 0.88 * LENGTH)
    whole.press("Home")
    assert time_of(picture.views) == (0, 0.77 * LENGTH)
    whole.press("Escape")
    assert picture.views["filters"] == []
    # What had the keyboard is gone, but the keyboard is not.
    active = picture.active()
    assert (active["role"], active["inside"]) == ("slider", True)
    says_all(picture, DAY)


def test_a_lane_chooses_its_thread(show):
    picture = show(DAY, timeline=True, table=True)
    lane = picture.host.locator(".tl-label").filter(has_text="worker · child 2")
    lane.click()
    says_all(picture, DAY.where(thread=12, process=2))
    assert lane.get_attribute("aria-pressed") == "true"
    timeline = picture.views["timeline"]
    assert [one["label"] for one in timeline["lanes"] if one["chosen"]] == ["worker · child 2"]
    assert len(timeline["lanes"]) == 4
    # With a range of time too.
    span = time_of(drag(picture, 0.1, 0.7))
    says_all(picture, DAY.where(thread=12, process=2, time=(span[0] / 1e9, span[1] / 1e9)))
    lane.click()
    says_all(picture, within(span))


def test_the_flame_chart_is_the_one_that_python_lays_out(show):
    picture = show(DAY, view="chart", timeline=True)
    choice = picture.host.get_by_label("Thread of the flame chart")
    labels = picture.texts("select[aria-label='Thread of the flame chart'] option")
    assert sorted(labels) == [
        "MainThread · app 1", "loader · child 2", "worker · app 1", "worker · child 2",
    ]  # fmt: skip
    rows = {
        "MainThread · app 1": 0,
        "worker · app 1": 1,
        "worker · child 2": 2,
        "loader · child 2": 3,
    }
    for label in labels:
        choice.select_option(label=label)
        says_chart(picture, DAY, rows[label], (0, LENGTH))
    choice.select_option(label="MainThread · app 1")
    span = time_of(drag(picture, 0.2, 0.5))
    says_chart(picture, within(span), 0, span)
    assert picture.probe()["extent"] == span[1] - span[0]
    # Filters hold here too, and what is cut out leaves the order of time as it is.
    picture.tab("Flame graph")
    picture.right_click("In [4]:6 load")
    picture.act("Hide load")
    picture.tab("Flame chart")
    says_chart(picture, within(span).hide("load", exact=True, file="In [4]"), 0, span)
    ticks = picture.texts(".main:visible .tl-axis .tl-tick")
    assert len(ticks) > 2 and any("ms" in text for text in ticks)


def test_a_flame_chart_is_zoomed_by_click_and_key(show):
    picture = show(DAY, view="chart")
    picture.host.get_by_label("Thread of the flame chart").select_option(label="MainThread · app 1")
    first = picture.boxes("In [5]:1")[0]
    scale = LENGTH / width(picture)
    seen = picture.click("In [5]:1")
    assert seen["zoom"] == pytest.approx(
        [first["x"] * scale, (first["x"] + first["width"]) * scale], abs=1
    )
    assert picture.press("Escape")["zoom"] == [0, LENGTH]


def test_lanes_and_charts_follow_the_width(show):
    picture = show(
        DAY,
        view="chart",
        timeline=True,
        filters=[{"kind": "time", "from": 90_000_000, "to": 270_000_000}],
    )
    for wide in (1400, 620, 400):
        picture.page.set_viewport_size({"width": wide, "height": 900})
        picture.until(
            "Math.abs(seen.boxes[0].width - value) < 40 && seen.views.timeline.lanes.length === 4"
            " && seen.views.timeline.lanes[0].x + seen.views.timeline.lanes[0].width <= value",
            wide - 38,
        )
        thread = picture.host.get_by_label("Thread of the flame chart")
        row = thread.evaluate("select => Number(select.value)")
        seen = picture.probe()
        assert seen["zoom"] == [0, 180_000_000]
        assert seen["boxes"][0]["total"] == 180_000_000
        assert row in range(4)
        timeline = seen["views"]["timeline"]
        lane = timeline["lanes"][0]
        places = [lane["x"] + part * lane["width"] for part in (0.18, 0.54)]
        assert timeline["pixels"] == pytest.approx(places)
        assert timeline["range"] == [90_000_000, 270_000_000]


def test_without_times_there_is_neither_timeline_nor_chart(show):
    picture = show(JOB, timeline=True)
    assert not picture.host.get_by_role("tab", name="Flame chart").is_visible()
    assert not picture.host.get_by_role("button", name="Timeline").is_visible()
    assert not picture.host.get_by_role("group", name="Timeline").is_visible()
