"""The browser's core in a node that stays, asked one JSON line at a time."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import perfnb
from perfnb.layout.flame import Boxes, layout
from perfnb.model import KINDS, CallTree, Profile
from perfnb.views.tables import pack

BROWSER = Path(perfnb.__file__).parent / "views" / "browser"
_PROGRAM = BROWSER / "build" / "core.mjs"

_COLUMNS = (
    "parent",
    "function",
    "line",
    "thread",
    "self",
    "total",
    "self_samples",
    "total_samples",
    "hidden",
)


class Core:
    """A running ``build/core.mjs``; the protocol is in ``src/core/node.ts``."""

    def __init__(self) -> None:
        _build()
        self._node = subprocess.Popen(
            ["node", str(_PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps(request) + "\n")
        self._node.stdin.flush()
        answer: dict[str, Any] = json.loads(self._node.stdout.readline())
        return answer

    def open(
        self, profile: Profile, what: str = "tree", search: str | None = None, **options: Any
    ) -> dict[str, Any]:
        """Return what the browser makes of a profile; `what` is a key of ``ANSWERS`` there."""
        return self.open_packed(pack(profile), what, search=search, **options)

    def open_packed(
        self, packed: bytes, what: str = "tree", search: str | None = None, **options: Any
    ) -> dict[str, Any]:
        """Return what the browser makes of bytes."""
        tables = base64.b64encode(packed).decode()
        return self.ask(tables=tables, what=what, options=options, search=search)

    def close(self) -> None:
        self._node.communicate(timeout=20)


def _build() -> None:
    sources = (*(BROWSER / "src" / "core").rglob("*.ts"), BROWSER / "build.mjs")
    newest = max(source.stat().st_mtime for source in sources)
    if _PROGRAM.exists() and _PROGRAM.stat().st_mtime >= newest:
        return
    if not (BROWSER / "node_modules" / "esbuild").exists():
        subprocess.run(
            ["npm", "ci", "--omit=dev", "--no-fund", "--no-audit"], cwd=BROWSER, check=True
        )
    subprocess.run(["node", "build.mjs"], cwd=BROWSER, check=True)


def drawn(
    profile: Profile, merge: str = "cell", inverted: bool = False, split: bool = False
) -> dict[str, Any]:
    """Return what Python draws, as the answer of the browser has it."""
    tree = CallTree.of(profile.inverted() if inverted else profile, merge, split_threads=split)
    return columns(tree, layout(tree))


def columns(tree: CallTree, boxes: Boxes) -> dict[str, Any]:
    """Return a tree and its boxes, as the answer of the browser has them."""
    told = {name: getattr(tree, name).tolist() for name in _COLUMNS}
    return {**told, "depth": boxes.depth.tolist(), "x": boxes.x.tolist()}


def compare(answer: dict[str, Any], expected: dict[str, Any]) -> None:
    """Assert that the browser has the same as Python, to the last bit."""
    assert not answer.get("error"), answer["error"]
    assert {name: answer[name] for name in expected} == expected


def identities(profile: Profile) -> list[list[str]]:
    """Return (name, file, module, kind) of each function."""
    f = profile.tables.functions
    kinds = [KINDS[kind] for kind in f.kind.tolist()]
    return [list(row) for row in zip(f.name, f.file, f.module, kinds, strict=True)]


def named(answer: dict[str, Any], known: list[list[str]]) -> dict[str, Any]:
    """Return an answer with functions told by what they are: transforms number them anew."""
    return {**answer, "function": [None if id < 0 else known[id] for id in answer["function"]]}
