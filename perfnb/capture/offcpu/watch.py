"""Running `waitwatch` beside a recording."""

from __future__ import annotations

import contextlib
import subprocess
import sys

from perfnb.capture import waitwatch
from perfnb.capture.offcpu.watched import Watched
from perfnb.capture.process import Child
from perfnb.errors import ToolFailed

_TIMEOUT_S = 10.0
STEP_US = 1000
"""Between two looks."""


class WaitWatch:
    """A process that looks at what the threads of another wait in."""

    def __init__(self) -> None:
        self._cleanup = contextlib.ExitStack()

    def start(self, pid: int) -> None:
        """Begin; returns once it looks.

        Raises
        ------
        ToolFailed
            If it cannot be begun.
        """
        self._child = self._cleanup.enter_context(
            Child(
                [sys.executable, "-I", "-S", waitwatch.__file__, str(pid), str(STEP_US)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        )
        if not self._child.wait_for(b"watching\n", _TIMEOUT_S)[0]:
            self.abort()
            raise ToolFailed(self._child.argv, self._child.exit_code, "while starting")

    def stop(self) -> Watched:
        """End, and return what was seen.

        Raises
        ------
        ToolFailed
            If it wrote no whole report.
        """
        child = self._child
        assert child.popen.stdin is not None and child.popen.stdout is not None
        try:
            child.popen.stdin.close()
            report = child.popen.stdout.read()
            child.wait(_TIMEOUT_S)
            return Watched.parse(report)
        except ValueError as error:
            raise ToolFailed(child.argv, child.exit_code, str(error)) from error
        finally:
            self.abort()

    def abort(self) -> None:
        """End everything this started."""
        self._cleanup.close()
