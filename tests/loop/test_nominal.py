# ruff: noqa: E501 (a small program is easier to compare with the next one when it stays on its line)

from __future__ import annotations

import pytest

from codemods.catalog import Knowledge
from codemods.loop import Nominal, survey
from codemods.program.values import Definition
from tests.support import program_of

CASES = {
    "nothing": ("async def f():\n    return 1", True),
    "only each other": ("async def g(): ...\nasync def f():\n    await g()\n    return await g()", True),
    "in a circle": ("async def g():\n    await f()\nasync def f():\n    await g()", True),
    "methods": ("class C:\n    async def g(self): ...\nasync def f(c: C):\n    await c.g()", True),
    "nested coroutine": ("async def f():\n    async def g():\n        await x\n    return g", True),
    "sleep": ("import asyncio\nasync def f():\n    await asyncio.sleep(1)", False),
    "through another": (
        "import asyncio\nasync def h():\n    await asyncio.sleep(1)\nasync def g():\n    await h()\nasync def f():\n    await g()",
        False,
    ),
    "something unknown": ("async def f(x):\n    await x()", False),
    "no call": ("async def f(x):\n    await x", False),
    "async for": ("async def f(x):\n    async for y in x: ...", False),
    "async with": ("async def f(x):\n    async with x: ...", False),
    "async comprehension": ("async def f(x):\n    return [y async for y in x]", False),
    "generator": ("async def f():\n    yield 1", False),
}


@pytest.mark.parametrize("name", CASES)
def test_nominal(name: str) -> None:
    text, expected = CASES[name]
    program = program_of({"a.py": text})
    (module,) = program.modules.values()
    nominal = Nominal(survey(program, Knowledge()).calls)
    assert (Definition(module.path, module.definitions["f"]) in nominal) == expected


def test_the_answer_does_not_depend_on_what_was_asked_before() -> None:
    text = "async def h(x):\n    await x()\nasync def g():\n    await h(1)\nasync def f():\n    await g()\n    await k()\nasync def k(): ..."
    program = program_of({"a.py": text})
    (module,) = program.modules.values()
    nominal = Nominal(survey(program, Knowledge()).calls)
    named = {name: Definition(module.path, module.definitions[name]) for name in "hgfk"}
    assert {name for name in "ghfk" if named[name] in nominal} == {"k"}
    assert {name for name in "fghk" if named[name] in nominal} == {"k"}
