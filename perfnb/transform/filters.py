"""Filters as pictures keep them: JSON, what they do to a profile, and the Python that does it.

One row of `FILTERS` says of each kind which keys it has and which methods of `Profile` it is.
What is written is made of these, and so is, but for short cuts, what is applied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from perfnb.errors import OptionError
from perfnb.model import STATES, Profile, Thread
from perfnb.transform.frames import BY
from perfnb.transform.subtree import inverted_subtree

Filter = Mapping[str, Any]


class Call(NamedTuple):
    """A method of `Profile`, and what it is called with."""

    method: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of filter.

    Attributes
    ----------
    calls : callable
        From a filter and the profile, if there is one, to the calls that do it.
    keys, optional : mapping
        From each key to the check that its value has to pass.
    faster : callable, optional
        Does what the calls do, in a shorter way, if there is one for the filter.
    """

    calls: Callable[[Filter, Profile | None], list[Call]]
    keys: Mapping[str, Callable[[Any], bool]] = field(default_factory=dict)
    optional: Mapping[str, Callable[[Any], bool]] = field(default_factory=dict)
    faster: Callable[[Filter, Profile], Profile | None] | None = None


def apply(profile: Profile, filters: Sequence[Filter]) -> Profile:
    """Return the profile with all filters applied, in their order.

    Parameters
    ----------
    profile : Profile
        What to look at.
    filters : sequence of mapping
        Such as ``{"kind": "focus", "pattern": "^load$"}``; each has a ``kind`` of `FILTERS`.

    Raises
    ------
    OptionError
        If a kind is unknown, or a key is missing, unknown or of a wrong type.
    MissingColumn
        If the profile lacks what a filter asks for.
    """
    # Every filter is looked at before the first is applied.
    for kind, one in [(_checked(one), one) for one in filters]:
        done = kind.faster(one, profile) if kind.faster else None
        if done is None:
            done = profile
            for method, args, kwargs in kind.calls(one, profile):
                done = getattr(done, method)(*args, **kwargs)
        profile = done
    return profile


def expression(filters: Sequence[Filter], profile: Profile | None = None) -> str:
    """Return the Python that does the same to a variable named ``profile``.

    Parameters
    ----------
    filters : sequence of mapping
        As `apply` takes them.
    profile : Profile, optional
        Tells the names of threads; without it they have numbers.
    """
    text = "profile"
    for method, args, kwargs in (
        call for one in filters for call in _checked(one).calls(one, profile)
    ):
        told = [literal(value) for value in args]
        told += [f"{name}={literal(value)}" for name, value in kwargs.items()]
        text += f".{method}({', '.join(told)})"
    return text


def literal(value: Any) -> str:
    """Return a value as Python code: text in double quotes, if it has none itself."""
    if isinstance(value, float):
        # Seconds, to the nanosecond.
        return _seconds(round(value * 1e9))
    if isinstance(value, tuple | list):
        inside = ", ".join(map(literal, value))
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    text = repr(value)
    if isinstance(value, str) and text.startswith("'") and '"' not in value:
        return f'"{text[1:-1]}"'
    return text


def _seconds(ns: int) -> str:
    whole, rest = divmod(abs(ns), 10**9)
    return f"{'-' if ns < 0 else ''}{whole}.{f'{rest:09}'.rstrip('0') or '0'}"


def _checked(one: Filter) -> Kind:
    name = one.get("kind") if isinstance(one, Mapping) else None
    kind = FILTERS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise OptionError(f"no filter {one!r}", f"kinds: {', '.join(FILTERS)}")
    if missing := kind.keys.keys() - one.keys():
        raise OptionError(f"the filter {one!r} lacks {', '.join(sorted(missing))}")
    checks = {**kind.keys, **kind.optional}
    for key, value in one.items():
        if key == "kind":
            continue
        if key not in checks:
            keys = ", ".join(checks) or "none"
            raise OptionError(f"the filter {one!r} has a key {key!r}", f"keys of {name}: {keys}")
        if not checks[key](value):
            raise OptionError(f"the filter {one!r} has a wrong {key}")
    return kind


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_time(value: Any) -> bool:
    # What is told in seconds as a float has to come back to the nanosecond.
    return _is_int(value) and abs(value) < 1 << 51


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_path(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_text, value))


