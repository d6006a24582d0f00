"""The proof that a function waits for nothing and does nothing for long, with all that it calls."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.facts.values import dotted
from codemods.mods.to_async.attributes import Frame
from codemods.mods.to_async.calls import Calls
from codemods.mods.to_async.expressions import names_in, set_in
from codemods.mods.to_async.kinds import EXCEPTION, SCALAR, UNKNOWN, HeldError, Kind, joined, shown
from codemods.program.values import Definition

if TYPE_CHECKING:
    from codemods.mods.codemod import Project

_STATEMENTS: dict[type[ast.stmt], str] = {
    ast.Import: "imports, which reads files the first time",
    ast.ImportFrom: "imports, which reads files the first time",
    ast.While: "has a `while` loop, whose rounds are not known",
    ast.With: "has a `with` block, and what entering it does is not known",
}


class Proofs(Calls):
    """Asked of one function at a time."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._found: dict[tuple[Definition, tuple[tuple[str, Kind], ...], bool], Kind] = {}

    # Functions

    def function(self, function: Definition, names: dict[str, Kind], outer: Frame | None = None) -> Kind:
        """What a function gives that is called with these arguments."""
        looping = outer is not None and outer.looping
        key = (function, tuple(sorted(names.items(), key=lambda each: each[0])), looping)
        if key not in self._found:
            module = self.modules[function.path]
            node = self.project.open(function.path).nodes[function.scope]
            assert isinstance(node, ast.FunctionDef)  # noqa: S101 (only those are asked for)
            parent = Definition(function.path, module.facts.scopes[function.scope].parent)
            made = parent if node.name == "__init__" and parent.scope in module.classes else None
            entered = (*(outer.entered if outer else ()), function)
            # What a loop hands over may grow with each round.
            frame = Frame(module, function.scope, dict(names), entered, looping, of=made)
            frame.changing = frozenset(names) if looping else frozenset()
            results: list[Kind] = []
            self._block(frame, node.body, results)
            found = results[0] if results else SCALAR
            for each in results[1:]:
                found = joined(found, each)
            self._found[key] = found
        return self._found[key]

    def entered(self, frame: Frame, node: ast.AST, function: Definition, names: dict[str, Kind]) -> Kind:
        """What a function of the project gives, once it is proven as well."""
        about = self.modules[function.path].facts.scopes[function.scope]
        if function in frame.entered:
            raise HeldError(node, f"calls {about.qualname}, which calls itself")
        try:
            return self.function(function, names, frame)
        except HeldError as held:
            where = f"{self.modules[function.path].shown}:{held.line}"
            if held.reason.startswith("calls ") and " which in " in held.reason:
                raise HeldError(node, f"calls {about.qualname}, which {held.reason}") from held
            raise HeldError(node, f"calls {about.qualname}, which in {where} {held.reason}") from held

    def _block(self, frame: Frame, statements: list[ast.stmt], results: list[Kind]) -> None:
        for statement in statements:
            self._statement(frame, statement, results)

    def _statement(self, frame: Frame, node: ast.stmt, results: list[Kind]) -> None:
        match node:
            case ast.Return(value=value):
                results.append(self.value(frame, value) if value is not None else SCALAR)
            case ast.If(test=test, body=body, orelse=other):
                self.truth(frame, test)
                self._block(frame, [*body, *other], results)
            case ast.For(iter=over, orelse=other):
                self._loop(frame, node, self.rounds(frame, over), results)
                self._block(frame, other, results)
            case ast.Try(body=body, handlers=handlers, orelse=other, finalbody=last):
                for handler in handlers:
                    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
                    if any(each is not None and not dotted(each) for each in caught):
                        raise HeldError(handler, "catches something that is found out there")
                frame.names |= {handler.name: EXCEPTION for handler in handlers if handler.name}
                inside = [each for handler in handlers for each in handler.body]
                self._block(frame, [*body, *inside, *other, *last], results)
            case _:
                self._simple(frame, node)

    def _simple(self, frame: Frame, node: ast.stmt) -> None:
        """A statement without others in it."""
        match node:
            case ast.Pass() | ast.Break() | ast.Continue() | ast.AnnAssign(value=None):
                return
            case ast.Expr(value=value):
                self.value(frame, value)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assigned(frame, target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assigned(frame, target, value)
            case ast.AugAssign(target=ast.Name() as target, op=operator, value=value):
                left = frame.names.get(target.id, UNKNOWN)
                self.bind(frame, target, self.binary(frame, node, left, operator, value))
            case ast.Raise(exc=raised, cause=cause):
                for each in (raised, cause):
                    if each is not None:
                        self._raised(frame, each)
            case ast.Assert(test=test, msg=message):
                self.truth(frame, test)
                if message is not None:
                    self.plain(frame, message)
            case _:
                reason = next((text for kind, text in _STATEMENTS.items() if isinstance(node, kind)), "")
                raise HeldError(node, reason or f"has `{shown(node)}`, which is not looked into")

    def _assigned(self, frame: Frame, target: ast.expr, value: ast.expr) -> None:
        kind = self.value(frame, value)
        if kind.sort != "number" and not frame.changing.isdisjoint(names_in(value)):
            raise HeldError(value, "sets in a loop what may grow with each round")
        if isinstance(target, ast.Subscript) and not frame.filled.isdisjoint(names_in(value)):
            raise HeldError(value, "sets in a loop what may grow with each round")
        self.bind(frame, target, kind)

    def _loop(self, frame: Frame, node: ast.For, item: Kind, results: list[Kind]) -> None:
        frame.looping = True
        changing, filled = set_in(node)
        frame.changing, frame.filled = frozenset(changing), frozenset(filled)
        # Twice: what its end sets is there when it begins again.
        for _ in range(2):
            self.bind(frame, node.target, item)
            self._block(frame, node.body, results)
        frame.looping = False
        frame.changing = frame.filled = frozenset()

    def _raised(self, frame: Frame, node: ast.expr) -> None:
        """An exception, or the class of one."""
        if isinstance(node, ast.Call):
            self.value(frame, node)
            return
        name = dotted(node)
        if frame.names.get(name) in {EXCEPTION, SCALAR}:
            return
        outside = self.outside(frame.module, frame.scope, name)
        cls = self.definition(frame.module, frame.scope, name)
        if outside in self.known["models"]["exceptions"] or outside in self.known["functions"]:
            return
        plain = cls is not None and self.is_exception(cls) and self.method_of(cls, "__init__") is None
        # One that was made beforehand, or is given; a class would be called here.
        if not plain and self.value(frame, node) != SCALAR:
            raise HeldError(node, f"raises `{shown(node)}`, and it is not known what that is")
