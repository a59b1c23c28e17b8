"""What a file's name tells about the functions in it."""

from __future__ import annotations

import re
from functools import lru_cache

_NATIVE = re.compile(
    r"(?:\.so(?:\.[\d.]+)*|\.dylib|\.dll|\.pyd|\.[chmS]|\.cc|\.cpp|\.cxx|\.hpp"
    r"|\.hh|\.pyx|\.pxd|\.rs|\.go|\.f|\.f90|\.asm)$|/bin/[^/]*$"
)


@lru_cache(maxsize=65536)
def is_native(file: str) -> bool:
    """Return whether a frame of this file is compiled code: a library, a program or its source."""
    return bool(_NATIVE.search(file))
