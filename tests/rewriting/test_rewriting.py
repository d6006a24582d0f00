from __future__ import annotations

import ast
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst
import pytest

from codemods.edits import AddImport, AwaitTwin, DropImport, ToAsync
from codemods.facts.order import walk
from codemods.rewriting import UnchangeableError, rewrite
from codemods.rewriting.statements import locate
from tests.support import source

if TYPE_CHECKING:
    from codemods.edits import Edit

STDLIB = Path(sysconfig.get_path("stdlib"))
SAMPLE = [STDLIB / f"{name}.py" for name in ("ast", "asyncio/tasks", "contextlib", "dataclasses", "enum", "typing")]


class _Calls(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def visit_Call(self, node: cst.Call) -> None:  # noqa: N802
        self.names.append(cst.Module([]).code_for_node(node.func).split("(")[0].split("\n")[0].strip())


@pytest.mark.parametrize("file", SAMPLE, ids=lambda file: file.stem)
def test_libcst_counts_as_ast_does(file: Path) -> None:
    """The n-th call of the m-th statement is the same in both trees."""
    data = file.read_bytes()
    module = cst.parse_module(data)
    body = ast.parse(data).body
    places = locate(list(module.body))
    assert len(places) == len(body)
    for statement, (line, small) in zip(body, places, strict=True):
        node = module.body[line]
        counted = _Calls()
        (node.body[small] if isinstance(node, cst.SimpleStatementLine) else node).visit(counted)
        names = [node.func for node in walk(statement) if isinstance(node, ast.Call)]
        assert len(names) == len(counted.names)
        for mine, theirs in zip(names, counted.names, strict=True):
            if isinstance(mine, ast.Name):
                assert theirs == mine.id


def edited(text: str, *edits: Edit) -> str:
    return rewrite(source(text).encode(), edits).decode()


USE = """

    async def f():
        s(1)
"""


def twin(statement: int, twin: str = "a.s") -> AwaitTwin:
    return AwaitTwin(statement, 0, "s", twin)


@pytest.mark.parametrize(
    ("head", "added", "after"),
    [
        ("", "asyncio", "import asyncio\n"),
        ("# licence\n", "asyncio", "# licence\n\nimport asyncio\n"),
        ('"""Doc."""\n', "asyncio", '"""Doc."""\n\nimport asyncio\n'),
        ("from __future__ import annotations\n", "asyncio", "from __future__ import annotations\n\nimport asyncio\n"),
        ("import os\n", "asyncio", "import asyncio\nimport os\n"),
        ("import abc\nimport os\n", "asyncio", "import abc\nimport asyncio\nimport os\n"),
        ("import abc\n", "asyncio", "import abc\nimport asyncio\n"),
        ("from os import path\n", "asyncio", "import asyncio\nfrom os import path\n"),
        ("import Zope\n", "asyncio", "import asyncio\n\nimport Zope\n"),
        ("import fastapi\n", "asyncio", "import asyncio\n\nimport fastapi\n"),
        ("# why\nimport fastapi\n", "asyncio", "# why\nimport asyncio\n\nimport fastapi\n"),
        ('"""Doc."""\n\n# why\nimport os\n', "asyncio", '"""Doc."""\n\nimport asyncio\n# why\nimport os\n'),
        ("\n# Standard library\nimport os\n", "asyncio", "\n# Standard library\nimport asyncio\nimport os\n"),
        ("import os\n\nimport fastapi\n", "anyio", "import os\n\nimport anyio\nimport fastapi\n"),
        ("import os\n", "anyio", "import os\n\nimport anyio\n"),
        ("import os\n\nfrom . import x\n", "anyio", "import os\n\nimport anyio\n\nfrom . import x\n"),
        ("from . import x\n", "anyio", "import anyio\n\nfrom . import x\n"),
        (
            "from .x import y\nfrom fastapi import z\n",
            "anyio",
            "from .x import y\nimport anyio\nfrom fastapi import z\n",
        ),
        (
            "try:\n    import x\nexcept E:\n    pass\n",
            "asyncio",
            "import asyncio\n\ntry:\n    import x\nexcept E:\n    pass\n",
        ),
        ("X = 1\nimport os\n", "asyncio", "X = 1\nimport asyncio\nimport os\n"),
        ("import os; import sys\n", "asyncio", "import asyncio\nimport os; import sys\n"),
        ("import os, re\n", "asyncio", "import asyncio\nimport os, re\n"),
        (
            "from b import c\nimport d\nfrom e import f\n",
            "anyio",
            "import anyio\nfrom b import c\nimport d\nfrom e import f\n",
        ),
        (
            "from b import c\nimport d\nfrom e import f\n",
            "bz",
            "from b import c\nimport bz\nimport d\nfrom e import f\n",
        ),
        ("from b import c\nimport d\n", "zz", "from b import c\nimport d\nimport zz\n"),
    ],
)
def test_where_imports_go(head: str, added: str, after: str) -> None:
    statement = len(ast.parse(head).body)
    result = rewrite(f"{head}\n\n{source(USE)}".encode(), [twin(statement), AddImport(added)]).decode()
    assert result == f"{after}\n\n{source(USE).replace('s(1)', 'await a.s(1)')}"


def test_import_with_alias() -> None:
    assert edited("async def f(): s(1)\n", twin(0, "_a.s"), AddImport("a", "_a")) == (
        "import a as _a\n\n\nasync def f(): await _a.s(1)\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import s\nimport b\n", "import b\n"),
        ("import b\nimport s\n", "import b\n"),
        ("import b, s, c\n", "import b, c\n"),
        ("import b, s\n", "import b\n"),
        ("import s, b\n", "import b\n"),
        ("import s; import b\n", "import b\n"),
        ("import b; import s\n", "import b\n"),
        ("from x import s\nfrom y import *\n", "from y import *\n"),
        ("from x import s as t, b\n".replace("s as t", "t as s"), "from x import b\n"),
        ("from x import (\n    b,\n    s,\n)\n", "from x import (\n    b,\n)\n"),
        ("from x import (\n    s,\n    b,\n)\n", "from x import (\n    b,\n)\n"),
        ("from x import (\n    b,\n    s\n)\n", "from x import (\n    b\n)\n"),
        ("from x import (b, s)\n", "from x import (b)\n"),
        ("import s\n\nimport b\n", "import b\n"),
        ("import a\n\nimport s\n\nimport b\n", "import a\n\nimport b\n"),
        ("# licence\n\nimport s\n\nimport b\n", "# licence\n\nimport b\n"),
        ("# licence\nimport s\n\nimport b\n", "# licence\n\nimport b\n"),
    ],
)
def test_where_imports_go_from(before: str, after: str) -> None:
    statements = ast.parse(before).body
    place = next(
        number
        for number, node in enumerate(statements)
        if isinstance(node, ast.Import | ast.ImportFrom) and any((a.asname or a.name) == "s" for a in node.names)
    )
    use = source(USE)
    result = rewrite(f"{before}\n\n{use}".encode(), [twin(len(statements)), DropImport(place, 0, "s", (1, 1))])
    assert result.decode() == f"{after}\n\n{use.replace('s(1)', 'await a.s(1)')}"


