"""``with perfnb.record() as rec: …``: choosing a backend and running it safely."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from perfnb.capture import backend_names, backends
from perfnb.capture.base import Backend, CaptureSpec
from perfnb.capture.sources import with_sources
from perfnb.errors import (
    BackendUnavailable,
    CaptureActive,
    CaptureError,
    OptionError,
    PermissionRequired,
    ToolFailed,
)
from perfnb.model import Profile

_one_at_a_time = threading.Lock()


Finish = Callable[[Profile], Profile]


class _Finish:
    default: Finish = staticmethod(lambda profile: profile)


def set_finish(finish: Finish | None) -> None:
    """Set what is done with every recorded profile; None for nothing.

    A notebook gives frames the names of its cells this way.
    """
    _Finish.default = staticmethod(finish or (lambda profile: profile))


class Recorder:
    """A recording: a context manager whose `profile` is there when it is done.

    Parameters
    ----------
    backend : str
        "auto" takes the first that is permitted, and the profile says which and why: of "pyspy"
        and "inprocess", or of "bpftrace", "perf", "proc" and "inprocess" for what waits.
    title : str
        What is recorded, for people.
    finish : callable, optional
        Makes of the profile what `profile` shall be; by default what `set_finish` says.
    **options
        Fields of `CaptureSpec`: `kind`, `rate`, `idle`, `native`, `gil`, `subprocesses`, `pid`.

    Attributes
    ----------
    profile : Profile
        Raises if the recording has not ended, or ended without one.
    error : CaptureError or None
        Why there is no profile.
    """

    def __init__(
        self,
        backend: str = "auto",
        title: str = "",
        *,
        finish: Finish | None = None,
        **options: Any,
    ) -> None:
        self._spec = CaptureSpec(**options)
        self._registry = backends(self._spec.kind)
        if backend != "auto" and backend not in self._registry.names():
            known = ", ".join(("auto", *self._registry.names()))
            if backend in backend_names():
                raise OptionError(
                    f"the backend {backend!r} does not record kind={self._spec.kind!r}",
                    f"choose one of {known}",
                )
            raise OptionError(f"no backend called {backend!r}", f"choose one of {known}")
        self._wanted = backend
        self._title = title
        self._backend: Backend | None = None
        self._reason = ""
        self._second_choice = False
        self._finish = finish or _Finish.default
        self._profile: Profile | None = None
        self.error: CaptureError | None = None

    @property
    def profile(self) -> Profile:
        """The profile."""
        if self._profile is None:
            raise self.error or CaptureError("the recording has not ended yet")
        return self._profile

    def start(self) -> None:
        """Begin recording.

        Raises
        ------
        CaptureError
            If it cannot; nothing is left running.
        """
        if not _one_at_a_time.acquire(blocking=False):
            raise CaptureActive(
                "this process is already being recorded",
                "end the other recording first; what runs now is part of it",
            )
        try:
            self._begin()
        except BaseException:
            _one_at_a_time.release()
            raise

    def _begin(self) -> None:
        names = self._registry.names() if self._wanted == "auto" else (self._wanted,)
        refused: list[str] = []
        errors: list[CaptureError] = []
        for name in names:
            kind = self._registry.get(name).load()
            available = kind.availability(self._spec)
            if not available.ok:
                errors.append(BackendUnavailable(name, available.reason, available.fix))
                refused.append(f"{name}: {available.reason}")
                continue
            backend: Backend = kind()
            try:
                backend.start(self._spec)
            except (PermissionRequired, BackendUnavailable, ToolFailed) as error:
                errors.append(error)
                refused.append(f"{name}: {error.message}")
                continue
            self._backend = backend
            self._second_choice = bool(refused)
            self._reason = "; ".join(refused) or (
                "the most exact that is permitted here" if self._wanted == "auto" else "asked for"
            )
            return
        # Why the best one cannot is what a person can mend.
        raise errors[0]

    def stop(self) -> Profile:
        """End recording and return the profile.

        Raises
        ------
        CaptureError
            If there is none; nothing is left running.
        """
        backend, self._backend = self._backend, None
        if backend is None:
            return self.profile
        try:
            profile = backend.stop()
        except CaptureError as error:
            self.error = error
            raise
        finally:
            _one_at_a_time.release()
        # Before functions get other names: texts are found by those that they were compiled under.
        profile = with_sources(profile).with_metadata(
            title=self._title, reason=self._reason, second_choice=self._second_choice
        )
        self._profile = profile
        self._profile = self._finish(profile)
        return self._profile

    def abort(self) -> None:
        """End recording without a profile."""
        backend, self._backend = self._backend, None
        if backend is not None:
            try:
                backend.abort()
            finally:
                _one_at_a_time.release()

    def __enter__(self) -> Recorder:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        except CaptureError:
            # The block's own exception is the one to see; ours waits in `error`.
            if error is None:
                raise


def record(
    backend: str = "auto", title: str = "", *, kind: str = "cpu", **options: Any
) -> Recorder:
    """Record what this process does while a ``with`` block runs.

    Parameters
    ----------
    backend : str
        Who records; "auto" takes the best that is permitted. See `Recorder`.
    title : str
        What is recorded, for people.
    kind : {"cpu", "offcpu", "wall"}
        Where it runs, what it waits for, or both in one.
    **options
        `rate` (samples a second, 100), `idle`, `native`, `gil`, `subprocesses`: as
        py-spy's options of these names. `pid`: another process instead.

    Returns
    -------
    Recorder
        Its `profile` is there after the block, also after one that raised.

    Examples
    --------
    >>> import perfnb
    >>> with perfnb.record(rate=200) as rec:
    ...     total = sum(i * i for i in range(3_000_000))
    >>> rec.profile.value.unit
    'ns'
    """
    return Recorder(backend, title, kind=kind, **options)
