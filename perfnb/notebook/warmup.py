"""Importing what the first picture needs before there is one."""

from __future__ import annotations

import contextlib
import threading


class Warmup:
    """Imports Bokeh and the views in a thread, for the third of a second that takes.

    It begins when the extension is loaded. A recording waits for its end, so that it
    is in no profile.
    """

    def __init__(self) -> None:
        self._thread = threading.Thread(target=_import_views, name="perfnb-warmup", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def finish(self) -> None:
        """Wait until it is done."""
        if self._thread.is_alive():
            self._thread.join()


def _import_views() -> None:
    # Whatever is wrong is said when a picture is made.
    with contextlib.suppress(Exception):
        import perfnb.model.functions
        import perfnb.views.flame
        import perfnb.views.models
        import perfnb.views.output
        import perfnb.views.tables  # noqa: F401
