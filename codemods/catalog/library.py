"""What one library file says: which of its callables block, and what its callables and attributes give.

A file is read when a name of its library is first asked about: a project uses few of the libraries that are known.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ROOT = re.compile(r'"([A-Za-z_]\w*)\.')
_FOLDER = "blocking"


@dataclass(frozen=True, slots=True)
class Entry:
    """A callable that blocks."""

    name: str
    kind: str
    impact: str
    twins: Mapping[str, str] = field(default_factory=dict)
    """The async library -> the callable of it to await instead; `any` where it is bound to none."""
    gil: bool = False
    """Holds the interpreter's lock while it works: in a thread it would stall the loop as well."""
    lazy: bool = False
    """Returns before all the work is done: using its result blocks too."""
    direct: bool = False
    """Only worth saying where it stands on the loop itself, not in a helper: it hardly ever takes time."""
    thread_bound: bool = False
    """Its object must stay in the thread that made it."""


@dataclass(frozen=True, slots=True)
class Type:
    """A class of a library, as far as it matters here."""

    name: str
    bases: tuple[str, ...] = ()
    blocks: Mapping[str, Entry] = field(default_factory=dict)
    reads: Mapping[str, Entry] = field(default_factory=dict)
    every: Entry | None = None
    free: frozenset[str] = frozenset()
    gives: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    enters: str = ""
    ends: frozenset[str] = frozenset()
    """The methods after which leaving its `with` block has nothing left to wait for."""
    iterates: str = ""
    others: str = ""
    """The type of an attribute of any other name: `client.shop`."""
    own: frozenset[str] = frozenset()
    """The names of attributes that are nothing of that type, besides those named elsewhere."""


@dataclass(frozen=True, slots=True)
class Library:
    """One file."""

    name: str
    distribution: str
    checked: str
    """The version that its names were checked in."""
    functions: Mapping[str, Entry]
    gives: Mapping[str, str]
    types: Mapping[str, Type]
    same: Mapping[str, str]
    """Another name of a type -> its documented one."""


def names() -> tuple[str, ...]:
    """The library files that there are."""
    folder = resources.files(__package__).joinpath(_FOLDER)
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


def about(root: str) -> Iterator[Library]:
    """The files that say something about names which start with a package's name."""
    for name in _by_root().get(root, ()):
        yield load(name)


@cache
def load(name: str) -> Library:
    """One file, read."""
    return parsed(name, tomllib.loads(_text(name)))


def parsed(file: str, data: Mapping[str, Any]) -> Library:
    """What a file's tables mean."""
    usual: dict[str, Any] = {"kind": data.get("kind", "other"), "impact": data.get("impact", "high")}
    functions: dict[str, Entry] = {}
    gives: dict[str, str] = dict(data.get("gives", {}))
    for called, row in data.get("functions", {}).items():
        functions[called] = _entry(called, usual | dict(row))
        if "gives" in row:
            gives[called] = row["gives"]
    types = {
        each: _type(each, usual, row)
        for name, row in data.get("types", {}).items()
        for each in (name, *row.get("like", ()))
    }
    same = {other: each for each, row in data.get("types", {}).items() for other in row.get("also", ())}
    return Library(file, data.get("distribution", file), data.get("checked", ""), functions, gives, types, same)


def _entry(name: str, row: Mapping[str, Any]) -> Entry:
    twins = row.get("twins") or ({"any": row["twin"]} if "twin" in row else {})
    return Entry(
        name,
        row["kind"],
        row["impact"],
        twins,
        gil=row.get("gil", False),
        lazy=row.get("lazy", False),
        direct=row.get("direct", False),
        thread_bound=row.get("thread_bound", False),
    )


def _type(name: str, usual: Mapping[str, Any], row: Mapping[str, Any]) -> Type:
    own = dict(usual) | {key: row[key] for key in ("kind", "impact", "gil", "direct", "thread_bound") if key in row}
    detailed: Mapping[str, Mapping[str, Any]] = row.get("methods", {})
    twinless, lazy = row.get("twinless", ()), row.get("lazy", ())
    blocks = {}
    for method in dict.fromkeys((*row.get("blocks", ()), *detailed)):
        extra: dict[str, Any] = {"lazy": method in lazy}
        if "twin" in row and method not in twinless and not method.startswith("__"):
            extra["twin"] = f"{row['twin']}.{method}"
        blocks[method] = _entry(_member(name, method), own | extra | dict(detailed.get(method, {})))
    gives = dict(row.get("gives", {})) | {m: each["gives"] for m, each in detailed.items() if "gives" in each}
    return Type(
        name,
        tuple(row.get("bases", ())),
        blocks,
        {each: _entry(f"{name}.{each}", own) for each in row.get("reads", ())},
        _entry(name, own) if row.get("every") else None,
        frozenset(row.get("free", ())),
        gives,
        dict(row.get("attributes", {})),
        row.get("enters", ""),
        frozenset(row.get("ends", ())),
        row.get("iterates", ""),
        row.get("others", ""),
        frozenset(row.get("own", ())),
    )


def _member(name: str, method: str) -> str:
    """A method's documented name; a constructor goes by the name of its class."""
    return name if method == "__init__" else f"{name}.{method}"


@cache
def _text(name: str) -> str:
    return resources.files(__package__).joinpath(_FOLDER, f"{name}.toml").read_text("utf-8")


@cache
def _by_root() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name in names():
        for root in set(_ROOT.findall(_text(name))):
            found.setdefault(root, []).append(name)
    return {root: tuple(files) for root, files in found.items()}
