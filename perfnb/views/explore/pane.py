"""One profile of an explorer: the picture, and the range of time that it shows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped]

from perfnb.model import Profile
from perfnb.transform.filters import expression
from perfnb.views.explore.answers import Answers
from perfnb.views.explore.bridge import Bridge
from perfnb.views.explore.figure import figure, is_small
from perfnb.views.explore.wire import message
from perfnb.views.explore.worker import Superseded, Task, Worker

Filter = Mapping[str, Any]

_KEPT = (
    "merge", "inverted", "orientation", "color_by", "split_threads", "view", "timeline", "table",
    "table_rows",
)  # fmt: skip
"""What stays chosen when another profile is shown."""


class Pane:
    """A profile that is explored.

    Parameters
    ----------
    profile : Profile
        What is shown at first.
    options : dict
        As `perfnb.views.explore.figure.figure` takes them.
    filtered : callable
        Called with the pane when its filters have changed.
    still : str
        The name of the static picture that the live one hides.
    """

    def __init__(
        self,
        profile: Profile,
        options: dict[str, Any],
        filtered: Callable[[Pane], None],
        still: str = "",
    ) -> None:
        self._lock = threading.RLock()
        self._filtered = filtered
        self._profile = profile
        self._options = options
        self.worker = Worker()
        self._answers = None if is_small(profile) else Answers(profile)
        self.bridge = Bridge(
            figure(profile, self._answers, options), self._asked, self._changed, still=still
        )
        self._time = widgets.FloatRangeSlider(
            description="Time",
            continuous_update=False,
            # Its own is cut off where numbers are long.
            readout=False,
            layout=widgets.Layout(flex="1 1 auto", width="auto", max_width="620px"),
        )
        self._range = widgets.Label()
        self._times = widgets.HBox([self._time, self._range])
        self._following = False
        self._show_times()
        self._time.observe(self._slid, "value")
        self.widget = widgets.VBox(
            [self._times, self.bridge],
            layout=widgets.Layout(width="100%"),
        )

    @property
    def profile(self) -> Profile:
        """What is shown, before filters; another one can be set."""
        return self._profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        with self._lock:
            self.worker.stop()
            kept = {name: getattr(self._model, name) for name in _KEPT}
            filters = [dict(one) for one in self.filters]
            self._profile = profile
            self._answers = None if is_small(profile) else Answers(profile)
            options = {**self._options, **kept, "filters": filters}
            self.bridge.show(figure(profile, self._answers, options))
            self._show_times()

    @property
    def filters(self) -> list[dict[str, Any]]:
        """The filters that are set, as `perfnb.transform.filters.apply` takes them."""
        return [dict(one) for one in self._model.filters]

    @filters.setter
    def filters(self, filters: Sequence[Filter]) -> None:
        given = [dict(one) for one in filters]
        # Raises for those that nobody knows.
        expression(given, self._profile)
        self._set(given)
        self._filtered(self)

    @property
    def _model(self) -> Any:
        """The Bokeh model, whose properties type checkers do not know."""
        return self.bridge.model

    @property
    def expression(self) -> str:
        """The filters as Python: ``profile.where(…).focus(…)``."""
        return expression(self.filters, self._profile)

    @property
    def selection(self) -> Profile:
        """What the filters leave of the profile."""
        from perfnb.transform.filters import apply

        return apply(self._profile, self.filters)

    def follow(self, other: Pane) -> None:
        """Set the filters of another pane."""
        if other.filters != self.filters:
            self._set(other.filters)

    def close(self) -> None:
        """End what is worked at, and take the widgets out of the page."""
        self.worker.stop()
        for widget in (self._time, self._range, self._times, self.bridge, self.widget):
            widget.close()

    # From the page.

    def _asked(self, bridge: Bridge, question: dict[str, Any]) -> None:
        about = {"view": question.get("view"), "id": question.get("id")}
        with self._lock:
            if self._answers is None:
                # Of a profile that the page has, it asks for the text of files only.
                self._answers = Answers(self._profile)
            answers = self._answers

        def job(task: Task) -> None:
            try:
                self._answer(task, answers, question, about)
            except Superseded:
                raise
            except Exception as error:
                bridge.complain(error, **about)

        self.worker.submit((about["view"], question.get("kind", question.get("what"))), job)

    def _answer(
        self, task: Task, answers: Answers, question: dict[str, Any], about: dict[str, Any]
    ) -> None:
        def progress(fraction: float, text: str) -> None:
            task.check()
            self.bridge.answer({"type": "progress", "fraction": fraction, "text": text, **about})

        head, columns = answers.ask(question, progress)
        task.check()
        # The answer to a question about a profile that has been replaced means nothing.
        if answers is self._answers:
            self.bridge.answer(*message({"type": "answer", **about, **head}, columns))

    def _changed(self, _: Bridge, properties: dict[str, Any]) -> None:
        if "filters" in properties:
            self._show_range()
            self._filtered(self)

    # To the page.

    def _set(self, filters: list[dict[str, Any]]) -> None:
        self.bridge.change(filters=filters)
        self._show_range()

    # Time.

    def _show_times(self) -> None:
        profile = self._profile
        timed = profile.samples.time is not None and len(profile) > 0
        self._times.layout.display = "" if timed else "none"
        self._end = 1.0
        if timed:
            answers = self._answers or Answers(profile)
            self._end = max(answers.end / 1e9, 1e-9)
        with self._quietly():
            self._time.min, self._time.max = 0.0, max(self._end, self._time.min)
            self._time.step = self._end / 1000
        self._show_range()

    def _show_range(self) -> None:
        low, high = 0.0, self._end
        for one in self.filters:
            if one.get("kind") == "time":
                low, high = max(low, one["from"] / 1e9), min(high, one["to"] / 1e9)
        with self._quietly():
            self._time.value = (low, max(low, high))
        self._range.value = f"{low:.3f} – {max(low, high):.3f} s"

    def _slid(self, change: Any) -> None:
        with self._lock:
            if self._following:
                return
        low, high = change["new"]
        filters = [one for one in self.filters if one.get("kind") != "time"]
        if low > 0 or high < self._end:
            begin = round(low * 1e9)
            filters.append({"kind": "time", "from": begin, "to": max(begin + 1, round(high * 1e9))})
        try:
            self.filters = filters
        except Exception as error:
            self.bridge.complain(error)

    def _quietly(self) -> _Quiet:
        return _Quiet(self)


class _Quiet:
    """While the slider follows the filters, it does not set them."""

    def __init__(self, pane: Pane) -> None:
        self._pane = pane

    def __enter__(self) -> None:
        self._pane._lock.acquire()
        self._pane._following = True

    def __exit__(self, *_: object) -> None:
        self._pane._following = False
        self._pane._lock.release()
