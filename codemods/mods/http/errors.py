"""Who catches what requests raises, and what httpx has instead."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, Reword
from codemods.facts.opened import name_of
from codemods.facts.values import dotted
from codemods.mods.catching import Catching, Raised, parts

if TYPE_CHECKING:
    from codemods.mods.codemod import Work


def raised() -> Raised:
    """The exceptions of requests."""
    known = catalog.http()
    return Raised("requests", known["errors"], known["builtin_errors"])


class Errors(Catching):
    """Asked of one function."""

    def __init__(self, work: Work) -> None:
        super().__init__(work, raised())

    def reworded(self, block: ast.Try, handler: ast.ExceptHandler) -> tuple[list[Reword], str]:
        """A handler for what httpx raises instead, or why there is none."""
        edits: list[Reword] = []
        # What is wrong with JSON is an exception of requests, and none of httpx.
        reads_json = any(name_of(node) == "json" for each in block.body for node in ast.walk(each))
        caught = parts(handler.type)
        for each in caught:
            name = self._name(each)
            known = catalog.http()["builtin_errors"].get(name)
            if known is None and not name.startswith("requests."):
                continue
            last = name.rpartition(".")[2]
            known = known or catalog.http()["errors"].get(last)
            if known is None:
                return [], f"httpx has nothing like {last}, which line {handler.lineno} catches"
            if last == "RequestException" and reads_json:
                known = [*known, "builtins.ValueError"]
            texts = [text.removeprefix("builtins.") if "." in text else f"{LIBRARY}.{text}" for text in known]
            text = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
            spread = len(texts) > 1 and each is not handler.type
            edits.append(Reword(*self._opened.mention(each), text, spread=spread))
        if edits and handler.name and self._looks_inside(handler):
            return [], f"line {handler.lineno} looks at attributes of the exception, which httpx's may not have"
        return edits, ""

    def _looks_inside(self, handler: ast.ExceptHandler) -> bool:
        """Whether a handler reads anything of the exception but its text."""
        return any(
            isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == handler.name
            for statement in handler.body
            for node in ast.walk(statement)
        )

    def _name(self, node: ast.expr) -> str:
        name = dotted(node)
        outside = self._project.program.resolve(self._module, self._opened.scope(node), name).outside if name else ()
        return next(iter(sorted(outside)), "")
