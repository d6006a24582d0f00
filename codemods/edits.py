"""What a plan tells the rewriting floor to do to one file: plain data, so that deciding never opens libcst.

Places are counted, not measured: the n-th call, function, statement or import of the m-th top-level statement, in
source order, from 0. They are the same in every tree of the same text.
"""

from __future__ import annotations

from dataclasses import dataclass

# What generators are said to give, and what asynchronous ones are.
GENERATORS = {
    f"{module}.{name}": f"{module}.Async{name}"
    for module in ("collections.abc", "typing")
    for name in ("Generator", "Iterable", "Iterator")
}
# Stands for the name that a module goes by where a text is put; no source can hold it.
LIBRARY = "\0"


@dataclass(frozen=True, slots=True, order=True)
class AwaitTwin:
    """Call another function instead, with the same arguments, and await it."""

    statement: int
    call: int
    callee: str
    """The dotted name that it calls now, to make sure that it is the right one; empty where it is none."""
    twin: str
    """The expression to call instead, as it is written at this place."""


@dataclass(frozen=True, slots=True, order=True)
class Offload:
    """Have a runner make the call in a thread, and await that: `f(a)` becomes `await runner(f, a)`."""

    statement: int
    call: int
    callee: str
    runner: str
    """The expression that runs it, as it is written at this place."""
    partial: str = ""
    """`functools.partial` as it is written here, where the runner would take a keyword for its own."""


@dataclass(frozen=True, slots=True, order=True)
class Hoist:
    """The value of `target += value` gets a name of its own first, so that target is read when the value is there."""

    statement: int
    place: int
    """The statement, counted from 0 within the top-level one, which is number 0."""
    name: str
    lines: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, order=True)
class DropAwait:
    """A call that is awaited no more: what it calls is a plain function now."""

    statement: int
    call: int
    callee: str
    through: str = ""
    """An attribute to go through: `file.read()` becomes `file.file.read()`."""


@dataclass(frozen=True, slots=True, order=True)
class ToDef:
    """A function that is no coroutine function any more."""

    statement: int
    function: int
    name: str
    returns: str = ""
    """What it gives from now on, where that has another name for plain functions."""


@dataclass(frozen=True, slots=True, order=True)
class ToAsync:
    """A plain function that becomes a coroutine function."""

    statement: int
    function: int
    name: str


@dataclass(frozen=True, slots=True, order=True)
class Outline:
    """Statements of one block that become a nested function, run in a thread and awaited once."""

    statement: int
    first: int
    """The first statement, counted from 0 within the top-level one, which is number 0."""
    last: int
    name: str
    runner: str
    results: tuple[str, ...] = ()
    """The names that the function gives back."""
    outer: tuple[str, ...] = ()
    """The names that it declares `nonlocal`."""
    returns: bool = False
    """Its result is the result of the function around it."""
    annotation: str = ""
    lines: tuple[int, int] = (0, 0)
    """The first and last line of the statements."""
    given_at: int = 0
    """The line of a last statement `result = value` that becomes `return value`; 0 where there is none."""


@dataclass(frozen=True, slots=True, order=True)
class Decorate:
    """A function gets another decorator, below one that it has."""

    statement: int
    function: int
    name: str
    place: int
    """Which of its decorators it goes below, counted from 0."""
    text: str
    """The line, with its `@`."""


@dataclass(frozen=True, slots=True, order=True)
class Argument:
    """An argument of a call as it is to be."""

    place: int = -1
    """Which of the call's arguments it was; -1 for one that is new."""
    keyword: str = ""
    text: str = ""
    """Its new source; empty where the value stays as it is."""
    star: str = ""
    """The star in front of one that is new."""
    bare: bool = False
    """It loses the name that it was given by."""


@dataclass(frozen=True, slots=True, order=True)
class Recast:
    """Call something else, with the arguments in another form."""

    statement: int
    call: int
    callee: str
    function: str
    """The expression to call instead; `LIBRARY` stands for the name of the one that it is from. Empty for the same."""
    arguments: tuple[Argument, ...] = ()
    awaited: bool = True
    around: str = ""
    """A call around it that is awaited in its place: `(await {}).wait()`."""
    method: bool = False
    """The function is a method of the first argument."""


@dataclass(frozen=True, slots=True, order=True)
class Reword:
    """Another expression in place of a name, or of an attribute."""

    statement: int
    name: str
    """The last part of its name."""
    number: int
    """The how-manieth mention of that name it is, counted from 0 within the top-level statement."""
    text: str
    """`{}` stands for the name, or what the attribute is read from; `LIBRARY` for the library's name."""
    without_not: bool = False
    """The `not` in front of it goes as well."""
    spread: bool = False
    """It stands in a tuple, and is several elements of it from now on."""


@dataclass(frozen=True, slots=True, order=True)
class Within:
    """Statements of one block that go into a block of their own."""

    statement: int
    first: int
    """The first statement, counted from 0 within the top-level one, which is number 0."""
    last: int
    head: str
    """The line above them: `async with a as b`."""
    lines: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, order=True)
class Below:
    """A new statement of one line, below another one of the same block."""

    statement: int
    place: int
    """The statement above it, counted from 0 within the top-level one, which is number 0."""
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Enter:
    """`name = value` becomes the head of a block, `async with value as name:`, with the statements after it below."""

    statement: int
    first: int
    """The assignment, counted from 0 within the top-level statement, which is number 0."""
    last: int
    lines: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, order=True)
class DropStatement:
    """A statement that nothing needs any more; it is not the only one of its block."""

    statement: int
    place: int
    lines: tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class AsyncBlock:
    """A `with` block or a `for` loop that becomes an asynchronous one."""

    statement: int
    place: int
    line: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Define:
    """A constant of the module, below its imports."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Splice:
    """Text in place of a stretch of the file, as it was; an empty stretch is a place to put it in.

    Only imports may change besides in a file with splices.
    """

    start: tuple[int, int]
    """Line, and column in bytes of UTF-8, as `ast` has them."""
    end: tuple[int, int]
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Insert:
    """A new top-level statement beside another one, with room around it."""

    statement: int
    text: str
    below: bool = False


@dataclass(frozen=True, slots=True, order=True)
class AddImport:
    """`import module`, `import module as alias` or `from module import name`, at the top of the file."""

    module: str
    alias: str = ""
    name: str = ""
    ours: tuple[str, ...] = ()
    """The outermost names of the project's own modules that the file imports: they come after those of others."""


@dataclass(frozen=True, slots=True, order=True)
class DropImport:
    """A name that nothing needs any more, taken out of the import statement that binds it."""

    statement: int
    place: int
    name: str
    lines: tuple[int, int]
    """The first and last line of the import statement."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The first and last lines of what edits may change in a file."""

    kept: tuple[tuple[int, int], ...] = ()
    """They hold calls and heads of functions that change."""
    moved: tuple[tuple[int, int], ...] = ()
    """They are indented, and others come in between."""
    dropped: tuple[tuple[int, int], ...] = ()
    """They are of imports that lose a name."""
    added: tuple[str, ...] = ()
    """They are new, and stand by themselves."""


CallEdit = AwaitTwin | Offload | DropAwait | Recast
_Statement = Within | Enter | Below | AsyncBlock | DropStatement
_Inside = ToDef | ToAsync | Decorate | Hoist | Outline | Reword | _Statement
Edit = CallEdit | _Inside | Define | Insert | Splice | AddImport | DropImport
