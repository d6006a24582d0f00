"""What calls give, and what iterating and entering gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods import catalog
from codemods.program.builtin import Builtins
from codemods.program.values import (
    NOTHING,
    Bound,
    Decorated,
    Definition,
    Entered,
    Given,
    Giving,
    Instance,
    Later,
    Many,
    Method,
    Offloaded,
    Outside,
    Parent,
    Partial,
    Row,
    Running,
    Thing,
    union,
)

if TYPE_CHECKING:
    from codemods.catalog import TypeExpression
    from codemods.facts import Call, Expr
    from codemods.program.link import Module
    from codemods.program.values import Value, Values

# A line behind everything: all of a function's assignments have been made when it returns.
_END = 10**9


class Results(Builtins):
    """Calls."""

    def call_result(self, module: Module, number: int) -> Values:
        """What a call gives."""
        return self.once(("call", module.path, number), module.path, lambda: self._call_result(module, number))

    def _call_result(self, module: Module, number: int) -> Values:
        call = module.calls[number]
        given = given_by(module, call)
        return union(*(self.called(value, given) for value in self.callee(module, call)))

    def callee(self, module: Module, call: Call) -> Values:
        """What a call calls."""
        shape: Expr = call.callee or call.function
        if call.callee == "super":
            return self._super(module, call)
        if isinstance(shape, tuple) and shape[0] == "attr" and isinstance(shape[1], int):
            inner = module.calls.get(shape[1])
            if inner is not None and inner.callee == "super":
                values = self._super(module, inner)
                for part in str(shape[2]).split("."):
                    values = union(*(self.attribute(value, part) for value in values))
                return values
        return self.of(module, call.scope, shape, call.place[0])

    def _super(self, module: Module, call: Call) -> Values:
        scope = module.class_of(call.scope)
        if scope is None:
            return NOTHING
        owner = Definition(module.path, scope)
        return frozenset({Parent(owner, Instance(owner))})

    def called(self, value: Value, given: Given) -> Values:
        """What calling a value gives."""
        match value:
            case Outside():
                return self._outside_result(value, given)
            case Definition() if self.is_class(value):
                return frozenset({Instance(value)})
            case Definition() | Bound():
                return self.result(value)
            case Method():
                return self._method_result(value, given)
            case Thing():
                text = self.knowledge.given(value.type, "__call__")
                return self.typed(text, value, given) if text else NOTHING
            case Instance():
                return union(*(self.called(each, given) for each in self.member(value, "__call__")))
            case Decorated():
                return self._decorated_result(value, given)
            case Partial():
                return self.called(value.function, given)
            case Offloaded():
                return frozenset({Later(_now(self.called(value.function, given)))})
            case Giving():
                return value.result
            case Parent():
                return frozenset({value})
        return NOTHING

    def _decorated_result(self, value: Decorated, given: Given) -> Values:
        inside = self.called(value.inside, given)
        if self.kind(value.wrapper) == "async def":
            return frozenset({Later(_now(inside))})
        return inside or self.result(value.wrapper)

    def kind(self, function: Definition) -> str:
        """`def`, `async def`, `lambda` or `class`."""
        return self.module(function.path).facts.scopes[function.scope].kind

    def _outside_result(self, value: Outside, given: Given) -> Values:
        name = value.name
        frameworks = catalog.frameworks()
        builtin = self.builtin(name, given)
        if builtin is not None:
            return builtin
        if name.rpartition(".")[2] in frameworks.depends:
            return union(*(self.provided(each) for each in self.argument(given, 0, "dependency")))
        if name in frameworks.offloads:
            return frozenset(Offloaded(each) for each in self.argument(given, frameworks.offloads[name]))
        if name in frameworks.results:
            return self._elsewhere(frameworks.results[name], given)
        return self._documented(value, given)

    def _documented(self, value: Outside, given: Given) -> Values:
        """What the catalogue says that a callable from outside gives."""
        name = value.name
        frameworks = catalog.frameworks()
        if name in frameworks.same:
            return self.argument(given, 0)
        if name in frameworks.holds:
            return frozenset({Entered(self.argument(given, 0))})
        if name in frameworks.gives:
            return frozenset({Thing(frameworks.gives[name])})
        text = self.knowledge.result(name)
        if text:
            return self.typed(text, value, given)
        owner, _, method = name.rpartition(".")
        if self.knowledge.type(owner) and (text := self.knowledge.given(owner, method)):
            return self.typed(text, Thing(owner), given)
        # What starts with a capital letter is a class by everybody's habit.
        return frozenset({Thing(name)}) if self.knowledge.type(name) or method[:1].isupper() else NOTHING

    def _elsewhere(self, position: int, given: Given) -> Values:
        rest = Given(given.path, given.scope, given.line, given.arguments[position + 1 :], given.keywords)
        found = union(*(self.called(each, rest) for each in self.argument(given, position)))
        return frozenset({Later(_now(found))})

    def provided(self, value: Value) -> Values:
        """What a framework passes for a dependency."""
        found = NOTHING
        for each in self.called(value, Given(_path(value), 0, 0)) if _path(value) else NOTHING:
            if isinstance(each, Later):
                found |= each.result
            elif isinstance(each, Running):
                found |= self.element(each)
            else:
                found |= {each}
        if not _path(value) and isinstance(value, Outside) and self.knowledge.type(value.name):
            found |= {Thing(value.name)}
        return found

    def _method_result(self, value: Method, given: Given) -> Values:
        frameworks = catalog.frameworks()
        name = f"{value.type}.{value.name}"
        if name in frameworks.results:
            return self._elsewhere(frameworks.results[name], given)
        text = self.knowledge.given(value.type, value.name)
        return self.typed(text, value.owner, given) if text else NOTHING

    def result(self, value: Value) -> Values:
        """What calling a function of the project gives."""
        function = value.function if isinstance(value, Bound) else value
        if not isinstance(function, Definition):
            return NOTHING
        owner = value.owner if isinstance(value, Bound) else None
        return self.once(("result", function, owner), function.path, lambda: self._result(function, owner))

    def _result(self, function: Definition, owner: Value | None) -> Values:
        module = self.module(function.path)
        about = module.functions.get(function.scope)
        if about is None:
            return NOTHING
        if about.generator:
            return frozenset({Running(function)})
        found = NOTHING
        parent = module.facts.scopes[function.scope].parent
        if about.returns is not None:
            if _is_self(about.returns) and owner is not None:
                found = frozenset({Instance(owner) if isinstance(owner, Definition) else owner})
            else:
                found = self.annotated(module, parent, about.returns)
        if not found or all(isinstance(each, Instance) and self._is_interface(each.of) for each in found):
            line = module.facts.scopes[function.scope].line
            shown = (
                union(*(self.of(module, function.scope, result, _END) for result in about.results)) if line else found
            )
            found = shown or found
        return frozenset({Later(found)}) if self.kind(function) == "async def" else found

    def _is_interface(self, cls: Definition) -> bool:
        module = self.module(cls.path)
        return any(
            module.functions[scope].abstract
            for (parent, _, _), scope in module.opened_by.items()
            if parent == cls.scope and scope in module.functions
        )

    # What iterating and entering give

    def element(self, value: Value) -> Values:
        """What iterating over a value gives."""
        match value:
            case Many():
                return value.items
            case Row():
                return union(*value.parts)
            case Running():
                return self._yielded(value.function)
            case Thing():
                text = self.knowledge.iterates(value.type)
                return self.typed(text, value) if text else NOTHING
        return NOTHING

    def _yielded(self, function: Definition) -> Values:
        return self.once(("yielded", function), function.path, lambda: self._yields(function))

    def _yields(self, function: Definition) -> Values:
        module = self.module(function.path)
        about = module.functions[function.scope]
        found = NOTHING
        if about.returns is not None:
            parent = module.facts.scopes[function.scope].parent
            noted = self.annotated(module, parent, about.returns)
            found = union(*(each.items if isinstance(each, Many) else frozenset({each}) for each in noted))
        return found or union(*(self.of(module, function.scope, shape, _END) for shape in about.yields))

    def entered(self, value: Value, *, asynchronous: bool) -> Values:
        """What a `with` block binds."""
        match value:
            case Running():
                return self._yielded(value.function)
            case Entered():
                return value.result
            case Later():
                return value.result
            case Thing():
                text = self.knowledge.enters(value.type)
                return self.typed(text, value) if text else frozenset({value})
            case Instance():
                return self._entered_instance(value, asynchronous=asynchronous)
        return NOTHING

    def _entered_instance(self, value: Instance, *, asynchronous: bool) -> Values:
        found = self.member(value, "__aenter__" if asynchronous else "__enter__")
        given = union(*(self.called(each, Given(value.of.path, 0, 0)) for each in found))
        return _now(given) or frozenset({value})

    # The catalogue's types

    def typed(self, text: str, receiver: Value, given: Given | None = None) -> Values:
        """What a type expression of the catalogue means."""
        return union(*(self._typed(each, receiver, given) for each in catalog.type_expressions(text)))

    def _typed(self, expression: TypeExpression, receiver: Value, given: Given | None) -> Values:
        name, inside = expression
        if name == "self":
            return frozenset({Instance(receiver) if isinstance(receiver, Definition) else receiver})
        if name == "$item":
            return receiver.item if isinstance(receiver, Thing) else NOTHING
        if name in {"$0", "$0.item"}:
            values = self.argument(given, 0) if given else NOTHING
            if name == "$0":
                return union(*(self._made_of(each) for each in values))
            return union(*(each.item for each in values if isinstance(each, Thing)))
        about = union(*(self._typed(each, receiver, given) for each in inside))
        if name == "list":
            return frozenset({Many(about)})
        return frozenset({Thing(self.knowledge.canonical(name), about)})

    def _made_of(self, value: Value) -> Values:
        if isinstance(value, Definition) and self.is_class(value):
            return frozenset({Instance(value, loaded=True)})
        return frozenset({Thing(value.name)}) if isinstance(value, Outside) else NOTHING


def given_by(module: Module, call: Call) -> Given:
    """The arguments of a call."""
    return Given(module.path, call.scope, call.place[0], call.arguments, call.keywords)


def _now(values: Values) -> Values:
    """What is left when everything is awaited."""
    return union(*(value.result if isinstance(value, Later) else frozenset({value}) for value in values))


def _path(value: Value) -> str:
    """A file of the project to look names up in, where the value is of the project."""
    match value:
        case Definition():
            return value.path
        case Bound():
            return value.function.path
        case Instance():
            return value.of.path
        case Decorated() | Partial() | Offloaded():
            return _path(value.inside if isinstance(value, Decorated) else value.function)
    return ""


def _is_self(shape: Expr) -> bool:
    return isinstance(shape, str) and shape.rpartition(".")[2] == "Self"
