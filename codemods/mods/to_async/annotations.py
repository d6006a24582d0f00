"""What names and annotations of the project say about values."""

from __future__ import annotations

import ast
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts.values import dotted
from codemods.mods.to_async.kinds import NUMBER, SCALAR, UNKNOWN, Kind, given, joined
from codemods.program.values import Definition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from codemods.mods.codemod import Project
    from codemods.program import Module

_LISTS = frozenset(
    {"list", "List", "set", "Set", "frozenset", "FrozenSet", "tuple", "Tuple", "Sequence", "Iterable", "Collection"}
)
_DICTS = frozenset({"dict", "Dict", "Mapping", "MutableMapping"})
_TYPING = frozenset({"builtins", "collections", "typing", "typing_extensions"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Annotations:
    """Asked of names and of annotations."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.modules = project.program.modules
        self._following: set[tuple[str, int, str]] = set()
        """The names that are being followed: one may stand for something that it is itself a part of."""

    @cached_property
    def known(self) -> Mapping[str, Any]:
        """What is known to be quick."""
        return catalog.quick()

    # Names

    def outside(self, module: Module, scope: int, name: str) -> str:
        """The documented name of what a dotted name stands for outside the project, where there is no doubt."""
        meaning = self.project.program.resolve(module, scope, name).only if name else None
        found = meaning.name if meaning is not None and not meaning.module else ""
        return str(self.known["same"].get(found, found))

    def definition(self, module: Module, scope: int, name: str) -> Definition | None:
        """The function or class of the project that a dotted name stands for, where there is no doubt."""
        meaning = self.project.program.resolve(module, scope, name).only if name else None
        if meaning is None or not meaning.module or not meaning.name:
            return None
        other = self.modules[meaning.module]
        same = [n for n, each in enumerate(other.facts.scopes) if each.qualname == meaning.name]
        found = [n for n in same if n in other.functions or n in other.classes]
        return Definition(meaning.module, found[0]) if len(found) == 1 else None

    def assigned(
        self, module: Module, scope: int, name: str, trail: tuple[str, ...] = ()
    ) -> tuple[Module, ast.expr] | None:
        """The value that a name of a module is given, where that happens once and at the module's top."""
        if f"{module.path} {name}" in trail:
            return None
        trail = (*trail, f"{module.path} {name}")
        owner, _, last = name.rpartition(".")
        if owner:
            meaning = self.project.program.resolve(module, scope, owner).only
            inside = meaning is not None and bool(meaning.module) and not meaning.name
            return self.assigned(self.modules[meaning.module], 0, last, trail) if meaning and inside else None
        if module.holder(scope, name) != 0 or len(module.names[0, name]) != 1:
            return None
        (binding,) = module.names[0, name]
        if binding.kind == "import":
            place = self.project.program.find(module, binding.target)
            if place is None or not place[1].isidentifier() or place[0] not in self.modules or place[0] == module.path:
                return None
            return self.assigned(self.modules[place[0]], 0, place[1], trail)
        for statement in self.project.open(module.path).tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    return module, value
                case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                    return module, value
        return None

    # Annotations

    def annotated(self, module: Module, scope: int, node: ast.expr | None) -> Kind:
        """What something with this annotation is, if it is what its annotation says."""
        match node:
            case ast.Constant(value=None):
                return SCALAR
            case ast.Constant(value=str(text)):
                try:
                    return self.annotated(module, scope, ast.parse(text.strip(), mode="eval").body)
                except (SyntaxError, ValueError):
                    return UNKNOWN
            case ast.Name() | ast.Attribute():
                return self._named(module, scope, dotted(node))
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return joined(self.annotated(module, scope, left), self.annotated(module, scope, right))
            case ast.Subscript(value=base, slice=key):
                keys = key.elts if isinstance(key, ast.Tuple) else [key]
                return self._parametrized(module, scope, dotted(base), keys)
        return UNKNOWN

    def _named(self, module: Module, scope: int, name: str) -> Kind:
        outside = self.outside(module, scope, name)
        package, _, last = outside.rpartition(".")
        if outside in self.known["scalars"]["numbers"]:
            return NUMBER
        if outside in self.known["scalars"]["others"]:
            return SCALAR
        if outside in self.known["types"]:
            return given(outside)
        if package.partition(".")[0] in _TYPING and last in _LISTS | _DICTS:
            return Kind("list" if last in _LISTS else "dict")
        cls = self.definition(module, scope, name)
        if cls is not None:
            return self.of_class(cls)
        with self.alias(module, scope, name) as alias:
            return self.annotated(alias[0], 0, alias[1]) if alias is not None else UNKNOWN

    @contextmanager
    def alias(self, module: Module, scope: int, name: str) -> Iterator[tuple[Module, ast.expr] | None]:
        """The annotation that a name stands for, while that is looked into."""
        key = (module.path, scope, name)
        if not name or key in self._following:
            yield None
            return
        self._following.add(key)
        try:
            yield self.assigned(module, scope, name)
        finally:
            self._following.discard(key)

    def _parametrized(self, module: Module, scope: int, base: str, keys: list[ast.expr]) -> Kind:
        outside = self.outside(module, scope, base)
        last = outside.rpartition(".")[2]
        if outside.partition(".")[0] not in _TYPING:
            return UNKNOWN
        if last == "Literal":
            return SCALAR
        if last == "Annotated":
            plain = all(self._is_note(module, scope, each) for each in keys[1:])
            return self.annotated(module, scope, keys[0]) if plain else UNKNOWN
        parts = [self.annotated(module, scope, each) for each in keys if not _is_dots(each)]
        if last in {"Optional", "Union"}:
            found = SCALAR if last == "Optional" else parts[0]
            for part in parts:
                found = joined(found, part)
            return found
        if last in _LISTS | _DICTS:
            return Kind("list" if last in _LISTS else "dict", item=parts[-1])
        return UNKNOWN

    def _is_note(self, module: Module, scope: int, node: ast.expr) -> bool:
        """Whether something that is added to an annotation only describes the value, or is a parameter's marker."""
        if isinstance(node, ast.Constant):
            return True
        outside = self.outside(module, scope, dotted(node.func if isinstance(node, ast.Call) else node))
        markers = self.known["markers"]
        return outside in {*markers["checked"], *markers["depends"], *self.known["models"]["fields"]}

    def is_quick(self, module: Module, scope: int, node: ast.expr) -> bool:
        """Whether checking a value against an annotation, as pydantic does, runs no code of the project's."""
        match node:
            case ast.Constant(value=str(text)):
                try:
                    return self.is_quick(module, scope, ast.parse(text.strip(), mode="eval").body)
                except (SyntaxError, ValueError):
                    return False
            case ast.Constant():
                return True
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self.is_quick(module, scope, left) and self.is_quick(module, scope, right)
            case ast.Subscript(value=base, slice=key):
                keys = key.elts if isinstance(key, ast.Tuple) else [key]
                last = self._typing(module, scope, dotted(base))
                if last == "Annotated":
                    notes = all(self._is_note(module, scope, each) for each in keys[1:])
                    return notes and self.is_quick(module, scope, keys[0])
                return last == "Literal" or (bool(last) and all(self.is_quick(module, scope, each) for each in keys))
            case ast.Name() | ast.Attribute():
                return self._is_quick_name(module, scope, dotted(node))
        return False

    def _typing(self, module: Module, scope: int, name: str) -> str:
        """The last name of what is a builtin or from `typing`."""
        package, _, last = self.outside(module, scope, name).rpartition(".")
        return last if package.partition(".")[0] in _TYPING else ""

    def _is_quick_name(self, module: Module, scope: int, name: str) -> bool:
        outside = self.outside(module, scope, name)
        if outside:
            scalars = self.known["scalars"]
            response = str(self.known["functions"].get(outside, "")).endswith(".Response")
            listed = outside in {*scalars["numbers"], *scalars["others"], *self.known["types"]} or response
            return listed or self._typing(module, scope, name) in {*_LISTS, *_DICTS, "Any", "object"}
        cls = self.definition(module, scope, name)
        if cls is not None:
            return self.of_class(cls) == SCALAR or self.fields(cls) is not None
        with self.alias(module, scope, name) as alias:
            return alias is not None and self.is_quick(alias[0], 0, alias[1])

    # What the floors above know

    def of_class(self, cls: Definition) -> Kind:
        """What an object of a class of the project is."""
        raise NotImplementedError

    def fields(self, cls: Definition) -> dict[str, Kind] | None:
        """The fields of a pydantic model; nothing where making or sending one may run code of the project's."""
        raise NotImplementedError


def _is_dots(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis
