"""A name of another module as a file has it, or is to have it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.edits import AddImport
from codemods.facts.values import unlike

if TYPE_CHECKING:
    from codemods.facts import Opened


def imported(opened: Opened, module: str, name: str) -> tuple[str, AddImport | None]:
    """The name that it goes by in a file, and the import that it needs there if there is none to use."""
    for node in opened.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == module and not node.level:
            for alias in node.names:
                if alias.name == name:
                    return alias.asname or name, None
    free = unlike(name, opened.identifiers)
    return free, AddImport(module, "" if free == name else free, name)
