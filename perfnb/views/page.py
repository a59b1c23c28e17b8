"""A view as a page of its own, that asks nothing of any server."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from perfnb.views import assets
from perfnb.views.output import inline_scripts, json_item, script_json

if TYPE_CHECKING:
    from perfnb.views.flame import FlameView

# The page may run what it carries and fetch nothing.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; form-action 'none'; base-uri 'none'"
)
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{margin:16px auto;padding:0 16px;max-width:1600px;font-family:system-ui,sans-serif}"
    "@media (prefers-color-scheme:dark){body{background:#16181d;color:#e6e8ec}}"
)


def standalone_page(view: FlameView) -> str:
    """Return an HTML document with BokehJS, perfnb's extension and the profile inside."""
    config = {"item": json_item(view.figure), "folder": "", "bokeh": "", "extension": ""}
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(view.title)}</title><style>{_STYLE}</style>{inline_scripts()}"
        "</head><body>"
        '<div id="perfnb-page"><noscript>This picture needs JavaScript.</noscript>'
        '<div class="perfnb-static"><div class="perfnb-why"></div></div>'
        '<div class="perfnb-live"></div>'
        f'<script type="application/json" class="perfnb-data">{script_json(config)}</script>'
        f"<script>{assets.loader()}perfnbShow('perfnb-page')</script></div></body></html>\n"
    )
