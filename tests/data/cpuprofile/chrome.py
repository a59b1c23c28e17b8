"""Half the time in `left`, a quarter in `right`, and a wait, in a page of Chrome's."""

import json
from pathlib import Path

from playwright.sync_api import sync_playwright

PAGE = """<script>
function spin(ms) { const end = performance.now() + ms; while (performance.now() < end); }
function left() { spin(200); }
function right() { spin(100); }
function run() { left(); right(); }
</script>"""

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    page = browser.new_page()
    Path("page.html").write_text(PAGE)
    page.goto(Path("page.html").absolute().as_uri())
    devtools = page.context.new_cdp_session(page)
    devtools.send("Profiler.enable")
    devtools.send("Profiler.start")
    page.evaluate("run()")
    page.wait_for_timeout(100)
    found = devtools.send("Profiler.stop")["profile"]
    Path("chrome.cpuprofile").write_text(json.dumps(found, separators=(",", ":")))
    print(browser.version)
    browser.close()
