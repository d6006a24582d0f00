"""What is remembered of one file: small plain data, a function of its bytes alone.

Named tuples, not dataclasses: a project has hundreds of thousands of them, and these are made three times as fast.
"""

from __future__ import annotations

import marshal
from functools import cached_property
from typing import Any, NamedTuple

from codemods.model import Span

Expr = str | int | tuple[Any, ...] | None
"""The shape of an expression, as far as it can matter to what it stands for:

- `"a.b"`: a name with its attributes; `7`: the result of the file's call number 7; None: anything else;
- `("attr", e, "b.c")`, `("item", e, (keys…))`, `("await", e)`, `("star", e)`, `("binary", left, right)`;
- `("or", (e, …))`: one of several; `("tuple", (e, …))`, `("list", (e, …))`, `("dict", ((key, e), …))`;
- `("comp", scope, e)`: a comprehension of e; `("lambda", scope)`; `("=", constant)`;
- `("call", e, (arguments…), ((name, e), …))`: a call that never runs, in an annotation;
- what names are bound to: `("iter", e)` and `("aiter", e)` an element, `("enter", e)` and `("aenter", e)` what a `with`
  block gives, `("unpack", e, n)` the n-th part.
"""


class Scope(NamedTuple):
    """A stretch of code with names of its own. Number 0 is the module."""

    kind: str
    """`module`, `def`, `async def`, `lambda`, `class`, `comprehension` or `generator` (a generator expression)."""
    parent: int
    qualname: str
    line: int
    outer: tuple[tuple[str, int], ...] = ()
    """Names declared `global` or `nonlocal` here, with the scope that they belong to."""


class Parameter(NamedTuple):
    """One parameter of a function."""

    name: str
    kind: str
    """`positional`, `named` (only by keyword), `*` or `**`."""
    annotation: Expr
    default: Expr


class Function(NamedTuple):
    """A function, or a lambda."""

    scope: int
    decorators: tuple[Expr, ...]
    parameters: tuple[Parameter, ...]
    returns: Expr
    """The annotation of its result."""
    results: tuple[Expr, ...]
    yields: tuple[Expr, ...]
    generator: bool
    suspends: bool
    """Has an `async for` or `async with` of its own, or awaits something that is no call."""
    abstract: bool
    """Its body does nothing: a docstring, `...`, `pass`, `raise NotImplementedError`."""


class Class(NamedTuple):
    """The head of a class."""

    scope: int
    bases: tuple[Expr, ...]
    decorators: tuple[Expr, ...]


class Binding(NamedTuple):
    """One way in which a name (or `self.x`) comes to its value."""

    name: str
    scope: int
    kind: str
    """`import`, `alias` (another name), `call` (a call's result), `none`, `def`, `class`, `parameter` or `value`."""
    target: str
    """The dotted name imported (with leading dots where relative), aliased or called; empty for the other kinds."""
    line: int
    plain: bool
    """Stands directly in the body of its scope, so it runs whenever the scope's body does."""
    value: Expr = None
    annotation: Expr = None
    within: int = 0
    """The scope that the value is read in: another one than the name's where that is declared `global`."""


class Context(NamedTuple):
    """A context manager that a `with` statement enters."""

    expression: str
    """Its dotted name, or that of the callable that made it; empty where it is neither."""
    called: bool
    asynchronous: bool
    scope: int
    line: int
    value: Expr
    place: tuple[int, int, int, int]
    live: bool
    once: bool = False
    contexts: tuple[int, ...] = ()
    """The context managers that it is entered under."""


class Call(NamedTuple):
    """One call, where it stands and what it says it calls."""

    number: int
    """The how-manieth call of the file it is, in source order: the same in every tree of the same text."""
    statement: int
    """The top-level statement that it stands in."""
    scope: int
    callee: str
    """The dotted name that is called; empty where it is not one."""
    place: tuple[int, int, int, int]
    last_line: int
    """The last line of the simple statement that it stands in."""
    awaited: bool
    argument_of: int
    """The number of the call that takes this one's result directly as an argument, or -1."""
    contexts: tuple[int, ...]
    """The `with` blocks of its function that it stands in, outermost first."""
    function: Expr = None
    """What is called, where it is not a dotted name."""
    arguments: tuple[Expr, ...] = ()
    keywords: tuple[tuple[str, Expr], ...] = ()
    once: bool = False
    """Runs only the first time: under `if client is None` where the block sets the global `client`."""

    @property
    def span(self) -> Span:
        """Where the call stands."""
        return Span(*self.place)


class Touch(NamedTuple):
    """A place where code may run although no call stands there."""

    how: str
    """`read` (an attribute: it may be a property) or `iterate`."""
    scope: int
    value: Expr
    place: tuple[int, int, int, int]
    last_line: int
    rounds: int = 0
    """How often a loop over a `range` of constant size goes round, where nothing in it is awaited."""
    once: bool = False
    contexts: tuple[int, ...] = ()


class Patch(NamedTuple):
    """A place that may put something else where a function is: `patch("a.b")`, `setattr(a, "b", …)`, `a.b = …`."""

    owner: str
    """The dotted name whose attribute is set; empty where `attribute` is a dotted path of its own."""
    attribute: str
    scope: int
    line: int


class Ignore(NamedTuple):
    """A comment that asks for silence about its line."""

    line: int
    """0 for the whole file."""
    text: str
    ours: bool
    """`offloop: ignore`, not a linter's."""
    names: tuple[str, ...] | None
    """The kinds (or the linter's codes) that it is about; None for all."""


class Facts:
    """One file. What is not asked for is never made: most runs look at a few columns of most files."""

    def __init__(self, columns: tuple[tuple[Any, ...], ...]) -> None:
        self._columns = columns

    def pack(self) -> bytes:
        """The facts as bytes, to be kept or sent to another process."""
        return marshal.dumps(tuple(_plain(column) for column in self._columns))

    @classmethod
    def unpack(cls, packed: bytes) -> Facts:
        """The facts that were packed; only for bytes that this program made itself."""
        return cls(marshal.loads(packed))  # noqa: S302 (the cache folder is the user's own)

    def with_ignores(self, ignores: tuple[Ignore, ...]) -> Facts:
        """The same with the comments that ask for silence."""
        return Facts((*self._columns[:9], ignores, *self._columns[10:]))

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """Every scope, by number."""
        return tuple(map(Scope._make, self._columns[0]))

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """Every function and lambda."""
        return tuple(
            Function(scope, decorators, tuple(map(Parameter._make, parameters)), *rest)
            for scope, decorators, parameters, *rest in self._columns[1]
        )

    @cached_property
    def classes(self) -> tuple[Class, ...]:
        """The head of every class."""
        return tuple(map(Class._make, self._columns[2]))

    @cached_property
    def bindings(self) -> tuple[Binding, ...]:
        """Every way in which a name comes to a value."""
        return tuple(map(Binding._make, self._columns[3]))

    @cached_property
    def stores(self) -> tuple[Binding, ...]:
        """Attributes that are set (`self.lock = threading.Lock()`), under their dotted names."""
        return tuple(map(Binding._make, self._columns[4]))

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Every call that can run."""
        return tuple(map(Call._make, self._columns[5]))

    @cached_property
    def touches(self) -> tuple[Touch, ...]:
        """Places where code may run although no call stands there."""
        return tuple(map(Touch._make, self._columns[6]))

    @cached_property
    def contexts(self) -> tuple[Context, ...]:
        """The context managers of `with` statements, by number."""
        return tuple(map(Context._make, self._columns[7]))

    @cached_property
    def patches(self) -> tuple[Patch, ...]:
        """Places that may put something else where a function is."""
        return tuple(map(Patch._make, self._columns[8]))

    @cached_property
    def ignores(self) -> tuple[Ignore, ...]:
        """Comments that ask for silence."""
        return tuple(map(Ignore._make, self._columns[9]))

    @property
    def first_calls(self) -> tuple[int, ...]:
        """The number of the first call at or after each top-level statement."""
        return self._columns[10]

    def numbers(self, call: Call) -> tuple[int, int]:
        """The top-level statement of a call, and its number there."""
        return call.statement, call.number - self.first_calls[call.statement]

    @property
    def modules(self) -> tuple[str, ...]:
        """What `import` statements name in full: `import a.b` binds only `a`, but runs `a.b`."""
        return self._columns[11]

    @property
    def stars(self) -> tuple[str, ...]:
        """The modules whose names a star import brings in."""
        return self._columns[12]

    @cached_property
    def attributes(self) -> frozenset[str]:
        """Every dotted chain of attributes that is read."""
        return frozenset(self._columns[13])

    @cached_property
    def dotted_strings(self) -> frozenset[str]:
        """Every string that could be the dotted path of something."""
        return frozenset(self._columns[14])

    @property
    def changing(self) -> tuple[int, ...]:
        """The scopes in which an attribute or an item is set or deleted, or anything is changed in place."""
        return self._columns[15]


def _plain(column: tuple[Any, ...]) -> tuple[Any, ...]:
    """A column without classes of ours, which `marshal` does not know."""
    if column and isinstance(column[0], Function):
        return tuple((*row[:2], tuple(map(tuple, row[2])), *row[3:]) for row in column)
    return tuple(map(tuple, column)) if column and isinstance(column[0], tuple) else column
