"""Whether anything still needs an import whose calls were rewritten. In doubt it does: leaving it breaks nothing."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from codemods.facts.comments import heads_imports

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from codemods.facts import Binding, Opened
    from codemods.program import Module, Program

_REFLECTION = frozenset({"eval", "exec", "globals", "locals", "vars"})


def unneeded(
    program: Program, opened: Opened, module: Module, binding: Binding, going: Collection[ast.Name]
) -> ast.Import | ast.ImportFrom | None:
    """The statement of an import whose name nothing needs once the names in `going` are no longer there."""
    statement = _statement(opened, binding)
    if (
        statement is None
        or _held_by_its_line(opened, statement, binding)
        or _used_in_file(opened, module, binding, going)
        or _named_in_text(opened, binding.name)
        or (binding.scope == 0 and _used_elsewhere(program, module, binding.name))
    ):
        return None
    return statement


def _statement(opened: Opened, binding: Binding) -> ast.Import | ast.ImportFrom | None:
    for node in ast.walk(opened.tree):
        if (
            isinstance(node, ast.Import | ast.ImportFrom)
            and node.lineno == binding.line
            and any(_bound(alias) == binding.name for alias in node.names)
        ):
            return node
    return None


def _bound(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _held_by_its_line(opened: Opened, statement: ast.Import | ast.ImportFrom, binding: Binding) -> bool:
    """A re-export, a comment that belongs to it, or the only statement of its block."""
    alias = next(each for each in statement.names if _bound(each) == binding.name)
    lines = opened.lines[statement.lineno - 1 : statement.end_lineno]
    above = opened.lines[statement.lineno - 2].strip() if statement.lineno > 1 else ""
    parent = opened.parent(statement)
    body = getattr(parent, "body", [])
    first = parent is opened.tree and body and body[0] is statement
    return (
        alias.asname == alias.name
        or "." in alias.name
        or any("#" in line for line in lines)
        or (len(statement.names) == 1 and above.startswith("#") and not first and not heads_imports(above))
        or (len(statement.names) == 1 and len(body) == 1)
    )


def _used_in_file(opened: Opened, module: Module, binding: Binding, going: Collection[ast.Name]) -> bool:
    for node in ast.walk(opened.tree):
        match node:
            case ast.Name(id=used) if used in _REFLECTION:
                return True
            case ast.Name(id=used) if used == binding.name and node not in going:
                if module.holder(opened.scope(node), used) == binding.scope:
                    return True
            case ast.Global(names=names) | ast.Nonlocal(names=names) if binding.name in names:
                return True
    return False


def _named_in_text(opened: Opened, name: str) -> bool:
    """In `__all__`, in a string that reads like code, or in a type comment."""
    attribute = re.compile(rf"(?<![\w.]){re.escape(name)}\.\w")
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    for node in ast.walk(opened.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            if attribute.search(text) or (">>>" in text and word.search(text)):
                return True
            if text == name and _exported(opened, node):
                return True
    return any(word.search(line.partition("# type:")[2]) for line in opened.lines if "# type:" in line)


def _exported(opened: Opened, node: ast.AST) -> bool:
    for above, _ in opened.ancestors(node):
        if isinstance(above, ast.stmt):
            return any(isinstance(part, ast.Name) and part.id == "__all__" for part in ast.walk(above))
    return False


def _used_elsewhere(program: Program, module: Module, name: str) -> bool:
    """Another module imports the name from this one, reads it as an attribute, or names it in a string."""
    if module.path.endswith("/__init__.py") or module.path in _star_sources(program):
        return True
    paths = tuple(f"{known}.{name}" for known in program.layout.names(module.path))
    for other in _naming(program).get(name, ()):
        facts = other.facts
        if any(text == path or text.startswith(f"{path}.") for text in facts.dotted_strings for path in paths):
            return True
        if any(
            program.find(other, binding.target) == (module.path, name) for binding in facts.bindings if binding.target
        ):
            return True
        for read in facts.attributes:
            owner, dot, _ = f"{read}.".partition(f".{name}.")
            if dot and any(meaning.module == module.path for meaning in program.resolve(other, 0, owner).meanings):
                return True
    return False


@lru_cache(maxsize=1)
def _star_sources(program: Program) -> frozenset[str]:
    """The modules that others import all names from."""
    return frozenset(path for module in program.modules.values() for path in program.stars(module))


@lru_cache(maxsize=1)
def _naming(program: Program) -> Mapping[str, Collection[Module]]:
    """For every name that stands behind a dot somewhere, the modules where it does."""
    found: dict[str, dict[Module, None]] = defaultdict(dict)
    for module in program.modules.values():
        facts = module.facts
        imported = (binding.target for binding in facts.bindings if binding.kind == "import")
        for dotted in chain(facts.dotted_strings, facts.attributes, imported):
            for name in dotted.split(".")[1:]:
                found[name][module] = None
    return found
