"""Writing a file as a whole or not at all."""

from __future__ import annotations

import contextlib
import gzip
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, cast

from perfnb.errors import OptionError
from perfnb.formats.base import Exporter
from perfnb.formats.unpack import zstd_module
from perfnb.model import Profile
from perfnb.registry import Entry


def save(entry: Entry, profiles: Mapping[str, Profile], name: str) -> None:
    """Write `profiles` to the file `name` with the exporter of `entry`."""
    exporter: Exporter = entry.load()()
    if len(profiles) != 1 and "several" not in exporter.carries:
        raise OptionError(
            f"{name}: {entry.name} holds one value type, not {len(profiles)}",
            f"choose one of {', '.join(profiles)}" if profiles else "",
        )
    with replacing(Path(name)) as raw, _compressing(raw, name, entry) as out:
        exporter.write(profiles, out)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file to write, which takes the place of `path` once everything is in it."""
    if path.exists() and not path.is_file():
        # A pipe or a device: there is nothing to replace.
        with path.open("wb") as out:
            yield out
        return
    # Beside the place where it will lie: only there can it be put in one step.
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as new:
        try:
            yield cast(BinaryIO, new)
            new.flush()
            # A temporary file is its owner's alone; this one is to be like any other new file.
            mode = path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask()
            os.chmod(new.name, mode)  # noqa: PTH101
            Path(new.name).replace(path)
        except BaseException:
            Path(new.name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def _compressing(raw: BinaryIO, name: str, entry: Entry) -> Iterator[BinaryIO]:
    # A format whose own suffix is .gz compresses by itself.
    own = any(name.lower().endswith(suffix) for suffix in entry.suffixes)
    if name.lower().endswith(".gz") and not own:
        with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
            yield cast(BinaryIO, packed)
    elif name.lower().endswith(".zst") and not own:
        with zstd_module().ZstdFile(raw, "wb") as packed:
            yield cast(BinaryIO, packed)
    else:
        yield raw
