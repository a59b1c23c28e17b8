"""The exporters that draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO, ClassVar

from perfnb.model import Profile
from perfnb.views.flame import FlameView


class HtmlExporter:
    """A page of its own: everything inside, no request to anywhere."""

    carries: ClassVar[frozenset[str]] = frozenset()

    def write(self, profiles: Mapping[str, Profile], out: BinaryIO) -> None:
        """Write the one profile."""
        (profile,) = profiles.values()
        out.write(FlameView(profile).page().encode())


class SvgExporter:
    """A static picture."""

    carries: ClassVar[frozenset[str]] = frozenset()

    def write(self, profiles: Mapping[str, Profile], out: BinaryIO) -> None:
        """Write the one profile."""
        (profile,) = profiles.values()
        out.write(FlameView(profile).svg().encode())
