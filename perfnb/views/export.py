"""The exporters that draw."""

from __future__ import annotations

import os

from perfnb.model import Profile
from perfnb.views.flame import FlameView


class HtmlExporter:
    """A page of its own: everything inside, no request to anywhere."""

    def write(self, profile: Profile, path: str | os.PathLike[str]) -> None:
        """Write `profile` to `path`."""
        FlameView(profile).save(path)


class SvgExporter(HtmlExporter):
    """A static picture. `FlameView.save` goes by the suffix."""
