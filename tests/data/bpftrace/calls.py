"""Reads and packs: a process with stacks in the kernel and in user space."""

import sys
import time
import zlib


def main(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with open("/dev/zero", "rb") as zeros:  # noqa: PTH123
            data = zeros.read(1 << 20)
        zlib.crc32(data)


main(float(sys.argv[1]))
