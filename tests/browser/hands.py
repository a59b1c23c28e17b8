"""A reader's eyes and hands: a picture in a browser's page, and what a reader does to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
LIVE = "[data-perfnb=live]"
HOST = ".bk-perfnb-FlameGraph"


class Picture:
    """One flame graph on a page."""

    def __init__(self, page: Page, number: int = 0, within: str = "body") -> None:
        self.page = page
        self.host: Locator = page.locator(within).locator(HOST).nth(number)
        self.search_box = self.host.get_by_label("Search frames")
        self.found = self.host.locator(".search-result")
        self.tip = self.host.locator(".tip")
        self.spoken = self.host.locator(".live")
        self.stage = self.host.locator(".main:not([hidden]) canvas").first

    def probe(self) -> dict[str, Any]:
        seen: dict[str, Any] = self.host.evaluate("element => element.perfnb.probe()")
        return seen

    def until(self, condition: str, value: Any = None) -> dict[str, Any]:
        """Wait until a JavaScript condition on `seen` (the probe) and `value` holds."""
        self.page.wait_for_function(
            f"([host, value]) => (seen => {condition})(host.perfnb.probe())",
            arg=[self.host.element_handle(), value],
        )
        return self.probe()

    def boxes(self, label: str) -> list[dict[str, Any]]:
        return [box for box in self.probe()["boxes"] if box["label"] == label]

    def box(self, label: str, number: int = 0) -> dict[str, Any]:
        return self.boxes(label)[number]

    def place(self, label: str, number: int = 0) -> tuple[float, float]:
        """Return the middle of what is seen of a box, where the mouse finds it."""
        self.stage.scroll_into_view_if_needed()
        canvas = self.canvas()
        box = self.box(label, number)
        left, right = max(0, box["x"]), min(canvas["width"], box["x"] + box["width"])
        return canvas["x"] + (left + right) / 2, canvas["y"] + box["y"] + box["height"] / 2

    def canvas(self) -> dict[str, float]:
        box: Any = self.stage.bounding_box()
        assert box is not None
        return dict(box)

    def click(self, label: str, number: int = 0) -> dict[str, Any]:
        self.page.mouse.click(*self.place(label, number))
        return self.probe()

    def hover(self, label: str, number: int = 0) -> str:
        self.page.mouse.move(*self.place(label, number))
        return plain(self.tip.inner_text())

    def search(self, pattern: str) -> dict[str, Any]:
        self.search_box.fill(pattern)
        # Enter searches at once, and goes to the first match.
        self.search_box.press("Enter")
        return self.probe()

    def press(self, *keys: str) -> dict[str, Any]:
        canvas = self.stage
        for key in keys:
            canvas.press(key)
        return self.probe()

    def choose(self, menu: str, label: str) -> dict[str, Any]:
        select = self.host.locator(f'.menus select[aria-label="{menu}"]')
        value = select.locator("option").filter(has_text=label).get_attribute("value")
        select.select_option(value)
        return self.probe()

    def button(self, title: str) -> dict[str, Any]:
        self.host.get_by_title(title).click()
        return self.probe()

    # The views around the flame graph.

    @property
    def views(self) -> dict[str, Any]:
        """What the views other than the main one show, and the filters."""
        seen: dict[str, Any] = self.probe()["views"]
        return seen

    def pane(self, name: str) -> Pane:
        """Return one half of the sandwich: callers or callees."""
        return Pane(self, name)

    def tab(self, name: str) -> dict[str, Any]:
        """Turn to a view."""
        self.host.get_by_role("tab", name=name, exact=True).click()
        return self.views

    def toggle(self, name: str) -> dict[str, Any]:
        """Show or hide what stands beside the main view: the timeline, the table."""
        self.host.get_by_role("button", name=name, exact=True).click()
        return self.views

    def right_click(self, label: str, number: int = 0) -> list[str]:
        """Ask what can be done with a box, and return what that is."""
        self.page.mouse.click(*self.place(label, number), button="right")
        return self.items()

    def items(self) -> list[str]:
        return self.texts(".popup [role=menuitem]")

    def act(self, item: str) -> dict[str, Any]:
        """Choose from the menu that is open."""
        self.host.get_by_role("menuitem", name=item, exact=True).click()
        return self.probe()

    def chips(self) -> list[str]:
        return self.texts(".filters:not([hidden]) .filter")

    def python(self) -> str:
        """Copy the Python that gives the same, and return it as it is said to have been copied."""
        # What was said before may be the same.
        self.spoken.evaluate("live => { live.textContent = ''; }")
        self.host.get_by_role("button", name="Copy as Python").click()
        self.page.wait_for_function(
            "host => host.shadowRoot.querySelector('.live').textContent.startsWith('Copied: ')",
            arg=self.host.element_handle(),
        )
        said: str = self.spoken.evaluate("live => live.textContent")
        return said.removeprefix("Copied: ")

    def row(self, name: str) -> Locator:
        """A row of the function table, by the function's name."""
        title = self.page.locator(".tb-title").get_by_text(name, exact=True)
        return self.host.locator(".tb-row").filter(has=title)

    def active(self) -> dict[str, Any]:
        """Return which element has the keyboard, by role and name, and how that can be seen."""
        seen: dict[str, Any] = self.host.evaluate(_ACTIVE)
        return seen

    def texts(self, selector: str) -> list[str]:
        return [plain(text) for text in self.host.locator(selector).all_inner_texts()]

    def focused(self) -> str:
        """Return the tag of the element that has the keyboard, within this picture."""
        tag: str = self.host.evaluate("host => host.shadowRoot.activeElement?.tagName ?? ''")
        return tag


