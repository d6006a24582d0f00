"""Knowledge about libraries: data in TOML files beside this module, read when first asked for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from codemods.catalog import library
from codemods.catalog.knowledge import Knowledge, TypeExpression, type_expressions
from codemods.catalog.knowledge import entries as every_entry
from codemods.catalog.library import Entry, Library, Type

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Contexts",
    "Entry",
    "Frameworks",
    "Knowledge",
    "Libraries",
    "Library",
    "Runs",
    "Threads",
    "Type",
    "TypeExpression",
    "clients",
    "contexts",
    "coroutine_functions",
    "describe",
    "every_entry",
    "frameworks",
    "http",
    "known",
    "libraries",
    "quick",
    "threads",
    "type_expressions",
]


@dataclass(frozen=True, slots=True)
class Contexts:
    """What `with` blocks and wrapping calls mean for an `await` inside them, by qualified name."""

    locks: frozenset[str]
    shared: frozenset[str]
    deadlines: frozenset[str]
    plain: frozenset[str]


@dataclass(frozen=True, slots=True)
class Libraries:
    """What using a library says about the program around it, by the library's name."""

    async_libraries: tuple[str, ...]
    bring_anyio: tuple[str, ...]
    other_loops: tuple[str, ...]
    clock_freezers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Threads:
    """What may not, or need not, run on the event loop's own thread."""

    needs_loop: frozenset[str]
    anywhere: frozenset[str]
    loop_methods: frozenset[str]
    sets_context: frozenset[str]
    active_exception: frozenset[str]
    runs_unknown: frozenset[str]
    own_frame: frozenset[str]
    own_thread_packages: frozenset[str]
    whole_process: frozenset[str]
    ends: frozenset[str]
    lazy: frozenset[str]
    either_way: frozenset[str]
    takes_both: Mapping[str, frozenset[str]]
    """The methods of each class, or (under no class) the functions, that take either kind of function."""
    also_called: Mapping[str, str]
    called_methods: Mapping[str, frozenset[str]]
    harmless_bases: frozenset[str]
    rows: frozenset[str]
    any_thread_leaves: frozenset[str]
    upload_types: frozenset[str]
    upload_methods: frozenset[str]

    def on_loop_only(self, name: str) -> bool:
        """Whether what has a qualified name works only where the loop runs."""
        return name.startswith(tuple(self.needs_loop)) and not name.startswith(tuple(self.anywhere))

    def registers(self, owner: str, name: str) -> bool:
        """Whether a method of a class takes plain functions as well as coroutine functions."""
        return name in self.takes_both.get(self.also_called.get(owner, owner), ())


@cache
def threads() -> Threads:
    """Everything known about what another thread may do."""
    table = _table("threads")
    made: dict[str, Any] = {key: frozenset(value) for key, value in table.items() if isinstance(value, list)}
    for key in ("takes_both", "called_methods"):
        made[key] = {name: frozenset(names) for name, names in table[key].items()}
    return Threads(
        **made,
        also_called=table["also_called"],
        harmless_bases=frozenset(table["harmless_bases"]["names"]),
        rows=frozenset(table["rows"]["names"]),
        any_thread_leaves=frozenset(table["any_thread_leaves"]["names"]),
        upload_types=frozenset(table["uploads"]["types"]),
        upload_methods=frozenset(table["uploads"]["methods"]),
    )


@cache
def http() -> Mapping[str, Any]:
    """What requests' names are in httpx."""
    return _table("requests_to_httpx")


@cache
def clients() -> Mapping[str, Any]:
    """Client classes with an asynchronous twin, by library."""
    return _table("clients")


@cache
def sqlalchemy_async() -> dict[str, dict[str, Any]]:
    """What becomes of SQLAlchemy's synchronous objects in an asynchronous service."""
    return _table("sqlalchemy_async")


@cache
def files() -> Mapping[str, Any]:
    """What libraries whose files are awaited have of the standard library's."""
    return _table("files")


@cache
def processes() -> Mapping[str, Any]:
    """What asyncio's processes have of subprocess's."""
    return _table("processes")


@cache
def mail() -> Mapping[str, Any]:
    """What aiosmtplib has of smtplib."""
    return _table("mail")


@cache
def quick() -> Mapping[str, Any]:
    """What neither waits nor works for long."""
    return _table("quick")


@cache
def contexts() -> Contexts:
    """Everything known about context managers."""
    return Contexts(**{name: frozenset(names) for name, names in _table("contexts").items()})


@cache
def libraries() -> Libraries:
    """Everything known about libraries as a whole."""
    return Libraries(**{name: tuple(names) for name, names in _table("libraries").items()})


@dataclass(frozen=True, slots=True)
class Runs:
    """Plain functions that a framework calls on the event loop."""

    decorators: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    bases: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    unless: str = ""
    """A keyword of the decorator that sends the function to a thread."""
    once: bool = False


@dataclass(frozen=True, slots=True)
class Frameworks:
    """Where frameworks, and the standard library, run the callables that they are given."""

    calls: Mapping[str, int]
    results: Mapping[str, int]
    offloads: Mapping[str, int]
    gives: Mapping[str, str]
    writes: Mapping[str, str]
    same: frozenset[str]
    holds: frozenset[str]
    iterates: frozenset[str]
    loads: frozenset[str]
    depends: frozenset[str]
    runs: tuple[Runs, ...]
    once_names: frozenset[str]
    once_decorators: frozenset[str]
    once_keywords: frozenset[str]


@cache
def frameworks() -> Frameworks:
    """Everything known about where callables run."""
    table = _table("frameworks")
    rows: list[dict[str, Any]] = table["runs"]
    lists = {key: frozenset(table[key]["names"]) for key in ("same", "holds", "iterates", "loads", "depends")}
    once = {f"once_{key}": frozenset(names) for key, names in table["once"].items()}
    return Frameworks(
        table["calls"],
        table["results"],
        table["offloads"],
        table["gives"],
        table["writes"],
        runs=tuple(map(_runs, rows)),
        **lists,
        **once,
    )


def _runs(row: dict[str, Any]) -> Runs:
    values: dict[str, Any] = {key: frozenset(v) if isinstance(v, list) else v for key, v in row.items()}
    return Runs(**values)


@cache
def coroutine_functions() -> frozenset[str]:
    """The twins of sleep: calling one without an await does nothing."""
    waiting = library.load("stdlib_waiting").functions.values()
    return frozenset(twin for entry in waiting for twin in entry.twins.values())


@cache
def known(kind: str) -> tuple[Entry, ...]:
    """Everything known to block in one way, by name."""
    found = {entry.name: entry for entry in every_entry() if entry.kind == kind}
    return tuple(found[name] for name in sorted(found))


def describe(kind: str) -> str:
    """What a kind of blocking work is, in a sentence or two."""
    return str(_table("kinds")[kind])


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))
