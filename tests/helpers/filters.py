"""Random filters, most of which find something in a profile."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from helpers.ascii import rows
from perfnb.model import KINDS, STATES, Profile

PATTERNS = ("main", "^w", "run|work", "app", r"\.py$", "😀", "<", "nothing like it", "[a-m]", "^$")
"""Regular expressions that mean the same in Python and in JavaScript."""

CHOOSING = (
    "thread", "process", "time", "state", "module", "duration", "reason", "keep", "drop",
)  # fmt: skip
"""Kinds that only choose among samples."""

ALL = (*CHOOSING, "focus", "hide", "show", "subtree", "mine", "recursion", "by")


def waits(profile: Profile) -> list[str]:
    """Return the names of the functions that stand for waiting."""
    functions = profile.tables.functions
    kinds = [KINDS[kind] for kind in functions.kind.tolist()]
    return [name for name, kind in zip(functions.name, kinds, strict=True) if kind == "wait"]


def labels(function: Any, line: int) -> list[str]:
    """Return how a picture names a frame, without its line and with it."""
    name, file = function.name, function.file
    if not file.startswith("In ["):
        return [name] + [f"{name}:{line}"] * (line > 0)
    places = [file] + [f"{file}:{line}"] * (line > 0)
    return [place if name == "<module>" else f"{place} {name}" for place in places]


@st.composite
def filters(
    draw: st.DrawFn, profile: Profile, kinds: tuple[str, ...] = ALL, most: int = 4
) -> list[dict[str, Any]]:
    """Lists of filters that `profile` has the columns for."""
    columns = {
        "time": profile.samples.time is not None,
        "state": profile.samples.state is not None,
        "duration": profile.samples.duration is not None,
        "reason": bool(waits(profile)),
        "module": bool(profile.tables.functions.module),
        "thread": bool(profile.threads),
        "process": bool(profile.threads),
    }
    able = [kind for kind in kinds if columns.get(kind, True)]
    chosen = draw(st.lists(st.sampled_from(able), max_size=most)) if able else []
    return [draw(one(profile, kind)) for kind in chosen]


@st.composite
def one(draw: st.DrawFn, profile: Profile, kind: str) -> dict[str, Any]:
    """One filter of a kind."""
    functions = profile.tables.functions
    made: dict[str, Any] = {"kind": kind}
    match kind:
        case "thread":
            thread = draw(st.sampled_from(profile.threads))
            made |= {"tid": thread.tid, "pid": thread.pid}
        case "process":
            made["pid"] = draw(st.sampled_from(profile.threads)).pid
        case "time":
            made["from"], made["to"] = sorted(draw(st.tuples(*[st.integers(-5, 1100)] * 2)))
        case "state":
            made["states"] = draw(st.lists(st.sampled_from(STATES), unique=True))
        case "module":
            module = draw(st.sampled_from(functions.module))
            made["module"] = draw(st.sampled_from([module, module.partition(".")[0]]))
        case "duration":
            bounds = {"from": st.integers(-1, 9), "to": st.integers(-1, 9)}
            made |= draw(st.fixed_dictionaries({}, optional=bounds))
        case "reason":
            there = waits(profile)
            made["reasons"] = draw(st.lists(st.sampled_from(there), max_size=2)) if there else []
        case "subtree":
            stacks = [row.stack for row in rows(profile) if row.stack]
            stack = draw(st.sampled_from(stacks)) if stacks else ()
            inverted = draw(st.booleans())
            path = stack[: draw(st.integers(0, 4))]
            if inverted:
                path = stack[::-1][: len(path)]
                made["inverted"] = True
            made["path"] = [draw(st.sampled_from(labels(*step))) for step in path]
        case "by":
            made["what"] = draw(st.sampled_from(("file", "module")))
        case "focus" | "hide" | "show" | "keep" | "drop":
            made["pattern"] = draw(st.sampled_from(PATTERNS))
            if functions.name and draw(st.booleans()):
                row = draw(st.integers(0, len(functions) - 1))
                made |= {"pattern": functions.name[row], "exact": True}
                if draw(st.booleans()):
                    made["file"] = functions.file[row]
    return made