def test_imports_inside_functions() -> None:
    text = """
    async def f():
        import a; import s
        import b

        s(1)
        if b:
            from x import s, t


    def g():
        x = 1
        import s
        # stays

        return x
    """
    result = edited(
        text, twin(0), DropImport(0, 1, "s", (2, 2)), DropImport(0, 3, "s", (7, 7)), DropImport(1, 0, "s", (12, 12))
    )
    assert result == source(
        """
    async def f():
        import a
        import b

        await a.s(1)
        if b:
            from x import t


    def g():
        x = 1
        # stays

        return x
    """
    )


def test_an_edit_that_meets_something_else_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"expected a call of s"):
        edited("async def f(): other(1)\n", twin(0))
    with pytest.raises(LookupError, match=r"no place found"):
        edited("async def f(): s\n", twin(0))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"async def f(): s(1)\rx = 1\r", "bytes back unchanged"),
        (b"x = (\n", "libcst, which rewrites it, cannot parse it"),
        (b"x = (1 if((1 if(1)else 2))else 2)\n", "cannot parse it .Must have at least one space after 'if' keyword"),
    ],
)
def test_files_that_libcst_cannot_be_trusted_with(data: bytes, message: str) -> None:
    with pytest.raises(UnchangeableError, match=message):
        rewrite(data, [twin(0)])


def test_recursion_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(_data: bytes) -> None:
        raise RecursionError

    monkeypatch.setattr(cst, "parse_module", deep)
    with pytest.raises(UnchangeableError, match="nested too deeply"):
        rewrite(b"", [])


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("def f(a, b):", "async def f(a, b):"),
        ("def long_name(one, two, three):", "async def long_name(\n    one, two, three\n):"),
        ("def long_name(one, two, three) -> int:", "async def long_name(\n    one, two, three\n) -> int:"),
        ("def long_name_(first_one: dict):", "async def long_name_(\n    first_one: dict,\n):"),
        (
            "def a_name(one_one: str, second: str):",
            "async def a_name(\n    one_one: str,\n    second: str,\n):",
        ),
        ("def long_name(one, *, two, three=3):", "async def long_name(one, *, two, three=3):"),
        ("def f(\n    a,\n):", "async def f(\n    a,\n):"),
    ],
)
def test_a_head_that_got_too_long_is_broken(head: str, expected: str) -> None:
    name = head.removeprefix("def ").partition("(")[0]
    text, edits = f"{head}\n    return 1\n".encode(), [ToAsync(0, 0, name)]
    assert rewrite(text, edits, 28 if "second" in head else 34).decode() == f"{expected}\n    return 1\n"
    assert rewrite(text, edits).decode() == f"async {head}\n    return 1\n"


def test_only_plain_functions_become_coroutine_functions() -> None:
    with pytest.raises(LookupError, match="expected def f"):
        rewrite(b"async def f():\n    pass\n", [ToAsync(0, 0, "f")])
