"""Attributes: of classes and their bases, interfaces, what methods set on `self`, modules, objects from outside."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts import base_names, store_end
from codemods.program.annotations import Annotations
from codemods.program.values import (
    NOTHING,
    Bound,
    Definition,
    File,
    Giving,
    Instance,
    Many,
    Method,
    Outside,
    Parent,
    Row,
    Table,
    Thing,
    union,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Binding, Function
    from codemods.program.link import Module
    from codemods.program.values import Value, Values

_PROPERTIES = frozenset({"property", "cached_property", "hybrid_property", "computed_field", "abstractproperty"})
_STATIC = frozenset({"staticmethod"})
_ON_CLASS = frozenset({"classmethod"})
_INTERFACES = frozenset({"Protocol", "ABC", "ABCMeta"})
_STATES = frozenset({"starlette.datastructures.State", "sanic.Sanic.ctx"})
_ELEMENT_METHODS = frozenset({"pop", "popleft", "__getitem__"})
_MOST_IMPLEMENTATIONS = 30


class Classes(Annotations):
    """Attributes."""

    def attribute(self, value: Value, name: str) -> Values:
        """An attribute of a value."""
        match value:
            case Outside():
                return self._of_outside(value, name)
            case Thing():
                return self._of_thing(value, name)
            case File():
                return self.inside(value.path, name) or self.submodule(value.path, name)
            case Instance() | Definition():
                return self.member(value, name)
            case Parent():
                return self._of_parent(value, name)
            case Many() if name in _ELEMENT_METHODS:
                return frozenset({Giving(value.items)})
            case Many() if name in {"copy", "__iter__"}:
                return frozenset({Giving(frozenset({value}))})
            case Table() if name in {"get", "pop", "setdefault", "__getitem__"}:
                return frozenset({Giving(value.items)})
            case Table() if name == "values":
                return frozenset({Giving(frozenset({Many(value.items)}))})
            case Table() if name == "items":
                return frozenset({Giving(frozenset({Many(frozenset({Row((NOTHING, value.items))}))}))})
            case Method() if self.every(value):
                return frozenset({Method(value.owner, value.type, f"{value.name}.{name}")})
        return NOTHING

    def every(self, method: Method) -> bool:
        """Whether its class is one whose every method blocks."""
        return any((known := self.knowledge.type(each)) and known.every for each in self.knowledge.line(method.type))

    def _of_outside(self, value: Outside, name: str) -> Values:
        given = self.knowledge.attribute(value.name, name)
        if given:
            return self.typed(given, value)
        return frozenset({Outside(self.knowledge.canonical(f"{value.name}.{name}"))})

    def _of_thing(self, value: Thing, name: str) -> Values:
        given = self.knowledge.attribute(value.type, name)
        if given:
            return self.typed(given, value)
        if value.type in _STATES:
            return self.state(name)
        return frozenset({Method(value, value.type, name)})

    # Classes of the project

    def line(self, cls: Definition) -> tuple[Definition | Outside, ...]:
        """A class and those that it inherits from, nearest first."""
        values = self.once(
            ("line", cls), cls.path, lambda: frozenset({Row((frozenset({v}),)) for v in self._line(cls)})
        )
        if not values:
            return (cls,)
        return self._lines.get(cls, (cls,))

    @cached_property
    def _lines(self) -> dict[Definition, tuple[Definition | Outside, ...]]:
        return {}

    def _line(self, cls: Definition) -> tuple[Definition | Outside, ...]:
        found: list[Definition | Outside] = [cls]
        for base in self.bases(cls):
            above = self.line(base) if isinstance(base, Definition) else (base,)
            found = [each for each in found if each not in above] + list(above)
        self._lines[cls] = tuple(found)
        return tuple(found)

    def bases(self, cls: Definition) -> Iterator[Definition | Outside]:
        """The classes that a class names as its bases."""
        module = self.module(cls.path)
        parent = module.facts.scopes[cls.scope].parent
        for base in module.classes[cls.scope].bases:
            shape = base[1] if isinstance(base, tuple) and base[0] == "item" else base
            for value in sorted(self.of(module, parent, shape, module.facts.scopes[cls.scope].line), key=repr):
                if isinstance(value, Outside):
                    yield value
                elif isinstance(value, Thing):
                    yield Outside(value.type)
                elif isinstance(value, Definition) and value != cls and self.is_class(value):
                    yield value

    def is_class(self, value: Definition) -> bool:
        """Whether a definition is a class."""
        return value.scope in self.module(value.path).classes

    def member(self, owner: Instance | Definition, name: str) -> Values:
        """An attribute of an object of the project, or of one of its classes."""
        return self.once(("member", owner, name), _class(owner).path, lambda: self._member(owner, name))

    def _member(self, owner: Instance | Definition, name: str) -> Values:
        cls = _class(owner)
        if not self.is_class(cls):
            return NOTHING
        for each in self.line(cls):
            values = self._defined(each, owner, name)
            if values is not None:
                return values
        return self.below(cls, owner, name)

    def _defined(self, cls: Definition | Outside, owner: Instance | Definition, name: str) -> Values | None:
        return self._inherited(cls, owner, name) if isinstance(cls, Outside) else self.own(cls, owner, name)

    def _inherited(self, base: Outside, owner: Instance | Definition, name: str) -> Values | None:
        if self.knowledge.attribute(base.name, name):
            return self.typed(self.knowledge.attribute(base.name, name), owner)
        known = self.knowledge
        taught = known.member(base.name, name) or known.given(base.name, name) or known.taught(f"{base.name}.{name}")
        if taught or catalog.threads().registers(base.name, name):
            return frozenset({Method(owner, base.name, name)})
        return None

    def own(self, cls: Definition, owner: Value, name: str) -> Values | None:
        """An attribute that a class itself defines, seen on an object; None where it does not define it."""
        module = self.module(cls.path)
        body = module.names.get((cls.scope, name), ())
        stores = module.set_on_self.get((cls.scope, name), ())
        if not body and not stores:
            return None
        values = NOTHING
        functions = [binding for binding in body if binding.kind == "def"]
        for binding in functions[-1:]:
            values |= self._method(module, cls, binding, owner)
        for binding in body:
            if binding.kind not in {"def", "none"}:
                values |= self.bound(module, binding)
        for store in stores:
            values |= self.stored(module, store)
        return values

    def stored(self, module: Module, store: Binding) -> Values:
        """What is assigned to an attribute at one place."""
        key = ("stored", module.path, id(store))
        return self.once(key, module.path, lambda: self._stored(module, store))

    def _stored(self, module: Module, store: Binding) -> Values:
        values = NOTHING
        if store.annotation is not None:
            values = self.annotated(module, store.within, store.annotation)
        return values or self.of(module, store.within, store.value, store.line)

    def _method(self, module: Module, cls: Definition, binding: Binding, owner: Value) -> Values:
        scope = module.opened_by.get((binding.within, binding.name, binding.line))
        function = module.functions.get(scope) if scope is not None else None
        if function is None or scope is None:
            return NOTHING
        implementations = [Definition(module.path, scope)]
        if function.abstract:
            implementations += self.implementations(cls, binding.name)
        values = NOTHING
        for each in implementations:
            other = self.module(each.path)
            about = other.functions[each.scope]
            defined = self.bound(other, self.binding_of(other, each.scope)) if about.decorators else frozenset({each})
            for value in defined:
                values |= self._on(value, about, owner if each.scope == scope and each.path == cls.path else None, each)
        return values

    def _on(self, value: Value, about: Function, owner: Value | None, at: Definition) -> Values:
        """A function found in a class, as an attribute of an object."""
        names = decorator_names(about)
        if owner is None:
            parent = self.module(at.path).facts.scopes[at.scope].parent
            owner = Instance(Definition(at.path, parent))
        if names & _PROPERTIES and isinstance(value, Definition):
            return self.result(Bound(value, owner)) if not isinstance(owner, Definition) else NOTHING
        if names & _STATIC or not isinstance(value, Definition):
            return frozenset({value})
        if names & _ON_CLASS and isinstance(owner, Instance):
            return frozenset({Bound(value, owner.of)})
        if isinstance(owner, Definition) and not names & _ON_CLASS:
            return frozenset({value})
        return frozenset({Bound(value, owner)})

    def binding_of(self, module: Module, scope: int) -> Binding:
        """The binding of a function or class."""
        about = module.facts.scopes[scope]
        name = about.qualname.rpartition(".")[2]
        found = module.names.get((about.parent, name), ())
        fallback = next(b for b in module.facts.bindings if b.name == name and b.line == about.line)
        return next((b for b in found if b.line == about.line and b.within == about.parent), fallback)

    def is_property(self, function: Definition) -> bool:
        """Whether reading an attribute calls this function."""
        about = self.module(function.path).functions.get(function.scope)
        return about is not None and bool(decorator_names(about) & _PROPERTIES)

    def result(self, value: Value) -> Values:
        """What calling a function of the project gives."""
        raise NotImplementedError

    def typed(self, text: str, receiver: Value) -> Values:
        """What a type expression of the catalogue means."""
        raise NotImplementedError

    def _of_parent(self, value: Parent, name: str) -> Values:
        for each in self.line(value.of)[1:]:
            if isinstance(each, Outside):
                found = self._inherited(each, value.of, name)
            else:
                found = self.own(each, value.owner, name)
            if found is not None:
                return found
        return NOTHING

    # Interfaces

    def below(self, cls: Definition, owner: Value, name: str) -> Values:
        """An attribute that only the subclasses of a class have."""
        if isinstance(owner, Definition):
            return NOTHING
        found = NOTHING
        for each in self.subclasses(cls):
            found |= self.own(each, Instance(each), name) or NOTHING
        return found

    def implementations(self, cls: Definition, name: str) -> list[Definition]:
        """The functions that stand in for an abstract method: in subclasses, or in classes of a protocol's shape."""
        candidates = list(self.subclasses(cls))
        if not candidates and self.is_protocol(cls):
            candidates = self.shaped_like(cls)
        asked = self._kinds(cls, name)
        found: list[Definition] = []
        for each in candidates[:_MOST_IMPLEMENTATIONS]:
            module = self.module(each.path)
            for binding in module.names.get((each.scope, name), ()):
                scope = module.opened_by.get((binding.within, binding.name, binding.line))
                if scope is None or scope not in module.functions or module.functions[scope].abstract:
                    continue
                if module.facts.scopes[scope].kind in asked:
                    found.append(Definition(each.path, scope))
        return found

    def _kinds(self, cls: Definition, name: str) -> frozenset[str]:
        """Whether a method of a class is a coroutine: what stands in for it is of the same kind."""
        return frozenset(kind for kind, _ in self._shapes(cls, name))

    def _shapes(self, cls: Definition, name: str) -> frozenset[tuple[str, tuple[str, ...]]]:
        """The kind of a method, and the names of its parameters."""
        module = self.module(cls.path)
        found = set()
        for binding in module.names.get((cls.scope, name), ()):
            scope = module.opened_by.get((binding.within, binding.name, binding.line))
            if scope is not None and scope in module.functions:
                parameters = tuple(each.name for each in module.functions[scope].parameters)
                found.add((module.facts.scopes[scope].kind, parameters))
        return frozenset(found)

    def is_protocol(self, cls: Definition) -> bool:
        """Whether a class is a `typing.Protocol`."""
        return any(isinstance(each, Outside) and each.name.endswith(".Protocol") for each in self.line(cls))

    def subclasses(self, cls: Definition) -> tuple[Definition, ...]:
        """The classes of the project that inherit from a class, at any distance."""
        if cls not in self._subclasses:
            self._subclasses[cls] = (), 0
            outer, self.rests_on = self.rests_on, 0
            name = self.module(cls.path).facts.scopes[cls.scope].qualname.rpartition(".")[2]
            found: dict[Definition, None] = {}
            for each in self._classes_by_base(name):
                if each != cls and cls in set(self.bases(each)) and not self._in_test(each, cls):
                    found[each] = None
                    found |= dict.fromkeys(self.subclasses(each))
            self._subclasses[cls] = tuple(found), self.rests_on
            self.rests_on |= outer
        known, rests_on = self._subclasses[cls]
        self.rests_on |= rests_on
        return known

    @cached_property
    def _subclasses(self) -> dict[Definition, tuple[tuple[Definition, ...], int]]:
        return {}

    def _in_test(self, each: Definition, cls: Definition) -> bool:
        """A double that tests put in place of the real thing."""
        return is_test(each.path) and not is_test(cls.path)

    def _classes_by_base(self, name: str) -> Iterator[Definition]:
        """The classes that name a base like this, or import theirs from something called like this."""
        self.rests_on |= self.bit(f"bases {name}")
        for module in self._modules_by_base.get(name, ()):
            imported = {b.name: b.target for b in module.facts.bindings if b.kind == "import"}
            for each in module.facts.classes:
                if name in base_names(each, imported):
                    yield Definition(module.path, each.scope)

    @cached_property
    def _modules_by_base(self) -> dict[str, list[Module]]:
        found: dict[str, list[Module]] = {}
        for module in self.program.modules.values():
            for name in module.summary.bases:
                found.setdefault(name, []).append(module)
        return found

    def shaped_like(self, protocol: Definition) -> list[Definition]:
        """The classes that have all the methods of a protocol."""
        module = self.module(protocol.path)
        wanted = {
            name
            for (scope, name), found in module.names.items()
            if scope == protocol.scope and any(binding.kind == "def" for binding in found)
        }
        if not wanted:
            return []
        for name in wanted:
            self.rests_on |= self.bit(f"methods {name}")
        candidates = [m for m in self.program.modules.values() if wanted <= m.summary.methods]
        return [
            each
            for module in candidates
            for each in (Definition(module.path, head.scope) for head in module.facts.classes)
            if each != protocol and not self._in_test(each, protocol) and self._has_all(each, protocol, wanted)
        ]

    def _has_all(self, cls: Definition, protocol: Definition, wanted: set[str]) -> bool:
        """A name alone says little: the parameters have to be the same as well."""
        return all(self._shapes(cls, name) & self._shapes(protocol, name) for name in wanted)

    # What applications keep: app.state.x, app["x"]

    def state(self, name: str) -> Values:
        """What the project keeps under a name in an application's state."""
        return self.once(("state", name), "", lambda: self._kept(f"state.{name}"))

    def kept_item(self, key: str) -> Values:
        """What the project keeps under a key of an application."""
        return self.once(("item", key), "", lambda: self._kept(f"app[{key}]"))

    def _kept(self, end: str) -> Values:
        found = NOTHING
        self.rests_on |= self.bit(f"stores {end}")
        for module in self.program.modules.values():
            if end in module.summary.stores:
                found |= union(*(self.stored(module, each) for each in module.facts.stores if store_end(each) == end))
        return found


def _class(owner: Instance | Definition) -> Definition:
    return owner.of if isinstance(owner, Instance) else owner


def decorator_names(function: Function) -> frozenset[str]:
    """The last parts of the names of a function's decorators."""
    return frozenset(each.rpartition(".")[2] for each in function.decorators if isinstance(each, str))


def is_test(path: str) -> bool:
    """Whether a file belongs to a project's tests."""
    parts = path.split("/")
    last = parts[-1]
    return last.startswith("test_") or last.endswith("_test.py") or last == "conftest.py" or "tests" in parts[-4:-1]
