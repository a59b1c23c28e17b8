"""`Profile`: the one shape in which every recording and every file ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from perfnb.model.metadata import Metadata
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
        thread: str | int | None = None,
        time: tuple[float, float] | None = None,
        state: str | Iterable[str] | None = None,
    ) -> Profile:
        """Return the samples of a thread, time range or state.

        See `perfnb.transform.select.where`.
        """
        return _call("perfnb.transform.select:where", self, thread=thread, time=time, state=state)

    def focus(self, pattern: str) -> Profile:
        """Return the subtrees below functions whose name matches the regular expression."""
        return _call("perfnb.transform.frames:focus", self, pattern)

    def hide(self, pattern: str) -> Profile:
        """Return the profile with matching frames cut out of their stacks."""
        return _call("perfnb.transform.frames:hide", self, pattern)

    def collapse_recursion(self) -> Profile:
        """Return the profile with runs of one function calling itself drawn together."""
        return _call("perfnb.transform.frames:collapse_recursion", self)

    def inverted(self) -> Profile:
        """Return the profile with every stack turned round, leaf first."""
        return _call("perfnb.transform.invert:invert", self)

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

    def flame(self, **options: Any) -> Any:
        """Return the flame graph of this profile; see `perfnb.views.flame.FlameView`."""
        return load("perfnb.views.flame:FlameView")(self, **options)

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
