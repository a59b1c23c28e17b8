"""`explore`: profiles of any size, side by side, while there is a kernel."""

from __future__ import annotations

import html
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped]

from perfnb.errors import OptionError
from perfnb.model import Profile
from perfnb.registry import load
from perfnb.views.explore.bridge import in_words
from perfnb.views.explore.choices import Choices, Given, opened
from perfnb.views.explore.figure import check_options, still_html
from perfnb.views.explore.pane import Pane

_SIDE, _STACKED = "side by side", "stacked"


def explore(*profiles: Given, **options: Any) -> Explorer:
    """Explore profiles: zoom, filter, compare; large ones stay in the kernel.

    A picture that has to live on without a kernel is `Profile.flame`.

    Parameters
    ----------
    *profiles : Profile or path
        Each gets a pane. Without any, the latest one that was captured in this session.
    **options
        What is set at first, as for `Profile.flame`: ``merge``, ``inverted``, ``orientation``,
        ``color_by``, ``split_threads``, ``theme``, ``view``, ``timeline``, ``table``, ``filters``.

    Returns
    -------
    Explorer
        A widget: ``explorer.panes[0].filters`` is what is chosen in the first pane,
        ``.expression`` the same as Python, and ``.selection`` the profile that is left.

    Raises
    ------
    OptionError
        If there is no such option, or nothing to explore.
    PerfnbError
        If a file cannot be read.
    """
    check_options(options)
    return Explorer(profiles, options)


