"""A picture in the output of a cell: live where scripts run, static where they do not."""

from __future__ import annotations

import base64
import html
import json
import secrets
from typing import TYPE_CHECKING, Any

from perfnb.views import assets

if TYPE_CHECKING:
    from perfnb.views.flame import FlameView

_STATIC_BOXES, _STATIC_ROWS = 300, 40


def output_html(view: FlameView) -> str:
    """Return the ``text/html`` of a view.

    It holds the Bokeh document with the profile's packed tables, so that it lives on
    without a kernel; a static picture, for untrusted notebooks and places without
    scripts; and a few lines of script that replace the one by the other. BokehJS is
    not in it, except for front ends that cannot serve it.
    """
    name = f"perfnb-{secrets.token_hex(6)}"
    picture = base64.b64encode(
        view.svg(titles=False, max_boxes=_STATIC_BOXES, max_rows=_STATIC_ROWS).encode()
    ).decode()
    alt = html.escape(f"Flame graph: {view.title}", quote=True)
    config = {"item": json_item(view.figure), **script_places()}
    inline = inline_scripts() if assets.inlined() else ""
    return (
        f'<div id="{name}" class="perfnb-output">'
        '<div class="perfnb-static">'
        f'<img src="data:image/svg+xml;base64,{picture}" alt="{alt}" style="width:100%">'
        '<div class="perfnb-why" style="font-size:12px;opacity:.75">A static picture. Where perfnb '
        "is installed and the notebook is trusted, it can be zoomed and searched.</div></div>"
        '<div class="perfnb-live"></div>'
        f'<script type="application/json" class="perfnb-data">{script_json(config)}</script>'
        f"{inline}<script>{assets.loader()}perfnbShow({name!r})</script>"
        "</div>"
    )


def preload_html() -> str:
    """Return a script that loads what pictures need while there is none yet."""
    if assets.inlined():
        return ""
    return f"<script>{assets.loader()}perfnbPreload({script_json(script_places())})</script>"


def script_places() -> dict[str, str]:
    """Return where the page finds the scripts, below the URL of JupyterLab's extensions."""
    return {
        "folder": assets.STATIC,
        "bokeh": f"{assets.bokehjs().name}?v={assets.bokehjs().digest()}",
        "extension": f"{assets.extension().name}?v={assets.extension().digest()}",
    }


def inline_scripts() -> str:
    """Return BokehJS and the extension as script elements."""
    return "".join(
        f"<script>{script_text(script.text())}</script>"
        for script in (assets.bokehjs(), assets.extension())
    )


def json_item(model: Any) -> dict[str, Any]:
    """Return a Bokeh model as BokehJS's ``embed_item`` takes it."""
    from bokeh.embed import json_item as bokeh_item

    return dict(bokeh_item(model))


def script_json(value: Any) -> str:
    """Return JSON that cannot end the script element it stands in."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def script_text(source: str) -> str:
    """Return JavaScript that cannot end the script element it stands in."""
    return source.replace("</script", "<\\/script")
