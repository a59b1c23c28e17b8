"""``%%flame`` and ``%%offcpu``, and what makes them and ``%perfnb`` known to a shell."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from perfnb.capture.record import set_finish
from perfnb.errors import OptionError, PerfnbError
from perfnb.notebook.options import FlameOptions, parse, split
from perfnb.notebook.parser import MAGICS, make_parser, option_names
from perfnb.notebook.profiles import ProfilesMagics, complete_actions
from perfnb.notebook.session import FlameSession
from perfnb.notebook.show import greet
from perfnb.notebook.transform import flame_cell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


@magics_class
class FlameMagics(Magics):
    """The magics, bound to one shell."""

    def __init__(self, shell: InteractiveShell, session: FlameSession) -> None:
        super().__init__(shell)
        self.session = session

    @no_var_expand
    @line_cell_magic
    def flame(self, line: str, cell: str | None = None) -> Any:
        """Draw where the time of a cell or statement goes, as a flame graph.

        ``%%flame -h`` lists the options.
        """
        return self._record("flame", line, cell)

    @no_var_expand
    @line_cell_magic
    def offcpu(self, line: str, cell: str | None = None) -> Any:
        """Draw what a cell or statement waits for, and why, as a flame graph.

        ``%%offcpu -h`` lists the options.
        """
        return self._record("offcpu", line, cell)

    def _record(self, magic: str, line: str, cell: str | None) -> Any:
        try:
            options, statement = split(line, magic) if cell is None else (parse(line, magic), cell)
        except OptionError as error:
            raise UsageError(str(error)) from None
        if options.help:
            print(make_parser(magic).format_help())
            return None
        if options.file:
            return self._open(options)
        if options.duration:
            return self.session.watch(options)
        if options.rest_of_cell and cell is None and not statement:
            self.session.begin(options)
            return None
        if not statement.strip():
            raise UsageError(
                f"%%{magic}: the cell is empty"
                if cell is not None
                else f"%{magic}: no statement; to profile a whole cell write %%{magic} above it"
            )
        return self._run(options, statement)

    def _open(self, options: FlameOptions) -> None:
        try:
            self.session.open(options)
        except PerfnbError as error:
            raise UsageError(str(error)) from None
        except OSError as error:
            raise UsageError(f"{options.file}: {error.strerror or error}") from None

    def _run(self, options: FlameOptions, source: str) -> Any:
        """Run source as ``%time`` does: an exception goes to whoever called the magic."""
        shell = self.shell
        assert shell is not None
        source = shell.transform_cell(source)
        tree = shell.transform_ast(shell.compile.ast_parse(source))
        name = shell.compile.cache(source, self.session.number(), raw_code=source)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";"):
            last = compile(ast.Expression(tree.body.pop().value), name, "eval")
        code = compile(tree, name, "exec")
        began = self.session.begin(options)
        try:
            exec(code, shell.user_global_ns, shell.user_ns)
            return None if last is None else eval(last, shell.user_global_ns, shell.user_ns)
        finally:
            if began:
                self.session.finish()


def complete_options(shell: Any, event: Any) -> list[str]:
    """Return the options that fit what was typed, for IPython's completer."""
    magic = event.command.lstrip("%")
    return [name for name in option_names(magic) if name.startswith(event.symbol)]


def load(shell: InteractiveShell) -> FlameSession:
    """Make the magics known to a shell."""
    session = FlameSession(shell)
    shell.register_magics(FlameMagics(shell, session), ProfilesMagics(shell, session))
    shell.input_transformers_cleanup.insert(0, flame_cell)
    shell.events.register("pre_execute", session.before_cell)
    shell.events.register("post_execute", session.after_cell)
    set_finish(session.cleaned_here)
    for command in (f"{sign}{magic}" for magic in MAGICS for sign in ("%", "%%")):
        shell.set_hook("complete_command", complete_options, str_key=command)
    shell.set_hook("complete_command", complete_actions, str_key="%perfnb")
    greet(shell)
    session.warmup.start()
    return session


def unload(shell: InteractiveShell, session: FlameSession) -> None:
    """Undo `load`."""
    session.abort()
    session.warmup.finish()
    set_finish(None)
    shell.input_transformers_cleanup.remove(flame_cell)
    shell.events.unregister("pre_execute", session.before_cell)
    shell.events.unregister("post_execute", session.after_cell)
    for kind, names in (("line", (*MAGICS, "perfnb")), ("cell", MAGICS)):
        for name in names:
            shell.magics_manager.magics[kind].pop(name, None)
