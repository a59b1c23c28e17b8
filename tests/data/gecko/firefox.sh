#!/bin/sh
# A page whose script works for 250 ms, in a headless Firefox that profiles itself.
set -e
mkdir -p /tmp/ff/home /tmp/ff/profile
cd /tmp/ff
cat > busy.html <<'PAGE'
<!doctype html><title>busy</title><p id=out></p><script>
function inner(n) { let s = 0; for (let i = 0; i < n; i++) s += Math.sqrt(i) * Math.sin(i); return s; }
function outer(n) { let s = 0; for (let i = 0; i < 20; i++) s += inner(n); return s; }
const until = performance.now() + 250;
let total = 0;
while (performance.now() < until) total += outer(20000);
document.getElementById("out").textContent = total;
</script>
PAGE
export HOME=/tmp/ff/home
export MOZ_PROFILER_STARTUP=1 MOZ_PROFILER_STARTUP_INTERVAL=10
export MOZ_PROFILER_STARTUP_FEATURES=js,cpu MOZ_PROFILER_STARTUP_FILTERS=GeckoMain
export MOZ_PROFILER_SHUTDOWN=/tmp/ff/firefox.json
firefox-esr --headless --profile profile --no-remote --screenshot shot.png file:///tmp/ff/busy.html
