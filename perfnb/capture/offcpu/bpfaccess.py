"""Whether bpftrace can work here, and how it is called."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from pathlib import Path

from perfnb.capture.base import Availability

_TRACEFS = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
_SYS_ADMIN, _PERFMON, _BPF = 21, 38, 39
# Of the first namespace of process ids: PROC_PID_INIT_INO in include/linux/proc_ns.h.
_FIRST_PIDS = 0xEFFFFFFC


def availability(pid: int) -> Availability:
    """Say whether bpftrace can tell what the threads of a process waited for."""
    if not sys.platform.startswith("linux"):
        return Availability(False, "bpftrace is of Linux", "record on Linux")
    if shutil.which("bpftrace") is None:
        return Availability(
            False, "bpftrace is not installed", "install it: `apt install bpftrace`"
        )
    if not Path(f"/proc/{pid}").exists():
        return Availability(False, f"there is no process {pid}", "name one that runs")
    granted = _capabilities()
    if not granted >> _SYS_ADMIN & 1 and not (granted >> _BPF & 1 and granted >> _PERFMON & 1):
        return Availability(
            False,
            "loading a program into the kernel needs CAP_SYS_ADMIN, or CAP_BPF and CAP_PERFMON",
            "record as root; in a container add the capability SYS_ADMIN",
        )
    if os.geteuid() != 0:
        return Availability(False, "bpftrace runs for root only", "record as root")
    if not _in_first_namespace():
        return Availability(
            False,
            "process ids are this container's own, and bpftrace knows the machine's only",
            "run the container with the machine's: `--pid=host`",
        )
    if not _traced() and not (granted >> _SYS_ADMIN & 1 and _can_mount()):
        return Availability(
            False,
            "tracefs is not mounted or not readable",
            "run `sudo mount -t tracefs nodev /sys/kernel/tracing`",
        )
    return Availability(True)


def _capabilities() -> int:
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("CapEff:"):
                return int(line.split()[1], 16)
    return 0


def _in_first_namespace() -> bool:
    try:
        return Path("/proc/self/ns/pid").stat().st_ino == _FIRST_PIDS
    except OSError:
        return True


def _traced() -> bool:
    return any((place / "events/sched/sched_switch/id").exists() for place in _TRACEFS)


def _can_mount() -> bool:
    try:
        known = "\ttracefs\n" in Path("/proc/filesystems").read_text()
    except OSError:
        return False
    return known and all(map(shutil.which, ("unshare", "mount"))) and _TRACEFS[0].exists()


def command(program: str, output: str) -> list[str]:
    """Return the command line that runs a program until its standard input ends.

    Parameters
    ----------
    program : str
        In bpftrace's language.
    output : str
        The path of the file it writes to.
    """
    # It ends when this does: when we say so through the pipe, or are no more.
    leash = f"{shutil.which('head') or '/usr/bin/head'} -c 1"
    command = ["bpftrace", "-q", "-B", "full", "-o", output, "-c", leash, "-e", program]
    if _traced():
        return command
    # Mounted for this child alone: it goes with it.
    mount = f'mount -t tracefs nodev {_TRACEFS[0]} && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", mount, "sh", *command]
