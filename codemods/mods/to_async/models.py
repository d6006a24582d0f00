"""What classes of the project say about their objects: pydantic models above all."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.facts.values import dotted
from codemods.mods.to_async.annotations import Annotations
from codemods.mods.to_async.kinds import NUMBER, SCALAR, UNKNOWN, Kind
from codemods.program.values import Definition, Outside

if TYPE_CHECKING:
    from codemods.mods.codemod import Project
    from codemods.program import Module

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Models(Annotations):
    """Asked of classes."""

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._kinds: dict[Definition, Kind] = {}
        self._fields: dict[Definition, dict[str, Kind] | None] = {}

    def forget(self) -> None:
        """Drop what may only be half known."""
        self._kinds.clear()
        self._fields.clear()

    def of_class(self, cls: Definition) -> Kind:
        """What an object of a class of the project is."""
        if cls.scope not in self.modules[cls.path].classes:
            return UNKNOWN
        bases = self.outside_bases(cls)
        if bases & {*self.known["models"]["enums"]}:
            body = [part for each in self.family(cls) for part in self.node_of(each).body]
            return UNKNOWN if any(isinstance(each, _FUNCTIONS) for each in body) else SCALAR
        return self._kinds[cls] if cls in self._kinds else self._of_model(cls)

    def _of_model(self, cls: Definition) -> Kind:
        self._kinds[cls] = Kind("object", cls=cls)
        fields = self.fields(cls)
        small = fields is not None and all(each.small for each in fields.values())
        self._kinds[cls] = Kind("object", small, cls)
        return self._kinds[cls]

    def outside_bases(self, cls: Definition) -> set[str]:
        """The classes from outside that a class inherits from."""
        return {each.name for each in self.project.calls.line(cls) if isinstance(each, Outside)}

    def node_of(self, cls: Definition) -> ast.ClassDef:
        """The class in its file's tree."""
        node = self.project.open(cls.path).nodes[cls.scope]
        assert isinstance(node, ast.ClassDef)  # noqa: S101 (only classes are asked for)
        return node

    def family(self, cls: Definition) -> list[Definition]:
        """A class with those of the project that it inherits from, nearest first."""
        return [each for each in self.project.calls.line(cls) if isinstance(each, Definition)]

    def is_whole(self, cls: Definition) -> bool:
        """Whether all bases that a class and those above it name are known."""
        return all(
            len(list(self.project.calls.bases(each))) == len(self.node_of(each).bases) for each in self.family(cls)
        )

    def is_model(self, cls: Definition) -> bool:
        """Whether a class is a pydantic one, whose fields are what their annotations say."""
        bases = self.outside_bases(cls)
        return bool(bases) and self.is_whole(cls) and bases <= {*self.known["models"]["bases"], "builtins.object"}

    def is_exception(self, cls: Definition) -> bool:
        """Whether a class is an exception, all of whose code is known."""
        bases = self.outside_bases(cls)
        return bool(bases) and self.is_whole(cls) and bases <= {*self.known["models"]["exceptions"]}

    def fields(self, cls: Definition) -> dict[str, Kind] | None:
        """The fields of a pydantic model; nothing where making or sending one may run code of the project's."""
        if cls not in self._fields:
            before = set(self._fields)
            # One that is asked for on the way is part of itself.
            self._fields[cls] = {}
            found = self._find_fields(cls)
            if found is None:
                # What was found on the way rests on it.
                self._fields = {
                    each: fields for each, fields in self._fields.items() if each in before or fields is None
                }
            self._fields[cls] = found
        return self._fields[cls]

    def _find_fields(self, cls: Definition) -> dict[str, Kind] | None:
        bases = self.outside_bases(cls)
        if not bases or not self.is_whole(cls) or not bases <= set(self.known["models"]["sent"]):
            return None
        found: dict[str, Kind] = {}
        for each in self.family(cls):
            node, module = self.node_of(each), self.modules[each.path]
            if node.decorator_list or node.keywords:
                return None
            for statement in node.body:
                match statement:
                    case ast.AnnAssign(target=ast.Name(id=name), annotation=note, value=value):
                        if not (
                            self.is_quick(module, each.scope, note) and self._is_default(module, each.scope, value)
                        ):
                            return None
                        found.setdefault(name, self.annotated(module, each.scope, note))
                    case _ if not _says_nothing(statement):
                        return None
        return found

    def _is_default(self, module: Module, scope: int, value: ast.expr | None) -> bool:
        """Whether a field's default is a constant, or made by something quick."""
        match value:
            case ast.Call(func=function, keywords=keywords):
                if self.outside(module, scope, dotted(function)) not in self.known["models"]["fields"]:
                    return False
                made = [each.value for each in keywords if each.arg == "default_factory"]
                return all(self.outside(module, scope, dotted(each)) in self.known["functions"] for each in made)
            case None | ast.Constant() | ast.Attribute() | ast.Name():
                return True
            case ast.List(elts=[]) | ast.Dict(keys=[]):
                return True
        return False

    def field(self, cls: Definition, name: str) -> Kind | None:
        """What a field of a pydantic model is, or a constant of any class; nothing where it is neither."""
        checked = self.is_model(cls)
        for each in self.family(cls):
            module = self.modules[each.path]
            if (each.scope, name) in module.set_on_self:
                return UNKNOWN
            for statement in self.node_of(each).body:
                match statement:
                    case ast.AnnAssign(target=ast.Name(id=target), annotation=note) if target == name and checked:
                        return self.annotated(module, each.scope, note)
                    case ast.Assign(targets=[ast.Name(id=target)], value=ast.Constant(value=value)) if target == name:
                        return constant(value)
                    case ast.AnnAssign(target=ast.Name(id=target), value=ast.Constant(value=value)) if target == name:
                        return constant(value)
        return None


def constant(value: object) -> Kind:
    """What a constant is."""
    return NUMBER if isinstance(value, bool | int | float) else SCALAR


def _says_nothing(statement: ast.stmt) -> bool:
    """Whether a statement in a model's body is about none of its fields, and runs nothing when one is made."""
    match statement:
        case ast.FunctionDef(name=name, decorator_list=[]):
            return not name.startswith(("__", "model_post"))
        case ast.Assign(targets=[ast.Name(id="model_config")]) | ast.ClassDef(name="Config"):
            # More fields than are written there could be of any size.
            return "allow" not in ast.dump(statement) and not any(map(_is_code, ast.walk(statement)))
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Assign(value=ast.Constant()):
            return True
    return False


def _is_code(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
