"""Fuzz one reader, guided by what its code reaches, from the real captures on.

    python tests/fuzz/fuzz_formats.py FORMAT [options of libFuzzer]

Any input has to give profiles or one error that names the place, within bounded memory and
time. An input that does not is kept in ``build/fuzz/``; it is tried again with
``python tests/fuzz/fuzz_formats.py FORMAT build/fuzz/FORMAT-crash-…``. Needs atheris.
"""

import importlib
import pkgutil
import sys
import warnings
import zipfile
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "formats")]

with atheris.instrument_imports(include=["perfnb"]):
    import perfnb.formats
    from perfnb.formats import IMPORTERS

    # Readers import what they need when they are called: too late to be instrumented.
    for module in pkgutil.walk_packages(perfnb.formats.__path__, "perfnb.formats."):
        importlib.import_module(module.name)
    for row in IMPORTERS:
        row.load()

from captures import captures  # noqa: E402
from helpers.hostile import outcome  # noqa: E402

from perfnb.formats.source import Source  # noqa: E402

LIMITS = ("-max_total_time=60", "-timeout=10", "-rss_limit_mb=2048", "-max_len=100000")


def main() -> None:
    format, *options = sys.argv[1:] or [""]
    if format not in IMPORTERS.names():
        sys.exit(f"usage: {sys.argv[0]} FORMAT …; one of: {', '.join(IMPORTERS.names())}")
    name = format.replace(" ", "_")
    kept = ROOT / "build" / "fuzz"
    # What was found to reach new code is kept there too, and begun with the next time.
    corpus = kept / f"{name}-corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, capture in enumerate(captures(format)):
        # Unpacked: what a compressed file holds is what is read.
        (corpus / f"capture-{number}").write_bytes(Source(capture.path).bytes())
    # Checksums keep damage by chance out, and would keep the fuzzer out too.
    zipfile.ZipExtFile._update_crc = lambda *_: None
    # What numbers overflow with is a warning; the tests take that for an error, too.
    warnings.simplefilter("error")
    again = any(not option.startswith("-") for option in options)
    folder = [] if again else [str(corpus)]
    argv = [sys.argv[0], *LIMITS, f"-artifact_prefix={kept}/{name}-", *options, *folder]
    atheris.Setup(argv, lambda data: outcome(data, format) and None)
    atheris.Fuzz()


main()
