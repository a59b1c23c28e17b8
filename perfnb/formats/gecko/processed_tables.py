"""Stacks, frames and functions of the processed format."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import starmap

import numpy as np

from perfnb.formats.gecko.columns import Floats, Numbers, floats, indices, lines
from perfnb.formats.gecko.kinds import category_kinds, function_kind
from perfnb.formats.gecko.recording import Recording
from perfnb.formats.gecko.schema import (
    FrameTable,
    FuncTable,
    Meta,
    ResourceTable,
    StackTable,
    Tables,
)
from perfnb.formats.source import Source
from perfnb.model.tables import Int64

_SITES = (3, 4, 5)  # resources that are a site, not a library


@dataclass
class TableReader:
    """Reads one set of tables: that of a thread, or the one all threads share.

    Attributes
    ----------
    tables, shared : Tables
        The set, and what lies beside it for all threads; the same from version 60 on.
    where : str
        The set's place in the file.
    """

    source: Source
    tables: Tables
    shared: Tables
    where: str
    meta: Meta

    def stacks(self, recording: Recording) -> Int64:
        """Return the row of each stack in `recording`, and −1 after the last."""
        table = self.tables.stack_table or StackTable()
        n = len(table.frame)
        frames = self._frames(recording)
        where = f"{self.where}.stackTable"
        frame = indices(table.frame, n, len(frames), self.source, f"{where}.frame")
        rows = np.arange(n)
        # Those above must come before: that rules out circles.
        if table.prefix_offset is not None:
            path = f"{where}.prefixOffset"
            offset = indices(table.prefix_offset, n, rows + 1, self.source, path)
            parent = np.where(offset > 0, rows - offset, -1)
        else:
            parent = indices(table.prefix, n, rows, self.source, f"{where}.prefix", none=True)
        return recording.stacks(parent, frames[frame])

    def _frames(self, recording: Recording) -> Int64:
        table = self.tables.frame_table or FrameTable()
        n = len(table.func)
        functions, begins = self._functions()
        where = f"{self.where}.frameTable"
        func = indices(table.func, n, len(functions), self.source, f"{where}.func")
        line = floats(table.line, n, self.source, f"{where}.line")
        # The line that ran is often unknown; where the function begins is the next best.
        line = np.where(np.isnan(line), begins[func], line)
        kinds = category_kinds(self.meta.categories)
        category = self._rows(table.category, n, len(kinds), f"{where}.category")
        kind = np.append(kinds, -1)[category]
        guess = np.array(list(starmap(function_kind, functions)), dtype=np.int64)[func]
        return recording.frames(functions, func, np.where(kind >= 0, kind, guess), lines(line))

    def _functions(self) -> tuple[list[tuple[str, str, str]], Floats]:
        """Return (name, file, module) and the first line of each function."""
        table = self.tables.func_table or FuncTable()
        n = len(table.name)
        where = f"{self.where}.funcTable"
        begins = floats(table.line_number, n, self.source, f"{where}.lineNumber")
        strings = self._strings()
        name = self._rows(table.name, n, len(strings), f"{where}.name")
        file = self._files(table, len(strings), where)
        module = self._modules(table, len(strings), where)
        text = [*strings, ""]  # at −1: none at all
        functions = [
            (text[a], text[b], text[c])
            for a, b, c in zip(name.tolist(), file.tolist(), module.tolist(), strict=True)
        ]
        if self.meta.perfnb is None:
            # A library that is only the file once more says nothing.
            functions = [
                (name, file, "" if file.endswith(module) else module)
                for name, file, module in functions
            ]
        return functions, begins

    def _files(self, table: FuncTable, strings: int, where: str) -> Int64:
        n = len(table.name)
        sources = self.shared.sources
        if table.source is None or sources is None:
            return self._rows(table.file_name, n, strings, f"{where}.fileName")
        path = "$.shared.sources.filename"
        files = self._rows(sources.filename, len(sources.filename), strings, path)
        chosen = self._rows(table.source, n, len(files), f"{where}.source")
        return np.append(files, -1)[chosen]

    def _modules(self, table: FuncTable, strings: int, where: str) -> Int64:
        resources = self.tables.resource_table or ResourceTable()
        m = len(resources.name)
        path = f"{self.where}.resourceTable"
        name = self._rows(resources.name, m, strings, f"{path}.name")
        kind = floats(resources.type, m, self.source, f"{path}.type")
        name = np.where(np.isin(kind, _SITES), -1, name)
        chosen = self._rows(table.resource, len(table.name), m, f"{where}.resource")
        return np.append(name, -1)[chosen]

    def _strings(self) -> list[str]:
        for tables in (self.tables, self.shared):
            for strings in (tables.string_array, tables.string_table):
                if strings is not None:
                    return strings
        return []

    def _rows(self, values: Numbers | None, length: int, limit: int, where: str) -> Int64:
        return indices(values, length, limit, self.source, where, none=True)
