"""`Source`: what an importer reads, wherever it lies and however it is compressed."""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from perfnb.errors import MalformedProfile
from perfnb.formats.unpack import Broken, unpacked, unpacker_for

# A pair, a backslash that begins nothing, half a pair.
_SURROGATES = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\\\|\\u[dD][89a-fA-F]..", re.DOTALL)
HEAD = 1 << 16
CHUNK = 1 << 20
MOST = 1 << 33


class Source:
    """A file, a URL or bytes in memory, decompressed when read.

    Parameters
    ----------
    place : path, bytes or str
        A string with ``://`` in it is opened by fsspec.

    Attributes
    ----------
    name : str
        How errors call it.
    """

    def __init__(self, place: str | os.PathLike[str] | bytes | bytearray | memoryview) -> None:
        self._data: bytes | None = None
        self._path: Path | None = None
        self._url = ""
        if isinstance(place, (bytes, bytearray, memoryview)):
            self._data = bytes(place)
            self.name = f"<{len(self._data):,} bytes>"
        else:
            self.name = os.fspath(place)
            if "://" in self.name:
                self._url = self.name
            else:
                self._path = Path(place)

    @cached_property
    def head(self) -> bytes:
        """The first 64 KiB of the content; shorter only if there is no more."""
        found = b""
        for chunk in self.pieces():
            found += chunk
            if len(found) >= HEAD:
                break
        return found[:HEAD]

    def pieces(self, size: int = CHUNK) -> Iterator[bytes]:
        """Yield the content in pieces of any size; of `size` bytes where it is not compressed."""
        with self._open() as raw:
            first = raw.read(16)
            raw.seek(0)
            make = unpacker_for(first)
            if make is None:
                while piece := raw.read(size):
                    yield piece
                return
            try:
                yield from unpacked(raw, make)
            except Broken as error:
                raise self.malformed(f"byte {raw.tell()}", str(error)) from error

    def bounded(self, size: int = CHUNK) -> Iterator[bytes]:
        """Yield the pieces of what is to be in memory as a whole.

        Raises
        ------
        MalformedProfile
            If that is more than 8 GiB.
        """
        length = 0
        for piece in self.pieces(size):
            length += len(piece)
            if length > MOST:
                raise self.malformed(f"byte {length}", "too large to be read into memory")
            yield piece

    def lines(self, size: int = CHUNK) -> Iterator[bytes]:
        """Yield the content in chunks of about `size` bytes that end with a line's end.

        The last one may lack its newline; a line longer than `size` comes whole.
        """
        held: list[bytes] = []
        length = 0
        for piece in self.pieces():
            held.append(piece)
            length += len(piece)
            if length < size:
                continue
            cut = piece.rfind(b"\n") + 1
            if cut:
                held[-1] = piece[:cut]
                yield b"".join(held)
                held = [piece[cut:]]
                length = len(held[0])
        if length:
            yield b"".join(held)

    def bytes(self) -> bytes:
        """Return the whole content, if it is at most 8 GiB as in `bounded`."""
        if self._data is not None and unpacker_for(self._data) is None:
            return self._data
        held = list(self.bounded(self._at_once()))
        return held[0] if len(held) == 1 else b"".join(held)

    def json(self, type: Any = Any) -> Any:
        """Return the content, decoded by msgspec and checked against `type`.

        Raises
        ------
        MalformedProfile
            If it is not JSON, or not of that shape; the place is a path such as
            ``$.profiles[0]``, or the byte at which reading stopped.
        """
        import msgspec

        data = self.bytes().removeprefix(b"\xef\xbb\xbf")
        try:
            return _decoded(data, type)
        except msgspec.ValidationError as error:
            what, _, place = str(error).partition(" - at ")
            raise self.malformed(place.strip("`") or "$", what) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            what, _, place = str(error).partition(" (")
            where = place.removesuffix(")") if place.startswith("byte") else f"byte {len(data)}"
            raise self.malformed(where, what) from error
        except RecursionError as error:
            raise self.malformed("$", "nested too deeply") from error

    @contextlib.contextmanager
    def file(self) -> Iterator[Path]:
        """Give a path of the decompressed content: for tools that open files themselves."""
        with self._open() as raw:
            plain = unpacker_for(raw.read(16)) is None
        if plain and self._path is not None:
            yield self._path
            return
        with tempfile.NamedTemporaryFile(prefix="perfnb-") as copy:
            for piece in self.pieces():
                copy.write(piece)
            copy.flush()
            yield Path(copy.name)

    def malformed(self, where: str, what: str, hint: str = "") -> MalformedProfile:
        """Return the error that says what is wrong with this source, for raising."""
        return MalformedProfile(self.name, where, what, hint)

    def whole(self, values: Any, factor: float, where: str) -> NDArray[np.int64]:
        """Return numbers times `factor`, rounded to int64.

        Raises
        ------
        MalformedProfile
            If one is not finite, or their sum does not fit 63 bits.
        """
        with np.errstate(over="ignore"):
            scaled = np.asarray(values, dtype=np.float64) * factor
            size = float(np.abs(scaled).sum())
        if not np.isfinite(scaled).all():
            raise self.malformed(where, "a number that is infinite or none at all")
        if size >= 2**63:
            raise self.malformed(where, "numbers too large to be added up")
        return np.rint(scaled).astype(np.int64)

    def instants(self, values: Any, factor: float, where: str) -> NDArray[np.int64]:
        """Return points in time, times `factor`, rounded to int64: any two have a difference.

        Raises
        ------
        MalformedProfile
            If one is not finite, or does not fit 62 bits.
        """
        with np.errstate(over="ignore"):
            scaled = np.asarray(values, dtype=np.float64) * factor
        if not (np.abs(scaled) < 2**62).all():
            raise self.malformed(where, "a time that is too large, or none at all")
        return np.rint(scaled).astype(np.int64)

    def _at_once(self) -> int:
        """Return in pieces of which size a file is one piece, and needs no joining."""
        size = 0
        if self._path is not None:
            with contextlib.suppress(OSError):
                size = self._path.stat().st_size
        # One byte more, to see the end with the first read; nothing is promised to a huge one.
        return size + 1 if CHUNK <= size <= MOST else CHUNK

    def _open(self) -> contextlib.AbstractContextManager[BinaryIO]:
        if self._data is not None:
            return io.BytesIO(self._data)
        if self._path is not None:
            return self._path.open("rb")
        return _remote(self._url)


@contextlib.contextmanager
def _remote(url: str) -> Iterator[BinaryIO]:
    import fsspec

    try:
        with fsspec.open(url, "rb") as opened:
            yield opened
    except OSError:
        raise
    except Exception as error:
        # A package that is missing, a protocol that nobody knows, whatever a library of a cloud
        # has of its own: no other code runs in here.
        raise OSError(None, str(error) or type(error).__name__, url) from error


def _decoded(data: bytes, type: Any) -> Any:
    import msgspec

    try:
        return msgspec.json.decode(data, type=type, strict=False)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # Python writes names of files that are not UTF-8 as halves of pairs.
        mended = _SURROGATES.sub(_whole_pair, data)
        if mended == data:
            raise
        return msgspec.json.decode(mended, type=type, strict=False)


def _whole_pair(found: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if len(found[0]) == 6 else found[0]