def _is_states(value: Any) -> bool:
    return _is_path(value) and all(state in STATES for state in value)


def _is_what(value: Any) -> bool:
    return _is_text(value) and value in BY


def _thread(one: Filter, profile: Profile | None) -> list[Call]:
    tid, pid = one["tid"], one["pid"]
    both = [Call("where", (), {"thread": tid, "process": pid})]
    if profile is None:
        return both
    threads = profile.threads
    meant = [thread for thread in threads if (thread.tid, thread.pid) == (tid, pid)]
    if len(meant) != 1:
        return both
    name = meant[0].name
    if name and sum(thread.name == name for thread in threads) == 1:
        return [Call("where", (), {"thread": name})]
    return [Call("where", (), {"thread": tid})] if _alone(threads, tid) else both


def _alone(threads: Sequence[Thread], tid: int) -> bool:
    return sum(thread.tid == tid for thread in threads) == 1


def _process(one: Filter, _: Profile | None) -> list[Call]:
    return [Call("where", (), {"process": one["pid"]})]


def _time(one: Filter, _: Profile | None) -> list[Call]:
    return [Call("where", (), {"time": (one["from"] / 1e9, one["to"] / 1e9)})]


def _state(one: Filter, _: Profile | None) -> list[Call]:
    states = list(one["states"])
    return [Call("where", (), {"state": states[0] if len(states) == 1 else states})]


def _module(one: Filter, _: Profile | None) -> list[Call]:
    return [Call("where", (), {"module": one["module"]})]


def _duration(one: Filter, _: Profile | None) -> list[Call]:
    low, high = one.get("from", 0) / 1e9, one.get("to")
    return [Call("where", (), {"duration": (low, None if high is None else high / 1e9)})]


def _reason(one: Filter, _: Profile | None) -> list[Call]:
    reasons = list(one["reasons"])
    return [Call("where", (), {"reason": reasons[0] if len(reasons) == 1 else reasons})]


def _pattern(one: Filter, _: Profile | None) -> list[Call]:
    told: dict[str, Any] = {}
    if one.get("exact"):
        told["exact"] = True
    if "file" in one:
        told["file"] = one["file"]
    return [Call(one["kind"], (one["pattern"],), told)]


def _subtree(one: Filter, _: Profile | None) -> list[Call]:
    call = Call("subtree", tuple(one["path"]))
    turn = Call("inverted")
    return [turn, call, turn] if one.get("inverted") else [call]


def _inverted_subtree(one: Filter, profile: Profile) -> Profile | None:
    return inverted_subtree(profile, *one["path"]) if one.get("inverted") else None


def _by(one: Filter, _: Profile | None) -> list[Call]:
    return [Call("by", (one["what"],))]


_PATTERN = Kind(_pattern, {"pattern": _is_text}, {"exact": _is_bool, "file": _is_text})

FILTERS: Mapping[str, Kind] = {
    "thread": Kind(_thread, {"tid": _is_int, "pid": _is_int}),
    "process": Kind(_process, {"pid": _is_int}),
    "time": Kind(_time, {"from": _is_time, "to": _is_time}),
    "state": Kind(_state, {"states": _is_states}),
    "module": Kind(_module, {"module": _is_text}),
    "duration": Kind(_duration, {}, {"from": _is_time, "to": _is_time}),
    "reason": Kind(_reason, {"reasons": _is_path}),
    "focus": _PATTERN,
    "hide": _PATTERN,
    "show": _PATTERN,
    "keep": _PATTERN,
    "drop": _PATTERN,
    "subtree": Kind(_subtree, {"path": _is_path}, {"inverted": _is_bool}, _inverted_subtree),
    "mine": Kind(lambda *_: [Call("only_my_code")]),
    "recursion": Kind(lambda *_: [Call("collapse_recursion")]),
    "by": Kind(_by, {"what": _is_what}),
}
"""What each kind of filter is; the browser has the same in ``core/filters.ts``."""
