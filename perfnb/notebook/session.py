"""Profiling a cell without running it differently.

``%%flame`` at the top of a cell becomes a statement that starts the recording; the rest of
the cell is left to IPython as it stands, so that ``await``, ``!shell``, displays, history
and tracebacks are those of any cell. When IPython says that the cell has ended, whichever
way, the recording ends and the picture is shown.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.display import display

from perfnb.capture.offcpu.shares import with_shares
from perfnb.capture.process import wait_for_exit
from perfnb.capture.record import Recorder
from perfnb.errors import CaptureActive, NoSamples, PerfnbError
from perfnb.model.calltree import CELL_FILE
from perfnb.notebook.captured import Captured, store
from perfnb.notebook.cells import as_typed
from perfnb.notebook.clean import name_cells, without_machinery
from perfnb.notebook.options import FlameOptions
from perfnb.notebook.show import notice, show_profile
from perfnb.notebook.warmup import Warmup
from perfnb.views.assets import front_end_serves_static

if TYPE_CHECKING:
    from types import FrameType

    from IPython.core.interactiveshell import InteractiveShell

    from perfnb.model import Profile


class FlameSession:
    """The recordings of one shell; one at a time.

    Parameters
    ----------
    shell : InteractiveShell
        IPython.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.captured = store()
        # How many cells run inside one another, per thread: subshells run beside the main one.
        self._depth: Counter[int] = Counter()
        self._active: _Running | None = None
        self.warmup = Warmup()

    def before_cell(self, *_: Any) -> None:
        """A cell begins (also one that runs inside another)."""
        self._depth[threading.get_native_id()] += 1

    def after_cell(self, *_: Any) -> None:
        """A cell has ended, whichever way."""
        running, thread = self._active, threading.get_native_id()
        if (
            running is not None
            and running.thread == thread
            and running.depth >= self._depth[thread]
        ):
            self.finish()
        # A cell that was running when the extension was loaded ends without having begun.
        self._depth[thread] = max(0, self._depth[thread] - 1)

    def begin(self, options: FlameOptions) -> bool:
        """Start recording until `finish`; say so and return False if that cannot be."""
        if self._active is not None:
            notice(
                CaptureActive(
                    "this cell is already being profiled; the inner %flame is ignored",
                    "its code is part of the picture of the outer one",
                )
            )
            return False
        number, thread = self.number(), threading.get_native_id()
        recorder = Recorder(
            backend=options.backend,
            title=options.title or f"In [{number}]",
            rate=options.rate,
            native=options.native,
            gil=options.gil,
            idle=options.idle,
            subprocesses=options.subprocesses,
            kind=options.kind,
            kernel=options.kernel,
            pid=options.pid or os.getpid(),
            finish=lambda profile: self._finished(profile, thread, number, options),
        )
        running = _Running(recorder, options, self._depth[thread], thread, number)
        self.warmup.finish()
        try:
            recorder.start()
        except PerfnbError as error:
            notice(error, "The cell runs, unprofiled.")
            return False
        self._active = running
        return True

    def finish(self) -> Profile | None:
        """End the recording, show and keep what was recorded."""
        running, self._active = self._active, None
        if running is None:
            return None
        try:
            profile = running.recorder.stop()
        except PerfnbError as error:
            notice(error)
            return None
        did, other = (
            ("waited for nothing", "%%flame")
            if running.options.kind == "offcpu"
            else (f"was not running at any of {profile.metadata.ticks} instants", "`-i`")
        )
        nothing = NoSamples(
            f"the cell {did}",
            f"{other} shows what {'runs' if other == '%%flame' else 'waits'}; `--all-frames` the "
            "notebook's own machinery",
        )
        self._show(profile, running.number, running.options, nothing)
        return profile

    def watch(self, options: FlameOptions) -> None:
        """Record another process for some seconds, or until it ends or one is interrupted."""
        if not self.begin(options):
            return
        try:
            wait_for_exit(options.pid, options.duration)
        except KeyboardInterrupt:
            # What was recorded until now is what was asked for.
            pass
        finally:
            self.finish()

    def _finished(
        self, profile: Profile, thread: int, number: int, options: FlameOptions
    ) -> Profile:
        if options.pid and options.pid != os.getpid():
            return profile
        return self.cleaned(profile, thread, number, options.all_frames)

    def open(self, options: FlameOptions) -> Profile:
        """Show and keep the profile in a file.

        Raises
        ------
        PerfnbError, OSError
            If it cannot be read.
        """
        # Not needed by who only records: `%load_ext` is waited for.
        from perfnb.formats.read import read

        path = options.file if "://" in options.file else Path(options.file).expanduser()
        profile = read(path, options.value or None)
        if options.title:
            profile = profile.with_metadata(title=options.title)
        nothing = NoSamples(f"there are none in {options.file}")
        self._show(profile, self.number(), options, nothing)
        return profile

    @property
    def last(self) -> Profile | None:
        """The latest profile, None if there is none."""
        return self.captured[-1].profile if self.captured else None

    def _keep(self, profile: Profile, number: int) -> Profile:
        self.captured.append(Captured(profile, f"{CELL_FILE}{number}]"))
        return profile

    def _show(
        self, profile: Profile, number: int, options: FlameOptions, nothing: NoSamples
    ) -> None:
        self._keep(profile, number)
        if options.bind:
            self.shell.user_ns[options.bind] = profile
        if not len(profile):
            notice(nothing)
            return
        self._know_front_end()
        show_profile(profile, options)

    def display(self, view: Any) -> None:
        """Show a picture in the output of the cell that is running."""
        self._know_front_end()
        display(view)

    def _know_front_end(self) -> None:
        # VS Code leaves the notebook's path in the namespace.
        front_end_serves_static("__vsc_ipynb_file__" not in self.shell.user_ns)

    def abort(self) -> None:
        """End the recording without a picture."""
        running, self._active = self._active, None
        if running is not None:
            running.recorder.abort()

    def cleaned(
        self, profile: Profile, thread: int, number: int, all_frames: bool = False
    ) -> Profile:
        """Return the profile as a person recognises it.

        Parameters
        ----------
        profile : Profile
            As recorded.
        thread, number : int
            The native id of the thread that ran the cell, and the cell's number.
        all_frames : bool
            Whether the machinery stays.
        """
        # `%%time` and `%timeit` compile what they run under these names.
        timed = dict.fromkeys(("<timed exec>", "<timed eval>", "<magic-timeit>"), number)
        profile = as_typed(name_cells(profile, {**timed, **self.cells()}), self._typed())
        if all_frames:
            return profile
        before = len(profile)
        profile = without_machinery(profile, thread)
        extra = {**profile.metadata.extra, "machinery_samples": before - len(profile)}
        return with_shares(replace(profile, metadata=replace(profile.metadata, extra=extra)))

    def cleaned_here(self, profile: Profile) -> Profile:
        """Return what a `record` block in a cell recorded, as a person recognises it; keep it."""
        number = self.number()
        return self._keep(self.cleaned(profile, threading.get_native_id(), number), number)

    def cells(self) -> Mapping[str, int]:
        """Return the number of the cell that each of the compiler's file names stands for."""
        names: Mapping[str, int] = getattr(self.shell.compile, "_filename_map", {})
        return names

    def _typed(self) -> Sequence[str]:
        history = getattr(self.shell, "history_manager", None)
        return getattr(history, "input_hist_raw", ())

    def number(self) -> int:
        """Return the number of the cell that is running."""
        cells = self.cells()
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if (number := cells.get(frame.f_code.co_filename)) is not None:
                return number
            frame = frame.f_back
        return self.shell.execution_count


class _Running:
    def __init__(
        self, recorder: Recorder, options: FlameOptions, depth: int, thread: int, number: int
    ) -> None:
        self.recorder = recorder
        self.options = options
        self.depth = depth
        self.thread = thread
        self.number = number
