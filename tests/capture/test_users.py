"""Recordings by people without privileges, and of kernels that die."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import psutil
import pytest
from helpers.kernels import TESTS, kernel
from helpers.workloads import SHARES

NOBODY = 65534

SELF_CHECK = """
import json, os, perfnb
from helpers.workloads import describe, shares
with perfnb.record(rate=150) as rec:
    shares(2)
print(json.dumps([os.geteuid(), describe(rec.profile)]))
"""


def as_ordinary_user(argv: list[str]) -> list[str]:
    """Return the command line that runs another as `nobody`, where we are root.

    It may still read all files, so that it does not matter where Python and the
    checkout are; that right does not help to trace a process.
    """
    if os.geteuid() != 0:
        return argv
    setpriv = shutil.which("setpriv")
    assert setpriv, "setpriv, of util-linux, gives up root's privileges"
    rights = (f"--{kind}=-all,+dac_read_search" for kind in ("inh-caps", "ambient-caps"))
    return [
        setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *rights,
        "--bounding-set=-all,+dac_read_search", *argv,
    ]  # fmt: skip


def test_ordinary_user(tmp_path):
    done = subprocess.run(
        as_ordinary_user([sys.executable, "-B", "-c", SELF_CHECK]),
        env={**os.environ, "PYTHONPATH": str(TESTS), "HOME": "/tmp"},
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    user, seen = json.loads(done.stdout)
    assert user != 0
    assert seen["metadata"]["backend"] == "py-spy"
    for name, share in SHARES.items():
        assert seen["shares"][name] == pytest.approx(share, abs=0.15)


def test_kernel_killed_while_recording(tmp_path):
    with kernel(tmp_path) as victim:
        cell = victim.start("%%flame --backend pyspy\nprint('spinning')\nwhile True: pass")
        victim.wait(cell, until="spinning")
        profilers = psutil.Process(victim.pid).children(recursive=True)
        assert {"py-spy"} < {child.name() for child in profilers}
        psutil.Process(victim.pid).kill()
        _, alive = psutil.wait_procs(profilers, timeout=20)
        assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []
