"""What an expression may stand for, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from codemods.facts import Expr


class Outside(NamedTuple):
    """A module, class or function from outside the project, by its documented name."""

    name: str


class Thing(NamedTuple):
    """An object of a class from outside."""

    type: str
    item: Values = frozenset()
    """What it remembers of how it was made: the class that a query is about."""


class Method(NamedTuple):
    """A method that a class from outside has."""

    owner: Value
    """What it is called on: an object of that class, or one of a class of the project that inherits from it."""
    type: str
    name: str


class File(NamedTuple):
    """A module of the project."""

    path: str


class Definition(NamedTuple):
    """A function, lambda or class of the project."""

    path: str
    scope: int


class Instance(NamedTuple):
    """An object of a class of the project."""

    of: Definition
    loaded: bool = False
    """Came out of a synchronous query: what it loads later is loaded the same way."""


class Bound(NamedTuple):
    """A method of the project, with the object or class that it is called on."""

    function: Definition
    owner: Value


class Parent(NamedTuple):
    """`super()`: an object seen as one of the classes that its class inherits from."""

    of: Definition
    owner: Value


class Decorated(NamedTuple):
    """A function of the project inside the wrapper that a decorator of the project put around it."""

    wrapper: Definition
    inside: Value
    decorator: Definition


class Partial(NamedTuple):
    """A callable with some of its arguments given."""

    function: Value


class Offloaded(NamedTuple):
    """A callable that runs another one somewhere else: `sync_to_async(f)`."""

    function: Value


class Giving(NamedTuple):
    """A callable of which only the result is known: `Callable[[], Session]`."""

    result: Values


class Many(NamedTuple):
    """Something with elements."""

    items: Values


class Row(NamedTuple):
    """A tuple whose parts are known one by one."""

    parts: tuple[Values, ...]


class Table(NamedTuple):
    """A mapping."""

    items: Values


class Later(NamedTuple):
    """What an `await` gives."""

    result: Values


class Running(NamedTuple):
    """A generator of the project that was made and has not run: iterating it, or entering it, runs its body."""

    function: Definition


class Entered(NamedTuple):
    """A context manager of which only what it gives is known."""

    result: Values


Value = (
    Outside
    | Thing
    | Method
    | File
    | Definition
    | Instance
    | Bound
    | Parent
    | Decorated
    | Partial
    | Offloaded
    | Giving
    | Many
    | Row
    | Table
    | Later
    | Running
    | Entered
)
Values = frozenset[Value]
NOTHING: Values = frozenset()


def union(*parts: Values) -> Values:
    """All of them together."""
    return NOTHING.union(*parts)


def function_of(value: Value) -> Definition | None:
    """The function of the project that a value is."""
    match value:
        case Definition():
            return value
        case Bound():
            return value.function
    return None


class Given(NamedTuple):
    """The arguments of a call, and where to look up what they mean."""

    path: str
    scope: int
    line: int
    arguments: tuple[Expr, ...] = ()
    keywords: tuple[tuple[str, Expr], ...] = ()

    def argument(self, position: int, name: str = "") -> Expr:
        """The argument at a position, or of a name."""
        for word, shape in self.keywords if name else ():
            if word == name:
                return shape
        return self.arguments[position] if 0 <= position < len(self.arguments) else None


def name_outside(value: Value) -> str:
    """The public name of what a call runs, where that is not the project's own; else nothing."""
    match value:
        case Outside():
            return value.name
        case Method():
            return f"{value.type}.{value.name}"
        case Thing():
            return f"{value.type}.__call__"
    return ""
