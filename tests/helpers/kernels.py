"""Real kernels, on every Python that perfnb supports."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
VENVS = ROOT / "build" / "venvs"
PYTHONS = ("3.11", "3.12", "3.13")
OWN = "{}.{}".format(*sys.version_info)
REQUIREMENTS = ("ipykernel>=6.29",)


def python_for(version: str) -> str:
    """Return an interpreter of that version that has perfnb and ipykernel.

    It is skipped where there is no such Python at all, but not in CI.
    """
    if version == OWN:
        return sys.executable
    base, looked = find_python(version)
    if base is None:
        message = f"no Python {version}: looked for {', '.join(looked)}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    VENVS.mkdir(parents=True, exist_ok=True)
    with (VENVS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return str(_venv(version, base))


def find_python(version: str) -> tuple[str | None, list[str]]:
    """Return an interpreter of a version, and where it was looked for."""
    name = f"python{version}"
    looked = [f"{name} on the PATH"]
    candidates = [found] if (found := shutil.which(name)) else []
    root = os.environ.get("PYENV_ROOT") or str(Path.home() / ".pyenv")
    if pyenv := shutil.which("pyenv"):
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True).stdout.strip()
    looked.append(f"{root}/versions/{version}.*")
    candidates += map(str, sorted(Path(root).glob(f"versions/{version}.*/bin/{name}")))
    ask = "import sys; print('{}.{}'.format(*sys.version_info))"
    for candidate in candidates:
        # A shim of pyenv's may stand on the PATH and yet refuse to run.
        said = subprocess.run([candidate, "-c", ask], capture_output=True, text=True)
        if said.stdout.strip() == version:
            return candidate, looked
    return None, looked


def _venv(version: str, base: str) -> Path:
    home = VENVS / version
    python, stamp = home / "bin" / "python", home / "stamp"
    wanted = _digest(ROOT / "pyproject.toml", text=f"{_version_of(base)} {REQUIREMENTS}")
    source = _digest(*sorted((ROOT / "perfnb").rglob("*.py")), *sorted(_built()), text=wanted)
    has = stamp.read_text().split() if stamp.exists() else ["", ""]
    if has == [wanted, source]:
        return python
    stamp.unlink(missing_ok=True)
    wheel = _wheel(source)
    if has[0] != wanted:
        _quietly(base, "-m", "venv", "--clear", home)
        _quietly(python, "-m", "pip", "install", "--upgrade", wheel, *REQUIREMENTS)
    else:
        _quietly(python, "-m", "pip", "install", "--force-reinstall", "--no-deps", wheel)
    stamp.write_text(f"{wanted} {source}")
    return python


def _wheel(source: str) -> Path:
    """Build perfnb once for all versions; the scripts are those of this checkout."""
    folder = VENVS / "wheel"
    stamp = folder / "stamp"
    if not stamp.exists() or stamp.read_text() != source:
        shutil.rmtree(folder, ignore_errors=True)
        _quietly(
            sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, ROOT,
            HATCH_JUPYTER_BUILDER_SKIP_NPM="1",
        )  # fmt: skip
        stamp.write_text(source)
    return next(folder.glob("*.whl"))


def _built() -> Iterator[Path]:
    return (ROOT / "perfnb" / "dist").glob("*.min.js")


def _digest(*files: Path, text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for file in files:
        if "node_modules" not in file.parts:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _version_of(python: str) -> str:
    return subprocess.run([python, "-VV"], capture_output=True, text=True, check=True).stdout


def _quietly(*argv: Any, **env: str) -> None:
    done = subprocess.run(
        [str(word) for word in argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **env},
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout


@dataclass
class Cell:
    """What a cell did, as a front end sees it."""

    outputs: list[dict[str, Any]] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)
    ended: bool = False

    def stream(self, name: str) -> str:
        return "".join(
            o["text"] for o in self.outputs if o["type"] == "stream" and o["name"] == name
        )

    @property
    def stdout(self) -> str:
        return self.stream("stdout")

    @property
    def stderr(self) -> str:
        return self.stream("stderr")

    @property
    def ok(self) -> bool:
        return self.reply.get("status") == "ok"

    @property
    def result(self) -> str | None:
        """The text of ``Out[n]``."""
        return next(
            (o["data"]["text/plain"] for o in self.outputs if o["type"] == "execute_result"), None
        )

    @property
    def displays(self) -> list[dict[str, str]]:
        """MIME bundles that were displayed."""
        return [o["data"] for o in self.outputs if o["type"] == "display_data"]

    @property
    def pictures(self) -> list[dict[str, str]]:
        return [data for data in self.displays if "perfnb-output" in data.get("text/html", "")]

    @property
    def notices(self) -> list[str]:
        """Messages of perfnb's."""
        texts = [data.get("text/plain", "") for data in self.displays]
        return [text for text in texts if text.startswith("perfnb: ")]

    @property
    def error(self) -> tuple[str, str] | None:
        found = next((o for o in self.outputs if o["type"] == "error"), None)
        return (found["ename"], found["evalue"]) if found else None

    @property
    def traceback(self) -> str:
        found = next((o for o in self.outputs if o["type"] == "error"), None)
        return without_colours("\n".join(found["traceback"])) if found else ""


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


