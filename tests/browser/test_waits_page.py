"""Profiles of waits on a page: their filters, their colours, the threads, what is said of them."""

from __future__ import annotations

import pytest
from hands import plain
from test_accessibility import AXE, Keyboard, violations
from test_colours import contrast
from test_sizes import _CLIPPED, _OVERFLOWS, SIZES
from views import says, says_python
from waits import MS, OFF_CPU, THREADS, WALL

from perfnb.layout.states import state_color
from perfnb.model import STATES

MENUS = [
    ("Durations", "≥ 10 ms", "Lasting ≥ 10 ms", OFF_CPU.where(duration=(0.01, None))),
    ("Durations", "≥ 100 ms", "Lasting ≥ 100 ms", OFF_CPU.where(duration=(0.1, None))),
    ("Reasons", "[disk read]", "Waiting for [disk read]", OFF_CPU.where(reason="disk read")),
    ("States", "gil", "State gil", OFF_CPU.where(state="gil")),
]


def form(picture):
    picture.host.get_by_role("button", name="Filter", exact=True).click()
    return picture.host.get_by_role("form", name="New filter")


def test_each_menu_gives_a_filter(show):
    picture = show(OFF_CPU)
    undo = picture.host.get_by_role("button", name="Undo", exact=True)
    for menu, choice, chip, profile in MENUS:
        picture.choose(menu, choice)
        assert picture.chips() == [chip]
        says(picture, profile)
        says_python(picture, OFF_CPU)
        undo.click()
        assert picture.chips() == []
    says(picture, OFF_CPU)


def test_menus_tell_the_shares(show):
    picture = show(OFF_CPU)
    told = picture.texts(".menus select[aria-label=Reasons] option")
    total = OFF_CPU.where(reason="poll").total / OFF_CPU.total
    assert told[0] == "All reasons" and told[1] == f"[poll] — {100 * total:.1f} %"
    assert told[-1] == "Several reasons…"
    assert not any("held by" in text for text in told)
    lengths = picture.texts(".menus select[aria-label=Durations] option")
    share = OFF_CPU.where(duration=(0.01, None)).total / OFF_CPU.total
    assert f"≥ 10 ms — {100 * share:.1f} %" in lengths
    # Nothing lasts a second here.
    assert not any(text.startswith("≥ 1 s") for text in lengths)
    assert lengths[-1] == "Other durations…"


def test_profiles_of_samples_have_no_menus_for_waits(show):
    ran = WALL.where(state="on-CPU")
    object.__setattr__(ran.samples, "duration", None)
    picture = show(ran)
    shown = picture.host.locator(".menus select:visible").evaluate_all(
        "all => all.map(each => each.getAttribute('aria-label'))"
    )
    assert "Durations" not in shown
    form(picture)
    assert not picture.host.get_by_label("Lasting at least").is_visible()


def test_any_length_and_several_reasons(show):
    picture = show(OFF_CPU)
    picture.choose("Durations", "Other durations…")
    low = picture.host.get_by_label("Lasting at least")
    assert picture.active()["name"] == "Lasting at least"
    assert picture.chips() == []
    low.fill("2.5 ms")
    low.press("Enter")
    assert picture.chips() == ["Lasting ≥ 2.5 ms"]
    high = picture.host.get_by_label("Lasting less than")
    high.fill("0.04 s")
    high.press("Tab")
    assert picture.chips() == ["Lasting 2.5 ms – 40 ms"]
    short = OFF_CPU.where(duration=(0.0025, 0.04))
    says(picture, short)
    buttons = picture.host.get_by_role("group", name="Waiting for").get_by_role("button")
    buttons.filter(has_text="[GIL]").click()
    buttons.filter(has_text="[lock]").click()
    assert picture.chips() == ["Lasting 2.5 ms – 40 ms", "Waiting for [GIL] + [lock]"]
    says(picture, short.where(reason=["GIL", "lock"]))
    text = says_python(picture, OFF_CPU)
    assert text == ('profile.where(duration=(0.0025, 0.04)).where(reason=["[GIL]", "[lock]"])')
    chosen = picture.host.locator(".menus select[aria-label=Reasons]")
    assert chosen.evaluate("each => each.selectedOptions[0].textContent") == "[GIL] + [lock]"
    # What cannot be read is said, and nothing changes; what is taken away is gone from the field.
    low.fill("5")
    low.press("Enter")
    assert low.get_attribute("aria-invalid") == "true"
    assert "such as 2.5 ms" in picture.texts(".filterbox-waits")[0]
    assert picture.chips()[0] == "Lasting 2.5 ms – 40 ms"
    low.fill("")
    low.press("Enter")
    assert picture.chips()[0] == "Lasting < 40 ms"
    buttons.filter(has_text="[GIL]").click()
    buttons.filter(has_text="[lock]").click()
    picture.host.get_by_role("button", name="Remove filter: Lasting < 40 ms").click()
    assert high.input_value() == ""
    says(picture, OFF_CPU)


