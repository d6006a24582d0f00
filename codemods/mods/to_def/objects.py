"""Where the objects of a class that can be called go: FastAPI calls those that are dependencies."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.mods.uses import Reference, Uses, cannot_be_read, renamed
from codemods.program.classes import is_test
from codemods.program.values import Definition, Instance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Opened
    from codemods.program import Module


class Objects(Uses):
    """Asked of one `__call__` at a time."""

    def of(self, function: Definition) -> list[Reference]:
        """What each use of an object asks of its `__call__`; whatever is not understood is a reason against it."""
        own = Definition(function.path, self._modules[function.path].facts.scopes[function.scope].parent)
        classes = frozenset({own, *self._calls.subclasses(own)})
        names = {self._project.name_of(each) for each in classes}
        found: list[Reference] = []
        variables: set[str] = set()
        for module, opened, node in self._mentions(names, found):
            if any(value in classes for value in self.values(module, opened, node)):
                found += self._of_class(module, opened, node, variables)
        for module, opened, node in self._mentions(variables, found) if variables else ():
            kept = (value.of for value in self.values(module, opened, node) if isinstance(value, Instance))
            if not classes.isdisjoint(kept):
                found += self._of_object(module, opened, node, None)
        for cls in classes:
            found += self._of_itself(cls, names)
        return found

    def _mentions(self, names: set[str], found: list[Reference]) -> Iterator[tuple[Module, Opened, ast.expr]]:
        for path, here in self.mentioning(names):
            if path not in self._modules:
                found += [cannot_be_read(path, name) for name in sorted(here)]
                continue
            module, opened = self._modules[path], self._project.glance(path)
            known = here | renamed(opened, here).keys()
            for node in walk(opened.tree):
                match node:
                    case ast.Name(id=name, ctx=ast.Load()) if name in known:
                        yield module, opened, node
                    case ast.Attribute(attr=name, ctx=ast.Load()) if name in here:
                        yield module, opened, node

    def _of_class(self, module: Module, opened: Opened, node: ast.expr, variables: set[str]) -> Iterator[Reference]:
        above = opened.parent(node)
        if isinstance(above, ast.Call) and above.func is node:
            yield from self._of_object(module, opened, above, variables)
        elif _handed_on(opened, node):
            yield self.other(module, node, "its class is handed on, and objects of it may be called elsewhere")

    def _of_object(
        self, module: Module, opened: Opened, node: ast.expr, variables: set[str] | None
    ) -> Iterator[Reference]:
        above = opened.parent(node)
        override = self.overrides(above, node)
        match above:
            case _ if override is not None:
                yield Reference(override, module.path, node.lineno)
            case _ if self.registers(module, opened, node):
                yield Reference("registered", module.path, node.lineno)
            case ast.Call(func=called) if called is node:
                if is_test(module.path) and isinstance(opened.parent(above), ast.Await):
                    holder = Definition(module.path, module.function_of(opened.scope(above)))
                    yield Reference("in a test", module.path, node.lineno, opened.call_numbers[above], holder)
                else:
                    yield self.other(module, node, "an object of its class is called")
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if (
                variables is not None
            ):
                variables.add(name)
            case ast.Attribute() | ast.Expr() | ast.Compare() | ast.Call(func=ast.Name(id="isinstance")):
                return
            case _:
                yield self.other(module, node, "an object of its class is handed on")

    def _of_itself(self, cls: Definition, names: set[str]) -> Iterator[Reference]:
        """What its methods do with the object that they belong to, or with its class under another name."""
        module, opened = self._modules[cls.path], self._project.open(cls.path)
        for method in opened.nodes[cls.scope].body:  # type: ignore[attr-defined]
            if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) or not method.args.args:
                continue
            first = method.args.args[0].arg
            for node in walk(method):
                above = opened.parent(node)
                match node:
                    case ast.Name(id=name) if name == first and not isinstance(above, ast.Attribute):
                        yield self.other(module, node, "the object itself is handed on")
                    case ast.Call(func=called) if dotted(called).rpartition(".")[2] not in names and not self.values(
                        module, opened, called
                    ).isdisjoint({cls}):
                        yield self.other(module, node, "an object of its class is made")


def _handed_on(opened: Opened, node: ast.expr) -> bool:
    """Whether a class goes where it may be called: not as a base, for the sake of an attribute or in an annotation."""
    above = opened.parent(node)
    if isinstance(above, ast.ClassDef | ast.Attribute | ast.ExceptHandler):
        return False
    if isinstance(above, ast.Call):
        return not (isinstance(above.func, ast.Name) and above.func.id in {"isinstance", "issubclass"})
    for each, part in opened.ancestors(node):
        match each:
            case ast.arg(annotation=note) | ast.AnnAssign(annotation=note) if note is part:
                return False
            case ast.FunctionDef(returns=note) | ast.AsyncFunctionDef(returns=note) if note is part:
                return False
            case ast.stmt() | ast.Call():
                break
    return True