class Kernel:
    """A running kernel and a front end talking to it."""

    def __init__(self, python: str, home: Path) -> None:
        self.manager = KernelManager(
            connection_file=str(home / "kernel.json"), kernel_spec_manager=_Specs(python)
        )
        env = {
            **os.environ,
            "PYTHONPATH": str(TESTS),
            "IPYTHONDIR": str(home / "ipython"),
            "JUPYTER_RUNTIME_DIR": str(home),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        self.manager.start_kernel(env=env, cwd=str(home), stderr=subprocess.DEVNULL)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    @property
    def pid(self) -> int:
        return self.manager.provisioner.process.pid

    def run(self, code: str, *, timeout: float = 60, store_history: bool = True) -> Cell:
        """Run a cell to its end."""
        return self.wait(self.start(code, store_history=store_history), timeout=timeout)

    def start(self, code: str, *, store_history: bool = True) -> tuple[str, Cell]:
        """Send a cell and return at once."""
        sent = self.client.execute(
            code, allow_stdin=False, stop_on_error=False, store_history=store_history
        )
        return sent, Cell()

    def wait(
        self, sent: tuple[str, Cell], *, until: str | None = None, timeout: float = 60
    ) -> Cell:
        """Collect the outputs of a cell until it has ended, or has printed `until`."""
        number, cell = sent
        deadline = time.monotonic() + timeout
        while not cell.ended and not (until and until in cell.stdout):
            message = self.client.get_iopub_msg(timeout=deadline - time.monotonic())
            if message["parent_header"].get("msg_id") == number:
                self._take(cell, message["msg_type"], message["content"])
        while cell.ended and not cell.reply:
            reply = self.client.get_shell_msg(timeout=deadline - time.monotonic())
            if reply["parent_header"].get("msg_id") == number:
                cell.reply = reply["content"]
        return cell

    @staticmethod
    def _take(cell: Cell, kind: str, content: dict[str, Any]) -> None:
        if kind == "status":
            cell.ended = content["execution_state"] == "idle"
        elif kind != "execute_input":
            cell.outputs.append({"type": kind, **content})

    def value(self, expression: str) -> Any:
        """Evaluate an expression in the kernel; leaves no trace in its history."""
        cell = self.run(
            f"print(__import__('json').dumps({expression}, default=str))", store_history=False
        )
        assert cell.ok, cell.traceback
        return json.loads(cell.stdout)

    def last(self) -> dict[str, Any]:
        """Return `workloads.describe` of the latest profile."""
        facts: dict[str, Any] = self.value(
            "__import__('helpers.workloads').workloads.describe(__import__('perfnb').last())"
        )
        return facts

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


class _Specs(KernelSpecManager):
    def __init__(self, python: str) -> None:
        super().__init__()
        self._python = python

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [self._python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name=kernel_name, language="python")


@contextlib.contextmanager
def kernel(home: Path, python: str = sys.executable, *, perfnb: bool = True) -> Iterator[Kernel]:
    """Start a kernel with a folder of its own; `perfnb`: with the extension loaded."""
    running = Kernel(python, home)
    try:
        if perfnb:
            loaded = running.run("%load_ext perfnb", store_history=False)
            assert loaded.ok, loaded.traceback
        yield running
    finally:
        running.close()
