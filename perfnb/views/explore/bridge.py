"""A Bokeh model as a widget: it lives in the page, and speaks with the kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from bokeh.core.json_encoder import serialize_json
from bokeh.document import Document
from bokeh.model import Model

from perfnb.errors import PerfnbError
from perfnb.views import assets
from perfnb.views.output import script_places

_SCRIPT = Path(__file__).parent.parent.parent / "dist" / "bridge.min.js"

Asked = Callable[["Bridge", dict[str, Any]], None]
Changed = Callable[["Bridge", dict[str, Any]], None]


@lru_cache(maxsize=1)
def bridge_script() -> str:
    """Return the source of the module that shows the model."""
    return _SCRIPT.read_text(encoding="utf-8")


class Bridge(anywidget.AnyWidget):
    """Shows a Bokeh model whose properties are the same here and in the page.

    The document and BokehJS are sent when a page asks for them, so that a saved notebook holds
    neither. Messages come in whatever thread the kernel chooses.

    Parameters
    ----------
    model : bokeh.model.Model
        What to show.
    asked : callable, optional
        Called with the bridge and each question of the page's.
    changed : callable, optional
        Called with the bridge and the properties that the reader has changed.
    """

    places = traitlets.Dict().tag(sync=True)
    still = traitlets.Unicode("").tag(sync=True)

    # Read when there is a widget, not when the module is imported.
    _esm = property(lambda _: bridge_script())

    def __init__(
        self,
        model: Model,
        asked: Asked | None = None,
        changed: Changed | None = None,
        **traits: Any,
    ) -> None:
        self._asked, self._changed = asked, changed
        self._document = _document(model)
        self.model = model
        super().__init__(places={} if assets.inlined() else script_places(), **traits)
        self.on_msg(self._received)

    def show(self, model: Model) -> None:
        """Show another model in the place of this one."""
        self.model, self._document = model, _document(model)
        self._send_document(None)

    def change(self, **properties: Any) -> None:
        """Set properties of the model, here and in the page."""
        self.model.update(**properties)
        self.send({"type": "set", "properties": properties, "origin": None})

    def answer(self, message: Mapping[str, Any], buffers: Sequence[bytes] = ()) -> None:
        """Send something to the page: ``view`` says to which picture."""
        self.send(dict(message), list(buffers))

    def complain(self, error: BaseException, **about: Any) -> None:
        """Show an error in the view; ``view`` and ``id`` say what it is the answer to."""
        self.send({"type": "error", **about, **in_words(error)})

    def quiet(self) -> None:
        """Take the error away again."""
        self.send({"type": "quiet"})

    def _received(self, _: Any, message: Any, buffers: Any) -> None:
        # An exception in here would be seen by nobody.
        try:
            handle = self._KINDS.get(message.get("type"))
            if handle is None:
                raise PerfnbError(f"the page sent {message.get('type')!r}, which nobody knows")
            handle(self, message)
        except Exception as error:
            self.complain(error, view=message.get("view"), id=message.get("id"))

    def _open(self, message: dict[str, Any]) -> None:
        self._send_document(message.get("view"))

    def _send_document(self, view: str | None) -> None:
        serialized = self._document.to_json()
        buffers = serialized.buffers or []
        self.send(
            {
                "type": "document",
                "view": view,
                "json": serialize_json(serialized.content),
                "buffers": [buffer.id for buffer in buffers],
            },
            [buffer.to_bytes() for buffer in buffers],
        )

    def _scripts(self, message: dict[str, Any]) -> None:
        texts = [script.path.read_bytes() for script in (assets.bokehjs(), assets.extension())]
        self.send({"type": "scripts", "view": message.get("view")}, texts)

    def _patch(self, message: dict[str, Any]) -> None:
        properties = dict(message["properties"])
        self.model.update(**properties)
        # Other views of the same widget follow.
        self.send({"type": "set", "properties": properties, "origin": message.get("view")})
        if self._changed is not None:
            self._changed(self, properties)

    def _ask(self, message: dict[str, Any]) -> None:
        if self._asked is not None:
            self._asked(self, message)

    _KINDS: Mapping[str, Callable[[Bridge, dict[str, Any]], None]] = {
        "open": _open,
        "scripts": _scripts,
        "patch": _patch,
        "ask": _ask,
    }


def in_words(error: BaseException) -> dict[str, str]:
    """Return message and hint of an error, as a reader can use them."""
    if isinstance(error, PerfnbError):
        return {"message": error.message, "hint": error.hint}
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return {"message": f"{where}{error.strerror}", "hint": ""}
    kind = type(error).__name__
    return {"message": f"{kind}: {error}" if str(error) else kind, "hint": ""}


def _document(model: Model) -> Document:
    """Return a document of its own: the session's would keep every model it ever had."""
    document = Document()
    document.add_root(model)
    return document
