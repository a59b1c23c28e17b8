"""The keys at the top of a JSON document of which only the beginning is known."""

from __future__ import annotations

import re

_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|[{}\[\]:,]')


def top_keys(head: bytes) -> set[str]:
    """Return the keys of the outermost object.

    For an array these are the keys of the first object in it, with ``"[]"`` added; for what
    is no JSON document at all, nothing.
    """
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] not in (b"{", b"["):
        return set()
    keys = {"[]"} if text[:1] == b"[" else set()
    level = 2 if keys else 1
    depth = 0
    last = b""
    for token in _TOKEN.finditer(text):
        mark = token[0][:1]
        if mark in b"{[":
            depth += 1
        elif mark in b"}]":
            depth -= 1
            if level == 2 and depth == 1:
                break
        elif mark == b":":
            if depth == level:
                keys.add(last.decode("utf-8", "replace"))
        elif mark == b'"':
            last = token[1]
    return keys
