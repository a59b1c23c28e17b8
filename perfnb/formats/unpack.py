"""Reading compressed files piece by piece, with a bound on what they unpack to."""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, BinaryIO, Protocol

_PIECE = 1 << 20
SMALL = 256 << 20
"""Bytes to which any file may unpack."""
RATIO = 500
"""A larger result than `SMALL` must not be this many times the packed size: gzip's limit is
1032, and real profiles stay below 150."""


class Unpacker(Protocol):
    """What bz2, lzma and zstd of the standard library have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of a stream was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether more input is needed before there can be more output."""

    @property
    def unused_data(self) -> bytes:
        """What follows the end of the stream."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return at most `max_length` more bytes."""


class Broken(Exception):
    """The packed data is damaged, ends early or unpacks to too much."""


def unpacker_for(head: bytes) -> Callable[[], Unpacker] | None:
    """Return what unpacks a file that begins with `head`; None if it is not compressed."""
    if head.startswith(b"\x1f\x8b"):
        return _gzip
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return _zstd
    if head.startswith(b"BZh"):
        return bz2.BZ2Decompressor
    if head.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMADecompressor
    return None


def unpacked(packed: BinaryIO, make: Callable[[], Unpacker]) -> Iterator[bytes]:
    """Yield the unpacked content in pieces.

    Raises
    ------
    Broken
        If the data is damaged, ends early, or unpacks to more than `RATIO` times its size.
    """
    taken = given = 0
    one = make()
    rest = b""
    while True:
        if not rest and one.needs_input:
            rest = packed.read(_PIECE)
            taken += len(rest)
            if not rest:
                raise Broken(f"the compressed data ends early, after {taken:,} bytes")
        try:
            piece = one.decompress(rest, _PIECE)
        except _errors() as error:
            raise Broken(f"the compressed data is damaged: {error}") from error
        rest = b""
        given += len(piece)
        if given > SMALL and given > RATIO * taken:
            raise Broken(
                f"{taken:,} bytes unpack to more than {given:,}: not a profile that any tool writes"
            )
        if piece:
            yield piece
        if one.eof:
            # Streams may follow one another, and zeros may fill a block.
            rest = one.unused_data.lstrip(b"\0")
            while not rest and (more := packed.read(_PIECE)):
                taken += len(more)
                rest = more.lstrip(b"\0")
            if not rest:
                return
            one = make()


def _gzip() -> Unpacker:
    igzip = _igzip()
    if igzip is None:
        return _Zlib()
    fast: Unpacker = igzip.IgzipDecompressor(flag=igzip.DECOMP_GZIP)
    return fast


def _igzip() -> Any:
    """Return Intel's gzip, three times as fast as zlib; None where there is none."""
    try:
        return import_module("isal.igzip_lib")
    except ImportError:
        return None


class _Zlib:
    """zlib's decompressor of gzip with the interface of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max(max_length, 0))


def zstd_module() -> Any:
    """Return the standard library's zstd, or its backport to Python before 3.14."""
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def _errors() -> tuple[type[Exception], ...]:
    """Return what the unpackers raise."""
    igzip = _igzip()
    further = [] if igzip is None else [igzip.IsalError]
    return OSError, EOFError, lzma.LZMAError, zlib.error, zstd_module().ZstdError, *further


def _zstd() -> Unpacker:
    one: Unpacker = zstd_module().ZstdDecompressor()
    return one
