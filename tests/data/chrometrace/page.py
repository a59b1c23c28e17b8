"""Let Chromium trace a page whose `main` calls `heavy` (60 ms) and `light` (20 ms)."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PAGE = """<!doctype html><title>page</title><script>
function spin(ms) {
  const end = performance.now() + ms;
  let n = 0;
  while (performance.now() < end) n += Math.sqrt(n);
  return n;
}
function heavy() { return spin(60); }
function light() { return spin(20); }
function main() { heavy(); light(); document.title = 'done'; }
setTimeout(main, 30);
</script>
"""
CATEGORIES = ["-*", "devtools.timeline", "v8.execute", "disabled-by-default-v8.cpu_profiler"]

file = Path("page.html").absolute()
file.write_text(PAGE, encoding="utf-8")
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
    )
    page = browser.new_page()
    browser.start_tracing(page=page, path=sys.argv[1], categories=CATEGORIES)
    page.goto(file.as_uri())
    page.wait_for_function("document.title == 'done'")
    browser.stop_tracing()
    browser.close()
