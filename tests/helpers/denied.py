"""Runs a program that may not open perf events: ``denied.py PROGRAM ARGUMENT …``.

As containers do by default, with a seccomp filter (Documentation/userspace-api/seccomp_filter.rst
of Linux); it stays with the process and its children until they end.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

PERF_EVENT_OPEN = {"x86_64": 298, "aarch64": 241}
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000


def deny(number: int) -> None:
    """Have one system call fail with EPERM from now on."""
    rules = [
        (_LOAD, 0, 0, 0),  # the number of the call
        (_JUMP_EQUAL, 0, 1, number),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *rule) for rule in rules))
    program = struct.pack("<HxxxxxxQ", len(rules), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value, pointer in (
        (_NO_NEW_PRIVILEGES, 1, None),
        (_SET_SECCOMP, _FILTER, ctypes.create_string_buffer(program)),
    ):
        if libc.prctl(option, ctypes.c_ulong(value), pointer, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    deny(PERF_EVENT_OPEN[platform.machine()])
    os.execvp(sys.argv[1], sys.argv[1:])