def test_only_waits_of_a_reason(show):
    picture = show(OFF_CPU)
    assert "Only waits of [disk read]" in picture.right_click("[disk read]")
    picture.host.get_by_role("menuitem", name="Only waits of [disk read]").click()
    assert picture.chips() == ["Waiting for [disk read]"]
    says(picture, OFF_CPU.where(reason="disk read"))
    picture.host.get_by_role("button", name="Undo", exact=True).click()
    # Who held the lock is no reason, and code is none.
    for label in ("held by worker-1", "work"):
        assert not any("Only waits of" in item for item in picture.right_click(label))
        picture.page.keyboard.press("Escape")


def fill(state):
    return state_color([each == state for each in STATES]).replace(",", ", ")


def channels(css):
    return css.replace(" ", "")


def test_what_ran_is_hot_and_what_waited_cool(show):
    picture = show(WALL, color_by="state", theme="light")
    boxes = {box["label"]: channels(box["fill"]) for box in picture.probe()["boxes"]}
    assert boxes["dot"] == channels(fill("on-CPU"))
    assert boxes["[disk read]"] == boxes["read"] == channels(fill("off-CPU"))
    assert boxes["[GIL]"] == channels(fill("gil"))
    assert boxes["work"] not in {channels(fill(state)) for state in STATES}
    legend = picture.texts(".legend-item")
    assert [text.split(" ")[0] for text in legend[:4]] == ["on-CPU", "runnable", "gil", "off-CPU"]
    share = WALL.where(state="on-CPU").total / WALL.total
    assert legend[0] == f"on-CPU {100 * share:.1f} %"
    # The order of time tells the same, and so does a half of the sandwich.
    picture.tab("Flame chart")
    chart = {box["label"]: channels(box["fill"]) for box in picture.probe()["boxes"]}
    assert chart["parse"] == channels(fill("on-CPU"))
    assert chart["[disk read]"] == channels(fill("off-CPU"))
    picture.tab("Flame graph")
    picture.choose("Threads", "Threads apart")
    apart = {box["label"]: channels(box["fill"]) for box in picture.probe()["boxes"]}
    assert apart["[poll]"] == channels(fill("off-CPU"))
    assert apart["reader"] != channels(fill("off-CPU"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("profile", [OFF_CPU, WALL], ids=["off-CPU", "wall"])
def test_labels_can_be_read_on_every_colour(show, theme, profile):
    picture = show(profile, theme=theme)
    for colour in ("name", "kind", "on/off CPU", "self"):
        picture.choose("Colour", f"Colour: {colour}")
        for pattern in ("", "work"):
            for box in picture.search(pattern)["boxes"]:
                assert contrast(box["fill"], box["ink"]) >= 4.5, (colour, box)
        assert plain(picture.host.locator(".legend").inner_text())


def test_without_states_names_have_the_colours(show):
    plain_profile = OFF_CPU.where()
    object.__setattr__(plain_profile, "samples", plain_profile.samples.take(slice(None)))
    object.__setattr__(plain_profile.samples, "state", None)
    picture = show(plain_profile, color_by="state")
    choice = picture.host.locator('.menus select[aria-label="Colour"]')
    options = picture.texts('.menus select[aria-label="Colour"] option')
    assert "Colour: on/off CPU" not in options
    assert choice.evaluate("each => each.selectedOptions[0].textContent") == "Colour: name"
    named = [box["fill"] for box in picture.probe()["boxes"]]
    picture.choose("Colour", "Colour: kind")
    picture.choose("Colour", "Colour: name")
    assert named == [box["fill"] for box in picture.probe()["boxes"]]


def names(picture):
    return [row["name"] for row in picture.views["threads"]["rows"]]


def test_the_table_of_threads(show):
    picture = show(WALL, table="threads")
    threads = picture.views["threads"]
    assert picture.views["table"] is None
    worker = next(row for row in WALL.metadata.extra["threads"] if row["name"] == "worker-1")
    row = threads["rows"][0]
    assert names(picture)[0] == "worker-1"
    value, share = WALL.value.format(worker["cpu_ns"]), worker["cpu_ns"] / worker["wall_ns"]
    cells = [plain(cell) for cell in row["cells"]]
    assert cells[:3] == ["worker-1", "2.00 s", f"{value}{100 * share:.1f} %"]
    assert cells[-2:] == [str(worker["voluntary"]), str(worker["involuntary"])]
    assert f"{100 * share:.2f}%" in row["bar"]
    # Held by nobody: no column for it. Not measured: a dash that says so.
    assert "held" not in threads["columns"]
    idle = picture.host.locator(".th-row").filter(has_text="idle")
    assert plain(idle.inner_text()).endswith("– – – –")
    assert idle.locator(".th-blocked").get_attribute("title").startswith("Not measured")
    assert "Blocked not measured" in plain(idle.get_attribute("aria-label"))
    assert threads["status"].startswith("5 threads · of the whole recording")
    # By other numbers; those without one last.
    picture.host.get_by_role("button", name="Blocked").click()
    by_blocked = sorted(
        (row for row in WALL.metadata.extra["threads"] if row.get("blocked_ns") is not None),
        key=lambda row: -row["blocked_ns"],
    )
    assert names(picture) == [*(row["name"] for row in by_blocked), "idle"]
    picture.host.get_by_role("button", name="Blocked").click()
    assert names(picture) == [*(row["name"] for row in by_blocked[::-1]), "idle"]


def test_a_click_on_a_thread_is_the_filter(show):
    picture = show(WALL, table="threads", timeline=True)
    row = picture.host.locator(".th-row").filter(has_text="reader")
    row.click()
    assert picture.chips() == ["Thread reader"]
    says(picture, WALL.where(thread="reader"))
    assert row.get_attribute("aria-selected") == "true"
    assert picture.texts(".tl-label[aria-pressed=true] .tl-name") == ["reader"]
    row.click()
    assert picture.chips() == []
    # One without samples cannot be looked at alone.
    picture.host.locator(".th-row").filter(has_text="idle").click()
    assert picture.chips() == []
    assert picture.texts(".live") == ["No samples of this thread are in the picture"]


def test_one_table_at_a_time(show):
    picture = show(WALL)
    assert picture.toggle("Threads")["threads"] is not None
    views = picture.toggle("Table")
    assert views["threads"] is None and views["table"] is not None
    pressed = picture.host.locator(".beside [aria-pressed=true]")
    assert pressed.count() == 1
    assert picture.toggle("Threads")["table"] is None
    assert picture.toggle("Threads")["threads"] is None
    bare = show(WALL.with_metadata(extra={}), table="threads")
    assert not bare.host.get_by_role("button", name="Threads", exact=True).is_visible()
    assert bare.views["threads"] is None and bare.views["table"] is not None


def test_the_time_that_the_profiler_took(show):
    rows = [{**row, "stopped_ns": 5 * MS} for row in WALL.metadata.extra["threads"]]
    picture = show(WALL.with_metadata(extra={"threads": rows}), table="threads")
    assert "held" in picture.views["threads"]["columns"]
    assert "5.00 ms" in plain(picture.host.locator(".th-row .th-held").first.inner_text())


def test_threads_by_keys(show):
    picture = show(WALL, table="threads")
    picture.host.get_by_role("button", name="Filter", exact=True).focus()
    keys = Keyboard(picture).to("grid", "Threads").press("ArrowDown")
    assert keys.heard().startswith("worker-1; Wall time 2.00 s; On-CPU ")
    keys.press("End").press("Home", "ArrowDown", "Enter")
    second = names(picture)[1]
    assert picture.chips() == [f"Thread {second}"]
    says(picture, WALL.where(thread=second))
    keys.press("Enter")
    assert picture.chips() == []
    # Up into the heads, along them, and down again.
    keys.press("ArrowUp", "ArrowUp")
    assert picture.views["threads"]["active"] == "cpu"
    keys.press("ArrowLeft", "ArrowLeft", "Enter")
    assert names(picture) == sorted([thread.name for thread in THREADS] + ["idle"])
    keys.press("ArrowDown", "ArrowDown")
    assert picture.views["threads"]["active"] in names(picture)


def test_waits_are_called_waits(show):
    picture = show(OFF_CPU, table=True, timeline=True)
    count = len(OFF_CPU)
    assert picture.texts(".crumbs .amount")[0].endswith(f"· {count} waits")
    assert "waits" in picture.hover("[poll]")
    assert picture.host.locator(".tb-head .tb-samples").text_content() == "Waits"
    assert f"waits {count}" in picture.texts(".chip")
    assert not picture.host.locator(".summary").is_visible()
    picture.choose("Durations", "≥ 100 ms")
    assert picture.texts(".crumbs .amount")[0].endswith(" waits")
    wall = show(WALL)
    assert wall.texts(".crumbs .amount")[0].endswith(f"· {len(WALL)} intervals")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_checker_finds_nothing_serious(show, theme):
    filters = [{"kind": "duration", "from": MS}, {"kind": "reason", "reasons": ["[poll]"]}]
    picture = show(
        WALL, context={"color_scheme": theme}, timeline=True, table="threads", filters=filters,
        color_by="state",
    )  # fmt: skip
    picture.page.evaluate(AXE.read_text(encoding="utf-8"))
    fields = form(picture)
    assert violations(picture.page) == []
    fields.get_by_label("Lasting at least").fill("soon")
    picture.host.locator(".th-row").filter(has_text="reader").click()
    assert violations(picture.page) == []
    picture.right_click("[poll]")
    assert violations(picture.page) == []


@pytest.mark.parametrize("size", SIZES)
def test_all_of_it_fits(show, size):
    filters = [{"kind": "reason", "reasons": ["[poll]", "[socket receive]", "[GIL]", "[lock]"]}]
    rows = [{**row, "stopped_ns": 5 * MS} for row in WALL.metadata.extra["threads"]]
    profile = WALL.with_metadata(extra={**WALL.metadata.extra, "threads": rows})
    picture = show(
        profile, context=SIZES[size], timeline=True, table="threads", filters=filters,
        color_by="state",
    )  # fmt: skip
    form(picture)
    assert picture.host.evaluate(_OVERFLOWS) == []
    assert picture.host.evaluate(_CLIPPED) == []
    assert names(picture)
