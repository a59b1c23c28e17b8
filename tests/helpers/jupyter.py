"""A real Jupyter server with folders of its own, and notebooks to open in it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

TOKEN = "test-token"

_SERVER_INFO = "jpserver-*.json"


class JupyterServer:
    """JupyterLab (which serves Notebook 7 too), on a port of its choosing."""

    def __init__(self, home: Path, python: str = sys.executable) -> None:
        self.home, self.work = home, home / "work"
        self.python = python
        self.work.mkdir(parents=True)
        settings = home / "app-settings"
        settings.mkdir()
        (settings / "overrides.json").write_text(
            json.dumps(
                {
                    "@jupyterlab/apputils-extension:notification": {
                        "fetchNews": "false",
                        "checkForUpdates": False,
                    }
                }
            )
        )
        self.env = {
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            "IPYTHONDIR": str(home / "ipython"),
        }
        self.argv = [
            python, "-m", "jupyterlab", "--no-browser", "--allow-root",
            "--ServerApp.port=0", "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.root_dir={self.work}",
            f"--LabApp.app_settings_dir={settings}",
            "--LabApp.expose_app_in_browser=True",
        ]  # fmt: skip
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.home / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self.argv, env=self.env, stdout=log, stderr=subprocess.STDOUT, cwd=self.home
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self._process.poll() is None, (self.home / "log").read_text()
            for info in (self.home / "runtime").glob(_SERVER_INFO):
                with contextlib.suppress(OSError, ValueError):
                    self.url = json.loads(info.read_text())["url"].rstrip("/")
                    urllib.request.urlopen(f"{self.url}/api", timeout=2).close()
                    return
            time.sleep(0.05)
        raise TimeoutError((self.home / "log").read_text())

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    def notebook(self, name: str, *cells: str, kernel: str = "python3") -> Path:
        """Write a notebook of code cells."""
        book = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": kernel, "display_name": kernel}},
        )
        path = self.work / name
        nbformat.write(book, path)
        return path

    def trust(self, name: str) -> None:
        """Sign a notebook as the server does when it has seen its cells run."""
        subprocess.run(
            [self.python, "-m", "jupyter", "trust", str(self.work / name)],
            env=self.env, check=True, capture_output=True,
        )  # fmt: skip

    def kernelspec(self, name: str, python: str = sys.executable, **env: str) -> None:
        """Make another kernel known: a Python, and variables in its environment."""
        folder = self.home / "data" / "kernels" / name
        folder.mkdir(parents=True)
        argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": name, "language": "python", "env": env}
        (folder / "kernel.json").write_text(json.dumps(spec))

    def read(self, path: str, method: str = "GET", body: bytes | None = None) -> bytes:
        """Ask the server."""
        request = urllib.request.Request(
            f"{self.url}/{path}",
            data=body,
            method=method,
            headers={"Authorization": f"token {TOKEN}"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            text: bytes = answer.read()
        return text

    def api(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Ask the server's REST interface."""
        text = self.read(path, method, None if body is None else json.dumps(body).encode())
        return json.loads(text) if text else None

    def shut_down_kernels(self) -> None:
        for session in self.api("api/sessions"):
            self.api(f"api/sessions/{session['id']}", "DELETE")
        assert self.api("api/kernels") == []

    def address(self, name: str, app: str = "lab/tree") -> str:
        reset = "&reset" if app.startswith("lab") else ""
        return f"{self.url}/{app}/{name}?token={TOKEN}{reset}"


@contextlib.contextmanager
def jupyter_server(home: Path, python: str = sys.executable) -> Iterator[JupyterServer]:
    server = JupyterServer(home, python)
    server.start()
    try:
        yield server
    finally:
        server.stop()
