"""What names, annotations and classes of the project say about values."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts.values import dotted
from codemods.mods.to_async.kinds import NUMBER, SCALAR, UNKNOWN, Kind, given, joined
from codemods.program.values import Definition, Outside

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from codemods.mods.codemod import Project
    from codemods.program import Module

_LISTS = frozenset(
    {"list", "List", "set", "Set", "frozenset", "FrozenSet", "tuple", "Tuple", "Sequence", "Iterable", "Collection"}
)
_DICTS = frozenset({"dict", "Dict", "Mapping", "MutableMapping"})
_TYPING = frozenset({"builtins", "collections", "typing", "typing_extensions"})
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Classes:
    """Asked of names, of annotations and of classes."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.modules = project.program.modules
        self._kinds: dict[Definition, Kind] = {}
        self._fields: dict[Definition, dict[str, Kind] | None] = {}

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

    def assigned(self, module: Module, scope: int, name: str) -> tuple[Module, ast.expr] | None:
        """The value that a name of a module is given, where that happens once and at the module's top."""
        owner, _, last = name.rpartition(".")
        if owner:
            meaning = self.project.program.resolve(module, scope, owner).only
            inside = meaning is not None and bool(meaning.module) and not meaning.name
            return self.assigned(self.modules[meaning.module], 0, last) if meaning is not None and inside else None
        if module.holder(scope, name) != 0 or len(module.names[0, name]) != 1:
            return None
        (binding,) = module.names[0, name]
        if binding.kind == "import":
            place = self.project.program.find(module, binding.target)
            if place is None or not place[1].isidentifier() or place[0] not in self.modules or place[0] == module.path:
                return None
            return self.assigned(self.modules[place[0]], 0, place[1])
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
        alias = self.assigned(module, scope, name) if name else None
        return self.annotated(alias[0], 0, alias[1]) if alias is not None else UNKNOWN

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
        alias = self.assigned(module, scope, name) if name else None
        return alias is not None and self.is_quick(alias[0], 0, alias[1])

    # Classes

    def of_class(self, cls: Definition) -> Kind:
        """What an object of a class of the project is."""
        if cls.scope not in self.modules[cls.path].classes:
            return UNKNOWN
        bases = self.outside_bases(cls)
        if bases & {*self.known["models"]["enums"]}:
            body = self.node_of(cls).body
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


def _is_dots(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis
