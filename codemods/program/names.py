"""What names stand for: through scopes, imports, re-exports, stars, definitions with their decorators, parameters."""

from __future__ import annotations

import builtins
import posixpath
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.program.asking import Asking
from codemods.program.values import (
    NOTHING,
    Decorated,
    Definition,
    File,
    Instance,
    Many,
    Offloaded,
    Outside,
    Table,
    union,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codemods.facts import Binding, Expr, Function
    from codemods.program.link import Module
    from codemods.program.values import Value, Values

_ON_CLASS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
# Annotations that say nothing about what is passed.
_VAGUE = frozenset({"Any", "object", "typing.Any", "builtins.object"})


class Names(Asking):
    """Names."""

    def named(self, module: Module, scope: int, dotted: str, line: int = 0) -> Values:
        """What a dotted name stands for."""
        first, _, rest = dotted.partition(".")
        found = self.bindings(module, scope, first, line)
        values = NOTHING
        if found is None:
            values = self.unbound(module, first)
        elif all(binding.kind == "import" for binding in found):
            return union(*(self.imported(module, f"{b.target}.{rest}" if rest else b.target) for b in found))
        else:
            values = union(*(self.bound(module, binding) for binding in found))
        for part in rest.split(".") if rest else ():
            values = union(*(self.attribute(value, part) for value in values))
        return values

    def bindings(self, module: Module, scope: int, name: str, line: int) -> Sequence[Binding] | None:
        """The bindings that a read of a name on some line may see; None where nothing binds it."""
        holder = module.holder(scope, name)
        if holder is None:
            return None
        found = module.names[holder, name]
        if len(found) == 1 or not line or module.function_of(scope) != holder or not holder:
            return found
        before = [binding.line for binding in found if binding.plain and binding.line < line]
        if not before:
            return found
        last = max(before)
        return [binding for binding in found if (binding.line == last if binding.plain else binding.line > last)]

    def bound(self, module: Module, binding: Binding) -> Values:
        """What one binding gives to its name."""
        if binding.kind == "import":
            return self.imported(module, binding.target)
        if binding.kind == "none":
            return NOTHING
        key = ("bound", module.path, id(binding))
        return self.once(key, module.path, lambda: self._bound(module, binding))

    def _bound(self, module: Module, binding: Binding) -> Values:
        if binding.kind in {"def", "class"}:
            scope = module.opened_by.get((binding.within, binding.name, binding.line))
            if scope is None:
                return NOTHING
            defined: Value = Definition(module.path, scope)
            function = module.functions.get(scope)
            return self.decorated(module, function, binding, defined) if function else frozenset({defined})
        if binding.kind == "parameter":
            return self.parameter(module, binding.scope, binding.name)
        if binding.annotation is not None:
            values = self.annotated(module, binding.within, binding.annotation)
            if values:
                return values
        return self.of(module, binding.within, binding.value, binding.line)

    def decorated(self, module: Module, function: Function, binding: Binding, defined: Value) -> Values:
        """A function as its decorators leave it. Decorators from outside are taken to call it when it is called."""
        offloads = catalog.frameworks().offloads
        for decorator in reversed(function.decorators):
            for value in self.of(module, binding.within, decorator, binding.line):
                if isinstance(value, Outside) and value.name in offloads:
                    defined = Offloaded(defined)
                elif isinstance(value, Definition) and (wrapper := self.wrapper(value)):
                    defined = Decorated(wrapper, defined, value)
        return frozenset({defined})

    def wrapper(self, decorator: Definition) -> Definition | None:
        """The function that a decorator of the project puts in place of the one it is given."""
        module = self.module(decorator.path)
        function = module.functions.get(decorator.scope)
        for result in function.results if function else ():
            for value in self.of(module, decorator.scope, result):
                if isinstance(value, Definition) and value.path == decorator.path and value.scope in module.functions:
                    inner = module.facts.scopes[value.scope].parent
                    if inner == decorator.scope:
                        return value
        return None

    # Parameters

    def parameter(self, module: Module, scope: int, name: str) -> Values:
        """What a parameter may be: what its annotation, its default, or the calls of its function say."""
        return self.once(
            ("parameter", module.path, scope, name), module.path, lambda: self._parameter(module, scope, name)
        )

    def _parameter(self, module: Module, scope: int, name: str) -> Values:
        function = module.functions[scope]
        position, parameter = next((n, p) for n, p in enumerate(function.parameters) if p.name == name)
        parent = module.facts.scopes[scope].parent
        if position == 0 and parent >= 0 and module.facts.scopes[parent].kind == "class":
            names = {d for d in function.decorators if isinstance(d, str)}
            if "staticmethod" not in names and parameter.kind == "positional":
                owner = Definition(module.path, parent)
                own = module.facts.scopes[scope].qualname.rpartition(".")[2]
                return frozenset({owner if "classmethod" in names or own in _ON_CLASS else Instance(owner)})
        values = self.annotated(module, parent, parameter.annotation) if parameter.annotation is not None else NOTHING
        if parameter.kind == "*":
            return frozenset({Many(values)})
        if parameter.kind == "**":
            return frozenset({Table(values)})
        if not values and parameter.default is not None:
            values = self.of(module, parent, parameter.default, module.facts.scopes[scope].line)
        if not values and (parameter.annotation is None or parameter.annotation in _VAGUE):
            values = self.passed(Definition(module.path, scope), name)
        return values

    # Other modules, and names that nothing in the file binds

    def imported(self, module: Module, target: str) -> Values:
        """What an imported name stands for."""
        relative = target.startswith(".")
        if not relative and self.program.layout.shadows(module.path, target):
            return NOTHING
        found = self.program.find(module, target)
        if found is None:
            return NOTHING if relative else self._outside(target)
        path, rest = found
        if path not in self.program.modules:
            return NOTHING
        return self.inside(path, rest) if rest else frozenset({File(path)})

    def _outside(self, name: str) -> Values:
        """A name from outside; a module with objects in it (`openai.chat`) is followed step by step."""
        root, _, rest = name.partition(".")
        if not rest or self.knowledge.type(root) is None:
            return frozenset({Outside(self.knowledge.canonical(name))})
        values: Values = frozenset({Outside(root)})
        for part in rest.split("."):
            values = union(*(self.attribute(value, part) for value in values))
        return values

    def inside(self, path: str, name: str) -> Values:
        """What a name stands for in a module of the project."""
        module = self.module(path)
        return self.once(("inside", path, name), path, lambda: self.named(module, 0, name))

    def submodule(self, path: str, name: str) -> Values:
        """A module inside a package."""
        if posixpath.basename(path) != "__init__.py":
            return NOTHING
        found = self.program.layout.below(posixpath.dirname(path), name)
        return frozenset({File(found[0])}) if found and not found[1] and found[0] in self.program.modules else NOTHING

    def unbound(self, module: Module, name: str) -> Values:
        """A name from a star import, or a builtin."""
        values = NOTHING
        for star in module.facts.stars:
            found = self.program.find(module, star)
            if found is None:
                if not star.startswith(".") and not hasattr(builtins, name):
                    values |= {Outside(self.knowledge.canonical(f"{star}.{name}"))}
            elif found[0] in self.program.modules and not name.startswith("_"):
                values |= self._starred(found[0], name)
        if not values and module.holder(0, name) is None and hasattr(builtins, name):
            values = frozenset({Outside(f"builtins.{name}")})
        return values

    def _starred(self, path: str, name: str) -> Values:
        other = self.module(path)
        if (0, name) in other.names or other.facts.stars:
            return self.once(("inside", path, name), path, lambda: self._without_builtins(other, name))
        return NOTHING

    def _without_builtins(self, other: Module, name: str) -> Values:
        values = self.named(other, 0, name)
        return frozenset(v for v in values if not (isinstance(v, Outside) and v.name == f"builtins.{name}"))

    def scope_values(self, module: Module, scope: int, shapes: Sequence[Expr], line: int = 0) -> Values:
        """What any of several expressions stands for."""
        return union(*(self.of(module, scope, shape, line) for shape in shapes))
