"""Damage: what readers have to bear. Either a profile comes out, or one clear error."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from perfnb.errors import FormatError, MalformedProfile
from perfnb.formats.read import read_all
from perfnb.model import Profile

WRONG: tuple[Any, ...] = (
    None, True, -1, 2**31, 2**63, 10**30, -(2**70), 1e308, 0.5, "", "x\x00y", "<b>", [], [[]], {},
    {"a": 1},
)  # fmt: skip


def outcome(data: bytes, format: str | None = None) -> dict[str, Profile] | FormatError:
    """Read `data`; anything but profiles or a `FormatError` that names the place fails."""
    try:
        profiles = read_all(data, format=format)
    except MalformedProfile as error:
        assert error.path and error.where and error.what, error
        assert "Traceback" not in error.what
        return error
    except FormatError as error:
        return error
    assert profiles
    return profiles


def truncated(data: bytes) -> Iterator[bytes]:
    """Yield `data` cut off after every per cent, and one byte before its end."""
    yield from (data[: len(data) * percent // 100] for percent in range(1, 100))
    yield data[:-1]


def damaged(data: bytes, seed: int, times: int = 60) -> Iterator[bytes]:
    """Yield `data` with bytes changed, cut out, doubled or put in, at random but repeatably."""
    chance = random.Random(seed)
    for _ in range(times):
        broken = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 5, 30))):
            at, end = sorted(chance.randrange(len(broken) + 1) for _ in range(2))
            end = min(end, at + chance.choice((1, 4, 64, 1024)))
            match chance.randrange(5):
                case 0:
                    broken[at:end] = b""
                case 1:
                    broken[at:at] = broken[at:end]
                case 2:
                    broken[at:end] = chance.randbytes(end - at)
                case 3:
                    broken[at:at] = chance.choice(
                        (b"\0", b"\xff\xfe", b"\n", b";", b"-1", b"9" * 40)
                    )
                case 4 if at < len(broken):
                    broken[at] ^= 1 << chance.randrange(8)
            if not broken:
                break
        yield bytes(broken)


def retyped(document: Any, seed: int, times: int = 200) -> Iterator[bytes]:
    """Yield a JSON document with one value at a random place replaced by one of `WRONG`."""
    chance = random.Random(seed)
    text = json.dumps(document)
    for _ in range(times):
        copy = json.loads(text)
        holder, key = copy, None
        # Down from the top, so that the shape is hit as often as the many small numbers.
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = chance.choice(keys)
            below = holder[key]
            if not isinstance(below, (dict, list)) or not below or chance.random() < 0.25:
                break
            holder = below
        if key is None:
            continue
        if chance.random() < 0.2:
            del holder[key]
        else:
            holder[key] = chance.choice(WRONG)
        yield json.dumps(copy).encode()
