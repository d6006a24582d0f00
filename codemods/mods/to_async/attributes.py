"""What reading a name or an attribute takes, and what it gives."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codemods.facts.values import dotted
from codemods.mods.to_async.kinds import NUMBER, SCALAR, SMALL_LIST, UNKNOWN, HeldError, Kind, given, shown
from codemods.mods.to_async.models import Models, constant
from codemods.program.values import Definition, Outside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codemods.program import Module


@dataclass(slots=True)
class Frame:
    """A function that is being looked at: what its names are so far, and which calls led to it."""

    module: Module
    scope: int
    names: dict[str, Kind] = field(default_factory=dict)
    """Its own ones, as far as they have a value."""
    entered: tuple[Definition, ...] = ()
    looping: bool = False
    """Whether it is inside a loop, or called from one."""
    changing: frozenset[str] = frozenset()
    """The names that the loop sets, or puts something into."""
    filled: frozenset[str] = frozenset()
    """Those that it puts something into."""
    of: Definition | None = None
    """The class whose object `self` is."""


class Attributes(Models):
    """Names and attributes."""

    def read(self, frame: Frame, node: ast.Name | ast.Attribute) -> Kind:
        """What a name or an attribute gives."""
        name = dotted(node)
        first = name.partition(".")[0]
        if first in frame.names and isinstance(node, ast.Name):
            return frame.names[first]
        if name and first not in frame.names and frame.module.holder(frame.scope, first) in {0, None}:
            found = self._of_module(frame, node, name)
            if found is not None:
                return found
        if isinstance(node, ast.Attribute):
            return self._attribute(frame, node, self.value(frame, node.value))
        return UNKNOWN

    def _of_module(self, frame: Frame, node: ast.expr, name: str) -> Kind | None:
        """A name of the module, or of another one; nothing where it is an attribute of some object."""
        outside = self.outside(frame.module, frame.scope, name)
        if outside:
            owner, _, last = outside.rpartition(".")
            if outside in self.known["values"]:
                return given(self.known["values"][outside])
            if owner in self.known["numbers"]["names"] and last.isupper():
                return NUMBER
            if owner == "builtins" or isinstance(node, ast.Name):
                return UNKNOWN
            raise HeldError(node, f"reads `{name}`, which is not known to be quick")
        place = self.assigned(frame.module, frame.scope, name)
        if place is not None or isinstance(node, ast.Name):
            return self._made(*place) if place is not None else UNKNOWN
        owner, _, last = name.rpartition(".")
        cls = self.definition(frame.module, frame.scope, owner)
        if cls is not None and cls.scope in self.modules[cls.path].classes:
            found = SCALAR if self.of_class(cls) == SCALAR and last.isupper() else self.field(cls, last)
            if found is None or any(self.node_of(each).keywords for each in self.family(cls)):
                raise HeldError(node, f"reads `{name}`, and it is not known what that does")
            return found
        return None

    def _made(self, module: Module, node: ast.expr) -> Kind:
        """What a module has made when it was imported."""
        match node:
            case ast.Constant(value=value):
                return constant(value)
            case ast.Dict() | ast.DictComp():
                return Kind("dict")
            case ast.List() | ast.Set() | ast.ListComp() | ast.SetComp():
                return Kind("list")
            case ast.Tuple(elts=parts) if all(isinstance(each, ast.Constant) for each in parts):
                return SMALL_LIST
            case ast.Call(func=function):
                return self._called_at_import(module, dotted(function))
        return UNKNOWN

    def _called_at_import(self, module: Module, name: str) -> Kind:
        found = self.definition(module, 0, name)
        if found is None:
            outside = self.outside(module, 0, name)
            return given(self.known["functions"].get(outside, "")) if outside in self.known["functions"] else UNKNOWN
        if found.scope in self.modules[found.path].classes:
            return self.of_class(found)
        node = self.project.open(found.path).nodes[found.scope]
        results = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
        other = self.modules[found.path]
        if len(results) == 1 and isinstance(results[0], ast.Call):
            cls = self.definition(other, found.scope, dotted(results[0].func))
            if cls is not None and cls.scope in self.modules[cls.path].classes:
                return self.of_class(cls)
        return UNKNOWN

    def _attribute(self, frame: Frame, node: ast.Attribute, owner: Kind) -> Kind:
        name = node.attr
        if owner.sort in {"number", "scalar"} and name in self.known["scalar"]["attributes"]:
            return SCALAR
        if owner.sort == "thing":
            attributes: Mapping[str, str] = self.known["types"][owner.type].get("attributes", {})
            if name in attributes:
                return given(attributes[name])
        if owner.sort == "object" and owner.cls is not None:
            return self._of_object(frame, node, owner, owner.cls)
        raise HeldError(node, f"reads `{shown(node)}`, and it is not known what that does")

    def _of_object(self, frame: Frame, node: ast.Attribute, owner: Kind, cls: Definition) -> Kind:
        """A field, a constant or a property of an object."""
        for each in (*self.family(cls), *self.project.calls.subclasses(cls)):
            module = self.modules[each.path]
            if any((each.scope, special) in module.names for special in ("__getattr__", "__getattribute__")):
                raise HeldError(node, f"reads `{shown(node)}`, for which its class has code of its own")
            if each not in self.family(cls) and (each.scope, node.attr) in module.names:
                raise HeldError(node, f"reads `{shown(node)}`, which a subclass may do in another way")
        strange = [
            each.name
            for each in self.project.calls.line(cls)
            if isinstance(each, Outside)
            and each.name
            not in {*self.known["models"]["bases"], *self.known["models"]["exceptions"], "builtins.object"}
        ]
        if strange or not self.is_whole(cls):
            base = strange[0] if strange else "an unknown class"
            raise HeldError(node, f"reads `{shown(node)}` of a class that inherits from {base}")
        method = self.method_of(cls, node.attr)
        if method is not None:
            about = self.modules[method.path].functions[method.scope]
            if about.decorators == ("property",) and about.parameters:
                return self.entered(frame, node, method, {about.parameters[0].name: owner})
            raise HeldError(node, f"reads `{shown(node)}`, and it is not known what that does")
        found = self.field(cls, node.attr)
        if found is None:
            raise HeldError(node, f"reads `{shown(node)}`, and it is not known what that does")
        return found

    def method_of(self, cls: Definition, name: str) -> Definition | None:
        """A method that a class of the project has or inherits."""
        for each in self.family(cls):
            module = self.modules[each.path]
            for binding in module.names.get((each.scope, name), ()):
                scope = module.opened_by.get((binding.within, name, binding.line))
                if scope is not None and scope in module.functions:
                    return Definition(each.path, scope)
        return None

    def method(self, node: ast.AST, owner: Kind, name: str) -> Kind:
        """A method of a thing from outside."""
        methods: Mapping[str, str] = self.known["types"][owner.type].get("methods", {})
        if name not in methods:
            raise HeldError(node, f"has `{shown(node)}`, which is not known to be quick")
        return given(methods[name])

    # What the floors above know

    def value(self, frame: Frame, node: ast.expr) -> Kind:
        """What an expression gives."""
        raise NotImplementedError

    def entered(self, frame: Frame, node: ast.AST, function: Definition, names: dict[str, Kind]) -> Kind:
        """What a function of the project gives, once it is proven as well."""
        raise NotImplementedError