class Explorer(widgets.VBox):  # type: ignore[misc]
    """Panes with a profile each, and what is chosen for all of them."""

    def __init__(self, profiles: tuple[Given, ...], options: dict[str, Any]) -> None:
        self._still = f"perfnb-{secrets.token_hex(6)}"
        self._options = options
        self._lock = threading.RLock()
        self._threads: list[threading.Thread] = []
        self.choices = Choices()
        self.panes: list[Pane] = []
        self._frames: dict[int, tuple[widgets.Dropdown, widgets.Button, widgets.VBox]] = {}
        first = [self.choices.add_all(opened(place))[0] for place in profiles]
        self.choices.add_session()
        if not first:
            if not self.choices.names:
                raise OptionError(
                    "there is nothing to explore yet", "capture a cell with %%flame, or name a file"
                )
            first = self.choices.names[-1:]
        self._link = widgets.Checkbox(False, description="Link filters", indent=False)
        self._link.layout.width = "auto"
        self._arrange = widgets.ToggleButtons(options=[_SIDE, _STACKED], value=_SIDE)
        self._arrange.style.button_width = "auto"
        self._path = widgets.Text(placeholder="path of a profile file", continuous_update=False)
        self._open = widgets.Button(description="Open file", tooltip="Read a profile file")
        self._add = widgets.Button(description="Add pane", tooltip="Another profile beside")
        self._bar = widgets.IntProgress(
            value=100, bar_style="info", layout=widgets.Layout(width="80px", height="14px")
        )
        self._doing = widgets.Label()
        self._work = widgets.HBox([self._bar, self._doing], layout={"display": "none"})
        self._trouble = widgets.HTML()
        self._area = widgets.Box()
        tools = [self._path, self._open, self._add, self._arrange, self._link, self._work]
        self._tools = widgets.HBox(
            tools, layout=widgets.Layout(flex_flow="row wrap", align_items="center")
        )
        super().__init__([self._tools, self._trouble, self._area])
        for name in first:
            self._append(name)
        self._open.on_click(self._guarded(lambda _: self.open_file(self._path.value)))
        self._add.on_click(self._guarded(lambda _: self.add_pane()))
        self._arrange.observe(self._guarded(lambda _: self._lay_out()), "value")
        self._link.observe(self._guarded(lambda _: self._linked(self.panes[0])), "value")

    def add_pane(self, profile: Given | None = None) -> Pane:
        """Add a pane with a profile, or with the one of the last pane."""
        with self._lock:
            if profile is None:
                name = self.choices.add(self.panes[-1].profile)
            else:
                name = self.choices.add_all(opened(profile))[0]
            return self._append(name)

    def remove_pane(self, pane: Pane) -> None:
        """Take a pane away; the last one stays."""
        with self._lock:
            if len(self.panes) > 1:
                self.panes.remove(pane)
                for part in self._frames.pop(id(pane)):
                    part.close()
                pane.close()
                self._lay_out()

    def open_file(self, path: str) -> threading.Thread:
        """Read a file, beside the kernel's own work, and show it in the last pane.

        Errors are shown in place. Returns the thread that reads.
        """
        thread = threading.Thread(target=self._read, args=(path,), daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        """Take everything out of the page."""
        for pane in self.panes:
            pane.close()
        super().close()

    def _append(self, name: str) -> Pane:
        profile = self.choices[name]
        # Of several live pictures one is enough to hide the static one.
        pane = Pane(profile, self._options, self._linked, self._still)
        chosen = widgets.Dropdown(options=self.choices.names, value=name, description="Profile")
        chosen.layout.width = "auto"
        away = widgets.Button(icon="times", tooltip="Remove this pane")
        away.layout.width = "36px"
        head = widgets.HBox([chosen, away])
        frame = widgets.VBox([head, pane.widget], layout={"min_width": "0"})
        chosen.observe(self._guarded(lambda change: self._choose(pane, change["new"])), "value")
        away.on_click(self._guarded(lambda _: self.remove_pane(pane)))
        with self._lock:
            self._frames[id(pane)] = (chosen, away, frame)
            self.panes.append(pane)
            self._list()
            self._lay_out()
        return pane

    def _choose(self, pane: Pane, name: str | None) -> None:
        if name is not None and self.choices[name] is not pane.profile:
            pane.profile = self.choices[name]

    def _read(self, path: str) -> None:
        self._tell(f"Reading {Path(path).name}")
        try:
            if not path.strip():
                raise OptionError("no file is named", "write its path beside the button")
            found = opened(path.strip())
            with self._lock:
                names = self.choices.add_all(found)
                self._list()
                self._frames[id(self.panes[-1])][0].value = names[0]
            self._complain(None)
        except Exception as error:
            self._complain(error)
        finally:
            self._tell(None)

    def _list(self) -> None:
        """Offer all profiles in every pane."""
        for pane in self.panes:
            chosen = self._frames[id(pane)][0]
            if list(chosen.options) != self.choices.names:
                chosen.options = self.choices.names
                chosen.value = self.choices.add(pane.profile)

    def _lay_out(self) -> None:
        side = self._arrange.value == _SIDE
        self._area.layout.flex_flow = "row" if side else "column"
        self._area.layout.width = "100%"
        frames = [self._frames[id(pane)] for pane in self.panes]
        for _, away, frame in frames:
            away.layout.display = "" if len(frames) > 1 else "none"
            # What grows along a column would have no height of its own.
            frame.layout.flex = "1 1 0" if side else "0 0 auto"
        several = "" if len(frames) > 1 else "none"
        self._link.layout.display = self._arrange.layout.display = several
        self._area.children = [frame for _, _, frame in frames]

    def _linked(self, pane: Pane) -> None:
        if self._link.value:
            for other in self.panes:
                if other is not pane:
                    other.follow(pane)

    def _guarded(self, act: Callable[[Any], Any]) -> Callable[[Any], None]:
        """Return a callback whose errors are shown: Jupyter would hide them."""

        def guarded(event: Any) -> None:
            try:
                act(event)
            except Exception as error:
                self._complain(error)

        return guarded

    def _complain(self, error: BaseException | None) -> None:
        if error is None:
            self._trouble.value = ""
            return
        words = in_words(error)
        hint = f"<br>→ {html.escape(words['hint'])}" if words["hint"] else ""
        self._trouble.value = (
            '<div role="alert" style="color:var(--jp-error-color1,#c62828)">'
            f"{html.escape(words['message'])}{hint}</div>"
        )

    def _tell(self, text: str | None) -> None:
        self._doing.value = text or ""
        self._work.layout.display = "none" if text is None else ""

    def _ipython_display_(self, **_: Any) -> None:
        # Two outputs: JupyterLab shows nothing in the place of a widget whose kernel is gone.
        show = load("IPython.display:display")
        first: Profile = self.panes[0].profile
        show({"text/html": still_html(first, self._still), "text/plain": ""}, raw=True)
        bundle = self._repr_mimebundle_()
        show({**bundle, "text/plain": repr(self)}, raw=True)

    def __repr__(self) -> str:
        return f"<Explorer of {', '.join(repr(pane.profile) for pane in self.panes)}>"
