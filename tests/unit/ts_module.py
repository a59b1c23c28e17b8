"""A TypeScript module of the browser in a node that stays: its functions called with JSON."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from core_parity import BROWSER

_DRIVER = """
import * as exported from "./module.mjs";
import {createInterface} from "node:readline";
const plain = (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
for await (const line of createInterface({input: process.stdin})) {
  const [name, ...given] = JSON.parse(line);
  const answer = exported[name](...given) ?? null;
  process.stdout.write(JSON.stringify(answer, plain) + "\\n");
}
"""


class Module:
    """``Module("core/ticks", folder).call("ticks", 0, 100, 300)``."""

    def __init__(self, path: str, folder: Path) -> None:
        esbuild = BROWSER / "node_modules" / ".bin" / "esbuild"
        bundle = [f"--outfile={folder / 'module.mjs'}", "--bundle", "--format=esm"]
        source = BROWSER / "src" / f"{path}.ts"
        subprocess.run([esbuild, source, *bundle, "--log-level=error"], check=True)
        (folder / "driver.mjs").write_text(_DRIVER, encoding="utf-8")
        self._node = subprocess.Popen(
            ["node", str(folder / "driver.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def call(self, name: str, *given: Any) -> Any:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps([name, *given]) + "\n")
        self._node.stdin.flush()
        return json.loads(self._node.stdout.readline())

    def close(self) -> None:
        self._node.communicate(timeout=20)
