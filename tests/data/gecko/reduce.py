"""Cut the markers, most of a file, to three for each thread: reduce.py FILE > SMALLER."""

import json
import sys
from pathlib import Path


def main():
    document = json.loads(Path(sys.argv[1]).read_bytes())
    waiting = [document]
    while waiting:
        process = waiting.pop()
        for thread in process["threads"]:
            del thread["markers"]["data"][3:]
        process["meta"]["markerSchema"] = []
        waiting += process.get("processes", [])
    json.dump(document, sys.stdout, separators=(",", ":"))


main()