class Pane(Picture):
    """One of several canvases, with the boxes that are on it."""

    def __init__(self, picture: Picture, name: str) -> None:
        self.__dict__.update(vars(picture))
        self.number = ("Callees", "Callers").index(name)
        self.stage = self.host.get_by_role("region", name=name).locator("canvas")

    def probe(self) -> dict[str, Any]:
        seen: dict[str, Any] = super().probe()["views"]["panes"][self.number]
        return seen


_ACTIVE = """host => {
    const at = host.shadowRoot.activeElement;
    if (at === null) {
        return {role: "", name: "", inside: false, ring: false};
    }
    const roles = {BUTTON: "button", INPUT: "textbox", SELECT: "combobox", CANVAS: "application"};
    // The ring may be on what stands around it, or beside it, or on the option that is active.
    const marked = at.getAttribute("aria-activedescendant");
    const near = [
        at,
        at.closest(".stage, .search, .tb-filter"),
        at.parentElement.querySelector(".tb-ring, .sc-ring"),
        marked === null ? null : host.shadowRoot.getElementById(marked),
    ].filter(each => each !== null);
    const isRinged = (each, part) => {
        const style = getComputedStyle(each, part);
        const line = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
        const ring = each.matches(".tb-ring, .sc-ring") && style.visibility === "visible";
        return line || ring || (each.matches(":focus-within") && style.boxShadow !== "none");
    };
    return {
        role: at.getAttribute("role") ?? roles[at.tagName] ?? at.tagName,
        name: (at.getAttribute("aria-label") ?? at.textContent).replace(/\\s+/g, " ").trim(),
        inside: true,
        ring: near.some(each => [null, "::before", "::after"].some(part => isRinged(each, part))),
    };
}"""


def plain(text: str) -> str:
    """Return a text with ordinary spaces, and one space for a line break or tabulator."""
    return " ".join(text.split())


class Visit:
    """What a page did while it was open: it must not complain, and ask nothing of strangers."""

    def __init__(self, page: Page, home: str) -> None:
        self.home = home
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.expected: tuple[str, ...] = ()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.context.on("request", lambda request: self.requests.append(request.url))
        page.context.on("websocket", lambda socket: self.requests.append(socket.url))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location.get('url', '')}")

    def expect_complaints(self, *texts: str) -> None:
        self.expected = texts

    def asked(self, part: str) -> list[str]:
        return [url for url in self.requests if part in url]

    def check(self) -> None:
        surprising = [
            text for text in self.complaints if not any(part in text for part in self.expected)
        ]
        assert not surprising
        near = ["file:", "data:", "blob:"]
        if self.home:
            near += [self.home, self.home.replace("http", "ws", 1)]
        assert [url for url in self.requests if not url.startswith(tuple(near))] == []


@contextmanager
def visit(browser: Browser, home: str = "", **options: Any) -> Iterator[tuple[Page, Visit]]:
    """Open an empty page; when it is left, look at what it did."""
    settings = {"viewport": {"width": 1200, "height": 900}, "reduced_motion": "reduce", **options}
    context = browser.new_context(**settings)
    page = context.new_page()
    seen = Visit(page, home)
    try:
        yield page, seen
    finally:
        context.close()
    seen.check()
