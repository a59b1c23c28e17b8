"""Made the files beside this one: ``python make.py FOLDER``, with perfnb installed."""

import gzip
import json
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

from perfnb.capture import pyspy
from perfnb.capture.base import CaptureSpec
from perfnb.capture.threadlog import ThreadLog


def burn(cpu_s):
    end = time.thread_time() + cpu_s
    while time.thread_time() < end:
        pass


def sixty():
    burn(0.006)


def thirty():
    burn(0.003)


def ten():
    burn(0.001)


def work(rounds):
    for _ in range(rounds):
        sixty()
        thirty()
        ten()


def wait(done):
    done.wait()


def record(spec):
    """Return the raw report of the watcher, and the recording made with it."""
    kept = {}
    parse, build = ThreadLog.parse, pyspy.build_profile
    ThreadLog.parse = lambda report: parse(kept.setdefault("report", report))
    pyspy.build_profile = lambda recording: kept.update(recording=recording)
    backend = pyspy.PySpyBackend()
    backend.start(spec)
    work(200)
    backend.stop()
    ThreadLog.parse, pyspy.build_profile = parse, build
    return kept["report"], kept["recording"]


def main(folder):
    done = threading.Event()
    idle = threading.Thread(target=wait, args=(done,), name="idle")
    idle.start()
    report, recording = record(CaptureSpec(rate=200))
    done.set()
    idle.join()
    facts = asdict(recording) | {"trace": None, "log": None}
    facts["main_thread"], facts["idle_thread"] = threading.get_native_id(), idle.native_id
    (folder / "trace.json.gz").write_bytes(gzip.compress(recording.trace, mtime=0))
    (folder / "report.bin.gz").write_bytes(gzip.compress(report, mtime=0))
    (folder / "facts.json").write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
