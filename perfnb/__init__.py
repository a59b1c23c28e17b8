"""Systems-performance analysis in the notebook.

``%load_ext perfnb`` gives the magics; `record` is the same for scripts. Names are
imported when first used, so that ``import perfnb`` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from perfnb.capture.record import Recorder, record
    from perfnb.errors import PerfnbError
    from perfnb.formats.read import read, read_all
    from perfnb.model import Metadata, Profile, ProfileBuilder
    from perfnb.notebook.captured import profiles
    from perfnb.notebook.session import FlameSession
    from perfnb.units import ValueType
    from perfnb.views.explore.app import explore

__version__ = "0.1.0"

__all__ = [
    "Metadata",
    "PerfnbError",
    "Profile",
    "ProfileBuilder",
    "Recorder",
    "ValueType",
    "explore",
    "last",
    "profiles",
    "read",
    "read_all",
    "record",
]

_HOME = {
    "Metadata": "perfnb.model",
    "PerfnbError": "perfnb.errors",
    "Profile": "perfnb.model",
    "ProfileBuilder": "perfnb.model",
    "Recorder": "perfnb.capture.record",
    "ValueType": "perfnb.units",
    "explore": "perfnb.views.explore.app",
    "profiles": "perfnb.notebook.captured",
    "read": "perfnb.formats.read",
    "read_all": "perfnb.formats.read",
    "record": "perfnb.capture.record",
}

_sessions: dict[int, FlameSession] = {}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'perfnb' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def last() -> Profile | None:
    """Return the latest of `profiles`, None if there is none."""
    session = next(reversed(_sessions.values()), None)
    return session.last if session else None


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Run by ``%load_ext perfnb``."""
    from perfnb.notebook.magics import load

    if id(shell) not in _sessions:
        _sessions[id(shell)] = load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Run by ``%unload_ext perfnb``."""
    from perfnb.notebook.magics import unload

    session = _sessions.pop(id(shell), None)
    if session is not None:
        unload(shell, session)
