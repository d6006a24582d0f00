from __future__ import annotations

import ast
import re
import symtable
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from codemods import facts
from codemods.model import Span
from tests.support import source

if TYPE_CHECKING:
    from codemods.facts import Facts

STDLIB = Path(sysconfig.get_path("stdlib"))
# Every third module of the library's top, and the test suite's collections of odd grammar.
SAMPLE = [*sorted(STDLIB.glob("*.py"))[::3], *(STDLIB / "asyncio").glob("*.py")]
SAMPLE += [file for name in ("test_scope",) if (file := STDLIB / f"test/{name}.py").exists()]


def read(text: str) -> Facts:
    return facts.read(source(text).encode())


def test_empty() -> None:
    empty = read("")
    assert [scope.kind for scope in empty.scopes] == ["module"]
    assert (empty.bindings, empty.calls, empty.ignores) == ((), (), ())


def bound(found: Facts) -> dict[tuple[int, str], set[str]]:
    """The names that each named scope binds, by line and name."""
    names: dict[int, set[str]] = {}
    for binding in found.bindings:
        names.setdefault(binding.scope, set()).add(binding.name)
    return {
        (scope.line, scope.qualname.rpartition(".")[2]): names.get(number, set())
        for number, scope in enumerate(found.scopes)
        if scope.kind in {"def", "async def", "class"}
    }


def symtable_names(table: symtable.SymbolTable, *, annotated: bool) -> set[str]:
    """What CPython says that a scope binds, with private names as they are written."""
    found = set()
    for symbol in table.get_symbols():
        bound_here = symbol.is_assigned() or symbol.is_imported() or symbol.is_parameter() or symbol.is_namespace()
        if symbol.is_local() and (annotated or (bound_here and not symbol.is_annotated())):
            found.add(written(symbol.get_name()))
    return found


def written(name: str) -> str:
    """`_Class__name` as `__name`."""
    return re.sub(r"^_[A-Za-z0-9]\w*?(__[A-Za-z]\w*?)$", r"\1", name)


@pytest.mark.parametrize("file", SAMPLE, ids=lambda file: file.stem)
def test_scopes_are_those_of_symtable(file: Path) -> None:
    text = file.read_text("utf-8")
    mine = bound(facts.read(file.read_bytes()))
    waiting = [symtable.symtable(text, str(file), "exec")]
    while waiting:
        table = waiting.pop()
        waiting += table.get_children()
        key = (table.get_lineno(), table.get_name())
        if table.get_type() in {"function", "class"} and key in mine:
            names = {written(name) for name in mine[key]}
            assert names <= symtable_names(table, annotated=True)
            if sys.version_info < (3, 12):
                # From 3.12 on, a function's table also lists the names of the comprehensions in it.
                assert symtable_names(table, annotated=False) <= names


@pytest.mark.parametrize("file", SAMPLE, ids=lambda file: file.stem)
def test_calls_are_numbered_as_in_the_tree(file: Path) -> None:
    data = file.read_bytes()
    found = facts.read(data)
    opened = facts.Opened(data)
    assert len(opened.calls) == sum(isinstance(node, ast.Call) for node in ast.walk(opened.tree))
    for call in found.calls:
        assert opened.calls[call.number].lineno == call.span.line
        assert found.first_calls[call.statement] <= call.number
    assert len(opened.scopes) == len(found.scopes)


def test_bindings_say_what_a_name_stands_for() -> None:
    found = read(
        """
        import os.path, time as t
        from .. import a
        from .b import c as d
        from e import *

        alias = t.sleep
        made = threading.Lock()
        nothing = None
        other = 1 + 2
        typed: int = alias
        declared: int

        def function(first, *rest, key=1, **more): ...
        class Class(Base): ...
        """
    )
    assert [(each.name, each.kind, each.target) for each in found.bindings if each.scope == 0] == [
        ("os", "import", "os"),
        ("t", "import", "time"),
        ("a", "import", "..a"),
        ("d", "import", ".b.c"),
        ("alias", "alias", "t.sleep"),
        ("made", "call", "threading.Lock"),
        ("nothing", "none", ""),
        ("other", "value", ""),
        ("typed", "alias", "alias"),
        ("function", "def", ""),
        ("Class", "class", ""),
    ]
    assert [each.name for each in found.bindings if each.kind == "parameter"] == ["first", "rest", "key", "more"]
    assert found.stars == ("e",)


