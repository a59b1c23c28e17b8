"""The answer to which lines of a file cost how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from perfnb.model import Profile
from perfnb.model.calltree import CELL_FILE

_IDENTITY = ("name", "file", "module", "kind")
_PROGRAMS = (".py", ".pyw", ".pyx")


def source_answer(
    profile: Profile,
    whole: int,
    lines: pl.DataFrame,
    functions: pl.DataFrame,
    ref: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a file's text, and self and total of its lines.

    Parameters
    ----------
    profile : Profile
        Whose functions are meant: texts of other files are not read.
    whole : int
        The sum of all weights, after filters.
    lines : polars.DataFrame
        What `Profile.lines` returns, after filters.
    functions : polars.DataFrame
        What `Profile.functions` returns, after filters.
    ref : mapping
        The function: ``name``, ``file``, ``module`` and ``kind``.
    """
    file = str(ref.get("file", ""))
    text, note = _text_of(profile, file, str(ref.get("kind", "")))
    found = lines.filter((pl.col("file") == file) & (pl.col("line") > 0)).sort("line")
    own = functions.filter(
        pl.all_horizontal(pl.col(one) == str(ref.get(one, "")) for one in _IDENTITY)
    )
    head = {
        "file": file, "note": note, "whole": whole,
        "self": int(own["self"].sum()), "total": int(own["total"].sum()),
    }  # fmt: skip
    columns = {
        "text": "\n".join(text).encode("utf-8", "replace"),
        "functions": _joined(found["name"].to_list()),
        "lines": found["line"].to_numpy().astype(np.int32),
        "self": found["self"].to_numpy(),
        "total": found["total"].to_numpy(),
        "selfSamples": found["self_samples"].to_numpy(),
        "totalSamples": found["total_samples"].to_numpy(),
    }
    return head, columns


def _text_of(profile: Profile, file: str, kind: str) -> tuple[tuple[str, ...], str]:
    from perfnb.model.sources import source_of

    if file not in profile.tables.functions.file:
        return (), "This function has no source file."
    kept = profile.sources.get(file)
    known = kept is not None and kept.text is not None
    if known or file.startswith(CELL_FILE) or file.endswith(_PROGRAMS):
        source = source_of(profile, file)
        return source.lines, source.note
    # A profile may come from anyone, and name any file: only programs are shown.
    if kind == "python":
        return (), f"{file or 'This function'} is not a Python file."
    return (), "There is no source text of compiled code here."


def _joined(names: list[str]) -> bytes:
    return "\n".join(name.replace("\n", " ") for name in names).encode("utf-8", "replace")
