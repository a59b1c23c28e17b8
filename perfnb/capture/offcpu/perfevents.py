"""Asking the kernel whether it would tell the context switches of a process."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

_CALLS = {"x86_64": 298, "aarch64": 241, "riscv64": 241, "ppc64le": 319, "s390x": 331}
_SOFTWARE, _DUMMY = 1, 9
_DISABLED, _EXCLUDE_KERNEL, _EXCLUDE_HV, _CONTEXT_SWITCH = 1 << 0, 1 << 5, 1 << 6, 1 << 26
_CLOSE_ON_EXEC = 1 << 3


def refused(pid: int) -> str:
    """Return why perf events of a process would be refused; "" if they would not.

    One event is opened and closed again, the one that perf will ask for: see perf_event_open(2).
    """
    number = _CALLS.get(platform.machine())
    if not sys.platform.startswith("linux") or number is None:
        return ""
    size = 128
    flags = _DISABLED | _EXCLUDE_KERNEL | _EXCLUDE_HV | _CONTEXT_SWITCH
    attributes = struct.pack("<IIQQQQQ", _SOFTWARE, size, _DUMMY, 0, 0, 0, flags)
    buffer = ctypes.create_string_buffer(attributes, size)
    call = ctypes.CDLL(None, use_errno=True).syscall
    file = call(ctypes.c_long(number), buffer, ctypes.c_int(pid), ctypes.c_int(-1),
                ctypes.c_int(-1), ctypes.c_ulong(_CLOSE_ON_EXEC))  # fmt: skip
    if file >= 0:
        os.close(file)
        return ""
    error = ctypes.get_errno()
    return f"the kernel refuses perf events ({os.strerror(error)})"
