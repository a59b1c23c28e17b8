"""The browser's core in a node that stays, asked one JSON line at a time."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import perfnb
from perfnb.model import Profile
from perfnb.views.tables import pack

BROWSER = Path(perfnb.__file__).parent / "views" / "browser"
_PROGRAM = BROWSER / "build" / "core.mjs"


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

    def open(self, profile: Profile, search: str | None = None, **options: Any) -> dict[str, Any]:
        """Return what the browser makes of a profile."""
        tables = base64.b64encode(pack(profile)).decode()
        return self.ask(tables=tables, options=options, search=search)

    def close(self) -> None:
        self._node.communicate(timeout=20)


def _build() -> None:
    sources = (*(BROWSER / "src" / "core").glob("*.ts"), BROWSER / "build.mjs")
    newest = max(source.stat().st_mtime for source in sources)
    if _PROGRAM.exists() and _PROGRAM.stat().st_mtime >= newest:
        return
    if not (BROWSER / "node_modules" / "esbuild").exists():
        subprocess.run(
            ["npm", "ci", "--omit=dev", "--no-fund", "--no-audit"], cwd=BROWSER, check=True
        )
    subprocess.run(["node", "build.mjs"], cwd=BROWSER, check=True)
