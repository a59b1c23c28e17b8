"""`Profile`: the one shape in which every recording and every file ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from perfnb.model.metadata import Metadata
from perfnb.model.sources import SourceText
from perfnb.model.tables import Samples, Tables, Thread, check_samples
from perfnb.registry import load
from perfnb.units import ValueType

if TYPE_CHECKING:
    import os

    import polars as pl

    from perfnb.model.calltree import CallTree


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Frozen tables of samples, and what is known about how they were taken.

    Parameters
    ----------
    value : ValueType
        What the weights measure.
    tables : Tables
        Functions, frames, stacks and threads; several profiles may share them.
    samples : Samples
        Rows of (stack, thread, weight), with time, duration and state where known.
    metadata : Metadata
        Rate, losses, cost and error bounds of the recording.
    sources : mapping of str to SourceText
        From a function's file to what is known of its text as it was when it was recorded.

    Raises
    ------
    InvalidProfile
        If an index is out of range, a stack's parent is not above it, a row of
        functions, frames, stacks or threads appears twice, or samples are not
        sorted by time.
    """

    value: ValueType
    tables: Tables
    samples: Samples
    metadata: Metadata = field(default_factory=Metadata)
    sources: Mapping[str, SourceText] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_samples(self.tables, self.samples)

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def total(self) -> int:
        """Sum of all weights, in `value.unit`."""
        return int(self.samples.weight.sum())

    @property
    def sample_count(self) -> int | None:
        """How many samples were taken; None if nobody counted, or everything was recorded."""
        samples = self.samples
        if self.metadata.traced:
            return None
        if samples.count is not None:
            return int(samples.count.sum())
        if self.value == ValueType("samples", "count"):
            return self.total
        return None if self.metadata.summed else len(self)

    @property
    def threads(self) -> tuple[Thread, ...]:
        """The threads table."""
        return self.tables.threads

    @property
    def start_ns(self) -> int:
        """When the recording began, on the clock of `Samples.time`: times are told since then.

        Where nobody noted it, it is the time of the first sample.
        """
        start, time = self.metadata.start_monotonic_ns, self.samples.time
        if start is not None:
            return start
        return int(time[0]) if time is not None and len(time) else 0

    def with_samples(self, samples: Samples) -> Profile:
        """Return this profile with other samples over the same tables."""
        return replace(self, samples=samples)

    def with_metadata(self, **changes: Any) -> Profile:
        """Return this profile with some metadata fields changed."""
        return replace(self, metadata=replace(self.metadata, **changes))

    # What reads well on the object is looked up when called: the model imports nothing above it.

    def where(
        self,
        *,
        thread: str | int | Iterable[str | int] | None = None,
        process: str | int | Iterable[str | int] | None = None,
        time: tuple[float, float] | None = None,
        state: str | Iterable[str] | None = None,
        module: str | Iterable[str] | None = None,
        duration: tuple[float, float | None] | None = None,
        reason: str | Iterable[str] | None = None,
    ) -> Profile:
        """Return the samples that fit every condition given.

        Parameters
        ----------
        thread : str or int, or an iterable of them, optional
            A thread's name, or its id.
        process : str or int, or an iterable of them, optional
            A process's name, or its id.
        time : (float, float), optional
            Seconds since the start of the recording; the end is not included.
        state : str or iterable of str, optional
            Of `perfnb.model.STATES`.
        module : str or iterable of str, optional
            A module or package: samples with a function of it anywhere on the stack.
        duration : (float, float or None), optional
            Seconds: samples that lasted at least the first and less than the second of them.
        reason : str or iterable of str, optional
            What was waited for, such as ``"[sleep]"``; the brackets may be left out.

        Raises
        ------
        OptionError
            If there is no such thread, process, state, module or reason.
        MissingColumn
            If the profile has no times, states or durations.
        """
        return _call(
            "perfnb.transform.select:where", self,
            thread=thread, process=process, time=time, state=state, module=module,
            duration=duration, reason=reason,
        )  # fmt: skip

    def focus(self, pattern: str, *, exact: bool = False, file: str | None = None) -> Profile:
        """Return the subtrees below the outermost matching frames; other samples are dropped.

        Parameters
        ----------
        pattern : str
            A regular expression. Case is ignored, and it may match anywhere in a function's
            name, module or file, as in the search box.
        exact : bool
            Whether `pattern` is instead the function's whole name, as it is written.
        file : str, optional
            With `exact`: the function's file too, in full or as pictures show it.
        """
        return _call("perfnb.transform.frames:focus", self, pattern, exact=exact, file=file)

    def hide(self, pattern: str, *, exact: bool = False, file: str | None = None) -> Profile:
        """Return the profile with matching frames cut out; what is matched as by `focus`.

        What they called moves to their callers.
        """
        return _call("perfnb.transform.frames:hide", self, pattern, exact=exact, file=file)

    def show(self, pattern: str, *, exact: bool = False, file: str | None = None) -> Profile:
        """Return the profile with all but matching frames cut out; matched as by `focus`."""
        return _call("perfnb.transform.frames:show", self, pattern, exact=exact, file=file)

    def keep(self, pattern: str, *, exact: bool = False, file: str | None = None) -> Profile:
        """Return the samples that have a matching frame, whole; matched as by `focus`."""
        return _call("perfnb.transform.frames:keep", self, pattern, exact=exact, file=file)

    def drop(self, pattern: str, *, exact: bool = False, file: str | None = None) -> Profile:
        """Return the samples that have no matching frame; matched as by `focus`."""
        return _call("perfnb.transform.frames:drop", self, pattern, exact=exact, file=file)

    def subtree(self, *path: str) -> Profile:
        """Return the samples whose stacks begin with a path, cut off above its last frame.

        Parameters
        ----------
        *path : str
            Frames as a picture names them, from the root on: ``load``, ``load:12``,
            ``In [5] load``, ``In [5]:12 load``. A name without a line stands for every line.
        """
        return _call("perfnb.transform.subtree:subtree", self, *path)

    def callees(self, pattern: str, *, exact: bool = False, file: str | None = None) -> Profile:
        """Return what a function called, it being the root: a sandwich's lower half.

        What is matched as by `focus`. Its total is the function's: recursion counts once.
        """
        return _call("perfnb.transform.subtree:callees", self, pattern, exact=exact, file=file)

    def callers(self, pattern: str, *, exact: bool = False, file: str | None = None) -> Profile:
        """Return what called a function, it being the root: a sandwich's upper half.

        What is matched as by `focus`. Stacks run from the outermost match to the root.
        """
        return _call("perfnb.transform.subtree:callers", self, pattern, exact=exact, file=file)

    def only_my_code(self, *roots: str) -> Profile:
        """Return the profile with each run of library frames drawn as one, named ``[package]``.

        Parameters
        ----------
        *roots : str
            Folders of one's own code. Without them, notebook cells and every Python file that is
            not of the standard library or an installed package are one's own.
        """
        return _call("perfnb.transform.mine:only_my_code", self, *roots)

    def by(self, what: str) -> Profile:
        """Return the profile with files or modules in the place of functions.

        Parameters
        ----------
        what : {"file", "module"}
            Frames of the same one that call each other are drawn as one.
        """
        return _call("perfnb.transform.frames:by", self, what)

    def collapse_recursion(self) -> Profile:
        """Return the profile with runs of one function calling itself drawn together."""
        return _call("perfnb.transform.frames:collapse_recursion", self)

    def inverted(self) -> Profile:
        """Return the profile with every stack turned round, leaf first."""
        return _call("perfnb.transform.invert:invert", self)

    def wakers(self) -> Profile:
        """Return the stacks of those who ended waits, as wide as the waits were long.

        See `perfnb.transform.wakers.wakers`.
        """
        return _call("perfnb.transform.wakers:wakers", self)

    def offwake(self) -> Profile:
        """Return the stacks of those who waited, joined with those of who ended the waits.

        See `perfnb.transform.wakers.offwake`.
        """
        return _call("perfnb.transform.wakers:offwake", self)

    def thread_times(self) -> pl.DataFrame:
        """Return how each thread spent its time, where that was recorded.

        Returns
        -------
        polars.DataFrame
            Columns ``name``, ``pid``, ``tid``, ``wall_ns``, ``cpu_ns``, ``runqueue_ns``,
            ``blocked_ns``, ``stopped_ns`` (held by the profiler), ``voluntary`` and
            ``involuntary`` (context switches).
        """
        frame: pl.DataFrame = load("perfnb.model.threadtimes:thread_times")(self)
        return frame

    def merge(self, *others: Profile) -> Profile:
        """Return the samples of this and other profiles in one."""
        return _call("perfnb.transform.merge:merge", [self, *others])

    def call_tree(self, merge: str = "cell", *, split_threads: bool = False) -> CallTree:
        """Return the merged call tree; see `perfnb.model.CallTree`."""
        tree: CallTree = load("perfnb.model.calltree:CallTree").of(
            self, merge=merge, split_threads=split_threads
        )
        return tree

    def functions(self) -> pl.DataFrame:
        """Return self, total and samples per function, the largest self first.

        Returns
        -------
        polars.DataFrame
            Columns ``name``, ``module``, ``file``, ``kind``, ``self``, ``total`` (in
            `value.unit`), ``self_share``, ``total_share`` (0 to 1), ``self_samples``
            and ``total_samples``. Recursion is counted once.
        """
        frame: pl.DataFrame = load("perfnb.model.functions:functions_table")(self)
        return frame

    def lines(self) -> pl.DataFrame:
        """Return self, total and samples per line of source, the largest self first.

        Returns
        -------
        polars.DataFrame
            Columns ``file``, ``line``, ``name`` (of the functions seen there, joined with
            ", "), ``self``, ``total`` (in `value.unit`), ``self_share``, ``total_share``
            (0 to 1), ``self_samples`` and ``total_samples``. A line that is on a stack several
            times counts once; frames of no known line are left out.
        """
        frame: pl.DataFrame = load("perfnb.model.lines:lines_table")(self)
        return frame

    def flame(self, **options: Any) -> Any:
        """Return the flame graph of this profile; see `perfnb.views.flame.FlameView`."""
        return load("perfnb.views.flame:FlameView")(self, **options)

    def explore(self, **options: Any) -> Any:
        """Return the explorer of this profile; see `perfnb.views.explore.app.explore`."""
        return load("perfnb.views.explore.app:explore")(self, **options)

    def write(self, path: str | os.PathLike[str], *, format: str | None = None) -> None:
        """Write the profile to `path`, in the format its suffix names.

        See `perfnb.formats.write`.
        """
        load("perfnb.formats:write")(self, path, format=format)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return self.flame()._repr_mimebundle_(include, exclude)

    def __repr__(self) -> str:
        m = self.metadata
        made = f" by {m.backend}" if m.backend else ""
        known = self.sample_count
        rows = f"{len(self):,} stacks" if known is None else f"{known:,} samples"
        return (
            f"<Profile {m.title or 'untitled'}: {rows}{made}, "
            f"{self.value.format(self.total)} {self.value.kind}, {len(self.threads)} threads>"
        )


def _call(target: str, *args: Any, **kwargs: Any) -> Profile:
    result: Profile = load(target)(*args, **kwargs)
    return result
