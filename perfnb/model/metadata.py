"""What a profile says about its own trustworthiness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Metadata:
    """How a profile came to be. Every field that was not measured is None, never a guess.

    Attributes
    ----------
    title : str
        What was profiled, for people.
    backend, backend_version : str
        Who took the samples.
    reason : str
        Why this backend was chosen.
    second_choice : bool
        Whether a better one was refused; `reason` says why.
    start_monotonic_ns, end_monotonic_ns : int or None
        CLOCK_MONOTONIC bounds of the recorded window.
    start_wall : float or None
        Unix time of the start, in seconds.
    rate_asked, rate_achieved : float or None
        Sampling instants per second.
    ticks : int or None
        Sampling instants inside the window; each gives one sample per thread.
    missed : int or None
        Instants at which the target could not be read.
    late : int or None
        Instants that came more than one period late.
    profiler_cpu_s : float or None
        CPU seconds the profiler used, itself and its helpers.
    paused_s : float or None
        Seconds for which the target was stopped.
    clock_error_ns : int or None
        Bound on the error of `Samples.time`.
    state_unknown : int or None
        Samples whose thread state could not be read.
    summed : bool
        Whether rows are sums of samples that nobody counted.
    traced : bool
        Whether every call or allocation was recorded, so that no sample was taken at all.
    truncated : str
        What is left out, if anything.
    notes : tuple of str
        Biases and other things a reader must know.
    extra : mapping
        Anything else, of JSON types.
    """

    title: str = ""
    backend: str = ""
    backend_version: str = ""
    reason: str = ""
    second_choice: bool = False
    start_monotonic_ns: int | None = None
    end_monotonic_ns: int | None = None
    start_wall: float | None = None
    rate_asked: float | None = None
    rate_achieved: float | None = None
    ticks: int | None = None
    missed: int | None = None
    late: int | None = None
    profiler_cpu_s: float | None = None
    paused_s: float | None = None
    clock_error_ns: int | None = None
    state_unknown: int | None = None
    summed: bool = False
    traced: bool = False
    truncated: str = ""
    notes: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def wall_s(self) -> float | None:
        """Length of the recorded window in seconds, if known."""
        if self.start_monotonic_ns is None or self.end_monotonic_ns is None:
            return None
        return (self.end_monotonic_ns - self.start_monotonic_ns) / 1e9
