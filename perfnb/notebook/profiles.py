"""``%perfnb``: the profiles captured in this session."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.display import display

from perfnb.errors import PerfnbError
from perfnb.notebook.captured import KEPT, Profiles

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from perfnb.notebook.session import FlameSession

HELP = f"""\
usage: %perfnb              the profiles captured in this session (the last {KEPT})
       %perfnb show N       the flame graph of one, again
       %perfnb explore N    one in the explorer
       %perfnb drop N|all   forget one, or all of them: the numbers of later ones change
       %perfnb -h           this help

N is the number in the list, negative from its end (the latest if it is left out), or a title
such as In [5]. In code: perfnb.profiles[N], perfnb.profiles["In [5]"], perfnb.last().
"""
_ACTIONS = ("show", "explore", "drop")


@magics_class
class ProfilesMagics(Magics):
    """The magic, bound to one shell."""

    def __init__(self, shell: InteractiveShell, session: FlameSession) -> None:
        super().__init__(shell)
        self.session = session
        self.profiles = Profiles(lambda: session.captured)

    @no_var_expand
    @line_magic
    def perfnb(self, line: str) -> None:
        """List the profiles captured in this session, show one again, or forget it.

        ``%perfnb -h`` lists what it can do.
        """
        action, _, rest = line.strip().partition(" ")
        if action in ("-h", "--help"):
            print(HELP, end="")
        elif not action:
            display(self.profiles)
        elif action in _ACTIONS:
            try:
                getattr(self, f"_{action}")(rest.strip())
            except PerfnbError as error:
                raise UsageError(str(error)) from None
        else:
            raise UsageError(f"%perfnb: {action!r} is none of {', '.join(_ACTIONS)}; %perfnb -h")

    def _show(self, which: str) -> None:
        self.session.display(self.profiles[self._find(which)].flame())

    def _explore(self, which: str) -> None:
        self.session.display(self.profiles[self._find(which)].explore())

    def _drop(self, which: str) -> None:
        if which == "all":
            self.session.captured.clear()
        elif not which:
            raise UsageError("%perfnb drop: which one? Its number, or all")
        else:
            del self.session.captured[self._find(which)]
        display(self.profiles)

    def _find(self, which: str) -> int:
        key: Any = which.strip("\"'") or -1
        with contextlib.suppress(ValueError):
            key = int(key)
        try:
            return self.profiles.find(key)
        except LookupError as error:
            raise UsageError(f"%perfnb: {error.args[0]}") from None


def complete_actions(shell: Any, event: Any) -> list[str]:
    """Return what may follow ``%perfnb``, for IPython's completer."""
    return [name for name in (*_ACTIONS, "--help") if name.startswith(event.symbol)]
