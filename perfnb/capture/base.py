"""What every capture backend offers, and the request it is given."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final, Protocol

from perfnb.errors import OptionError
from perfnb.model import Profile

KINDS: Final = ("cpu", "offcpu", "wall")


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a backend can work here; if not, why, and what would change that."""

    ok: bool
    reason: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class CaptureSpec:
    """What to record.

    Attributes
    ----------
    rate : float
        Sampling instants per second.
    idle : bool
        Keep samples of threads that were not running.
    native : bool
        Frames of compiled code too.
    gil : bool
        Only samples of the thread that holds the GIL.
    subprocesses : bool
        Child processes too.
    pid : int
        The process.
    kind : {"cpu", "offcpu", "wall"}
        What is asked: where it ran, what it waited for, or both.
    kernel : bool
        Kernel frames of waits too.
    """

    rate: float = 100.0
    idle: bool = False
    native: bool = False
    gil: bool = False
    subprocesses: bool = False
    pid: int = field(default_factory=os.getpid)
    kind: str = "cpu"
    kernel: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.rate <= 10_000:
            raise OptionError(
                f"a rate of {self.rate:g} Hz cannot be sampled", "choose 1 to 10000, e.g. 100"
            )

        if self.kind not in KINDS:
            raise OptionError(f"kind={self.kind!r}", f"choose one of {', '.join(KINDS)}")
        if self.kind != "cpu" and (self.gil or self.idle):
            raise OptionError(
                f"kind={self.kind!r} is about waiting threads: it goes with neither gil nor idle",
                "leave them out: waits for the GIL are told apart by their reason",
            )

    @property
    def weighs(self) -> str:
        """The kind of the profile's weights."""
        if self.kind != "cpu":
            return "off-CPU" if self.kind == "offcpu" else "wall"
        return "GIL" if self.gil else "wall" if self.idle else "on-CPU"


class Backend(Protocol):
    """One way to record a running program.

    A backend is made for one recording: `start` returns once samples are being
    taken, `stop` returns what was recorded, `abort` only cleans up. After `stop` or
    `abort`, also one that raised, nothing of the recording is left: no process, no
    thread, no file.
    """

    name: str

    @classmethod
    def availability(cls, spec: CaptureSpec) -> Availability:
        """Say whether `spec` can be recorded this way, here."""
        ...

    def start(self, spec: CaptureSpec) -> None:
        """Begin.

        Raises
        ------
        CaptureError
            If it cannot be begun; nothing is left running.
        """
        ...

    def stop(self) -> Profile:
        """End, and return the profile.

        Raises
        ------
        CaptureError
            If there is nothing to return.
        """
        ...

    def abort(self) -> None:
        """End without a profile; harmless when already ended."""
        ...
