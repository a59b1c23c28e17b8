"""Every exception perfnb raises on purpose, in one tree.

::

    PerfnbError(message, hint)
      CaptureError
        BackendUnavailable(backend, reason)
        PermissionRequired(target, reason)
        ToolFailed(argv, exit_code, stderr)
        TargetExited(pid)
        NoSamples(reason)
        CaptureActive
      FormatError
        UnknownFormat(path)
        MalformedProfile(path, where, what)
        UnsupportedVersion(path, found, known)
      ProfileError
        InvalidProfile
        MissingColumn(column, needed_by)
        IncompatibleProfiles
      OptionError

Each error carries its facts as fields, and one hint that a person can act on.
Foreign exceptions are translated once, at the boundary, with ``from``.
"""

from __future__ import annotations

from collections.abc import Sequence


class PerfnbError(Exception):
    """Base of all perfnb errors.

    Parameters
    ----------
    message : str
        What went wrong, naming the place.
    hint : str, optional
        What the reader can do about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.hint}" if self.hint else self.message


class CaptureError(PerfnbError):
    """A recording could not be started, kept up or finished."""


class BackendUnavailable(CaptureError):
    """The capture backend cannot work here."""

    def __init__(self, backend: str, reason: str, hint: str = "") -> None:
        super().__init__(f"the {backend} backend is not available here: {reason}", hint)
        self.backend = backend
        self.reason = reason


class PermissionRequired(CaptureError):
    """The operating system refused the access a capture needs."""

    def __init__(self, target: str, reason: str, hint: str = "") -> None:
        super().__init__(f"no permission to profile {target}: {reason}", hint)
        self.target = target
        self.reason = reason


class ToolFailed(CaptureError):
    """A profiling tool ended badly.

    Parameters
    ----------
    argv : sequence of str
        The command line.
    exit_code : int or None
        Its exit status; negative for a signal, None if it never ended.
    stderr : str
        The tail of what it said.
    """

    def __init__(
        self, argv: Sequence[str], exit_code: int | None, stderr: str, hint: str = ""
    ) -> None:
        how = _describe_exit(exit_code)
        said = f": {stderr.strip()}" if stderr.strip() else ""
        super().__init__(f"{argv[0]} {how}{said}", hint)
        self.argv = tuple(argv)
        self.exit_code = exit_code
        self.stderr = stderr


class TargetExited(CaptureError):
    """The process being profiled ended."""

    def __init__(self, pid: int, hint: str = "") -> None:
        super().__init__(f"process {pid} has ended", hint)
        self.pid = pid


class NoSamples(CaptureError):
    """The recording holds no sample."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(f"no samples were taken: {reason}", hint)
        self.reason = reason


class CaptureActive(CaptureError):
    """A recording of this process is already running."""


class FormatError(PerfnbError):
    """A file could not be read or written as a profile."""


class UnknownFormat(FormatError):
    """No known format fits."""

    def __init__(self, path: str, hint: str = "") -> None:
        super().__init__(f"{path}: not a profile format that perfnb knows", hint)
        self.path = path


class MalformedProfile(FormatError):
    """The file is of a known format, but broken.

    Parameters
    ----------
    path : str
        The file.
    where : str
        The line or byte offset, e.g. ``"line 12"``.
    what : str
        What is wrong there.
    """

    def __init__(self, path: str, where: str, what: str, hint: str = "") -> None:
        super().__init__(f"{path}, {where}: {what}", hint)
        self.path = path
        self.where = where
        self.what = what


class UnsupportedVersion(FormatError):
    """The file was written by a version that this perfnb cannot read."""

    def __init__(self, path: str, found: str, known: str, hint: str = "") -> None:
        super().__init__(f"{path}: version {found}, perfnb reads {known}", hint)
        self.path = path
        self.found = found
        self.known = known


class ProfileError(PerfnbError):
    """A profile does not fit what is asked of it."""


class InvalidProfile(ProfileError):
    """The tables break an invariant of the model."""


class MissingColumn(ProfileError):
    """The profile has no such column.

    Parameters
    ----------
    column : str
        The missing column of the samples table.
    needed_by : str
        What wanted it.
    """

    def __init__(self, column: str, needed_by: str, hint: str = "") -> None:
        super().__init__(f"{needed_by} needs samples.{column}, which this profile lacks", hint)
        self.column = column
        self.needed_by = needed_by


class IncompatibleProfiles(ProfileError):
    """Profiles of different value types cannot be put together."""


class OptionError(PerfnbError):
    """An option is unknown or its value does not fit."""


def _describe_exit(exit_code: int | None) -> str:
    if exit_code is None:
        return "did not end"
    if exit_code < 0:
        return f"was killed by signal {-exit_code}"
    return f"ended with exit code {exit_code}"
