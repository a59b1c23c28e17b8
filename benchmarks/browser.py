"""Chromium, and a script in its pages that notes when things were painted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip

# An instant is noted once the frame that shows the thing has been produced. A Bokeh figure is
# there when its document is idle, perfnb's picture when it says so, plain HTML when it is in the
# page and has `data-bench`.
WATCH = """
(() => {
  window.painted = [];
  const note = (what) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () =>
      window.painted.push({what, at: Date.now(), since_start: performance.now()});
    channel.port2.postMessage(0);
  });
  document.addEventListener("perfnb:painted", () => note("perfnb"), true);
  const seen = new WeakSet();
  const whenIdle = () => {
    const documents = window.Bokeh?.documents ?? [];
    if (documents.length > 0 && documents.every((document) => document.is_idle)) note("bokeh");
    else requestAnimationFrame(whenIdle);
  };
  const look = () => {
    for (const element of document.querySelectorAll(".bk-Figure, [data-bench]")) {
      if (seen.has(element)) continue;
      seen.add(element);
      if (element.matches(".bk-Figure")) whenIdle();
      else note("html");
    }
  };
  new MutationObserver(look).observe(document, {childList: true, subtree: true});
})();
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()
