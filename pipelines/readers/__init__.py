"""Readers: bytes in, rows out. One file per kind, found by folder; pure, without network.

A reader module has KIND (the word of `cloudhold import`), TITLE, PUBLISHER, LICENCE, CREDIT, PRIMARY (the
table whose rows are counted), LINES (whether a body may be cut at line ends) and

    read(name, body, source_id, options) -> Batch

which never raises for foreign input: what cannot be used comes back in `Batch.rejected`. One that reads several
small bodies faster together than one by one also has

    read_all([(name, body, source_id), ...], options) -> [Batch, ...]
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from types import ModuleType

from pipelines.errors import UnknownName


@functools.cache
def readers() -> Mapping[str, ModuleType]:
    """Every reader by its kind."""
    found = {}
    for module_info in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        if module_info.name.startswith("_"):  # what readers share
            continue
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        found[module.KIND] = module
    return found


def reader(kind: str) -> ModuleType:
    """The reader of a kind; UnknownName where there is none."""
    try:
        return readers()[kind]
    except KeyError:
        raise UnknownName("kind", kind, readers()) from None