def test_every_way_of_binding() -> None:
    found = read(
        """
        def function():
            for a in (): pass
            with open() as b, open() as (c, d): pass
            try: pass
            except ValueError as e: pass
            match 1:
                case [f, *g] | {"k": f, **g}: pass
                case h: pass
            if (i := 1): j: int
            k, (l, *m) = 1, (2, 3)
            n += 1
            del o
            import p
            [q := 1 for r in ()]
        """
    )
    names = {each.name for each in found.bindings if found.scopes[each.scope].kind == "def"}
    assert names == set("abcdefghijklmnopq")


def test_outer_names_belong_to_their_scopes() -> None:
    found = read(
        """
        def outer():
            x = 1
            class Between:
                x = 2
            def middle():
                def inner():
                    nonlocal x
                    global y
                    x, y = 3, 4
        def lost():
            nonlocal z
            z = 1
        """.replace("nonlocal z", "global z")
    )
    where = {(each.name, each.line): found.scopes[each.scope].qualname for each in found.bindings}
    assert where["x", 9] == "outer"
    assert where["y", 9] == ""
    assert where["z", 12] == ""


def test_plain_is_what_always_runs() -> None:
    found = read(
        """
        import a
        if a: import b
        try: import c
        except ImportError: import d
        def f():
            import e
            while e: import g
        """
    )
    assert {each.name: each.plain for each in found.bindings if each.kind == "import"} == {
        "a": True,
        "b": False,
        "c": False,
        "d": False,
        "e": True,
        "g": False,
    }


def test_calls_and_their_surroundings() -> None:
    found = read(
        """
        async def f(p: typed() = default()) -> returned():
            outer(inner(), key=keyword(), *star())
            await awaited(argument())
            (await chained()).method()
            async with asyncio.timeout(1) as t, lock:
                under()
                def g(): free()
            x = [
                one(),
            ]
        """
    )
    calls = {call.callee: call for call in found.calls}
    assert "typed" not in calls
    assert "returned" not in calls
    assert calls["default"].scope == 0
    outer = calls["outer"].number
    assert [calls[name].argument_of for name in ("inner", "keyword", "star")] == [outer, outer, -1]
    assert [name for name, call in calls.items() if call.awaited] == ["awaited", "chained"]
    assert calls["argument"].argument_of == calls["awaited"].number
    assert "" in calls
    assert [found.contexts[number].expression for number in calls["under"].contexts] == ["asyncio.timeout", "lock"]
    assert [(each.called, each.asynchronous) for each in found.contexts] == [(True, True), (False, True)]
    assert calls["free"].contexts == ()
    assert (calls["one"].span.line, calls["one"].last_line) == (9, 10)


def test_spans_count_characters() -> None:
    found = read("é = 'ü'; f('ä')\n")
    assert found.calls[0].span == Span(1, 10, 1, 16)
    wide = facts.read("x = '\u2028é\x0c'\rf(\n  1)".encode())
    assert wide.calls[0].span == Span(2, 1, 3, 5)


def test_patches() -> None:
    found = read(
        """
        patch("a.b.c")
        mock.patch.object(time, "sleep", None)
        monkeypatch.setattr("x.y", 1)
        monkeypatch.setattr(mod, "name", 1)
        patch.multiple("a.b", c=1, d=2)
        patch.multiple(mod, e=1)
        time.sleep = None
        patch(variable)
        setattr(obj)
        print("a.b")
        self.x = 1
        patch()
        """
    )
    assert [(each.owner, each.attribute) for each in found.patches] == [
        ("", "a.b.c"),
        ("time", "sleep"),
        ("", "x.y"),
        ("mod", "name"),
        ("", "a.b.c"),
        ("", "a.b.d"),
        ("mod", "e"),
        ("time", "sleep"),
    ]


def test_stores_attributes_and_strings() -> None:
    found = read(
        """
        class C:
            def __init__(self):
                self.lock = threading.Lock()
                self.other: int = C
                self.a.b = None
        x = a.b.c + f().d + "some.dotted.path" + "not dotted" + "."
        """
    )
    assert [(each.name, each.kind, each.target) for each in found.stores] == [
        ("self.lock", "call", "threading.Lock"),
        ("self.other", "alias", "C"),
        ("self.a.b", "none", ""),
    ]
    assert found.attributes == {"threading.Lock", "a.b.c"}
    assert found.dotted_strings == {"some.dotted.path"}


def test_deep_code_does_not_exhaust_the_stack() -> None:
    assert len(read("x = " + "+".join(["f()"] * 900)).calls) == 900
    assert len(read("if a: f()\n" + "elif a: f()\n" * 900).calls) == 901
